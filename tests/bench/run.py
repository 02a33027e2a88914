"""Runs every bench in a process of its own and keeps what they print under ``bench-results/``.

``make bench`` runs all; ``python tests/bench/run.py score pages`` runs those two.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "bench-results"


def machine() -> str:
    """The processor's name, its cores and the system, in one line."""
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
    cores = len(os.sched_getaffinity(0))
    return f"{models[0] if models else platform.processor()}, {cores} cores, {platform.platform()}"


def main() -> int:
    """Run the benches named on the command line, or all; return how many failed."""
    RESULTS.mkdir(exist_ok=True)
    names = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    print(f"machine: {machine()}", flush=True)
    failed = 0
    for name in names:
        print(f"\n== {name}", flush=True)
        began = time.time()
        with (RESULTS / f"{name}.txt").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, HERE / f"bench_{name}.py"],
                cwd=HERE.parents[1],
                env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
                stdout=subprocess.PIPE,
                text=True,
            )
            for line in process.stdout:
                print(line, end="", flush=True)
                log.write(line)
        failed += process.wait() != 0
        print(f"({time.time() - began:.0f} s, status {process.returncode})", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
