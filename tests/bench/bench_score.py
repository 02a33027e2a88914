"""Documents a second of every signal, one core, and of deduplication; a plain script.

Texts are made from the standard library's own sources, 2 kB each, unless a JSON Lines file is named.
"""

from __future__ import annotations

import json
import platform
import sys
import sysconfig
import time
from pathlib import Path

from core import bricks
from core.matchers import MATCHERS
from core.signals import SIGNALS


def texts(arguments: list[str], count: int = 2000) -> list[str]:
    """Return the texts to measure on."""
    if arguments:
        import zstandard

        opened = zstandard.open if arguments[0].endswith(".zst") else open
        with opened(arguments[0], "rt", encoding="utf-8") as file:
            return [json.loads(line)["text"] for line in file][:count]
    found: list[str] = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        source = path.read_text(encoding="utf-8", errors="replace")
        found += [source[i : i + 2000] for i in range(0, len(source), 2000)]
    return found[:count]


def main() -> None:
    """Measure each brick once, warm."""
    sample = texts(sys.argv[1:])
    size = sum(map(len, sample)) / len(sample)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one process")
    print(f"{len(sample):,} documents of {size:,.0f} characters")
    for name in SIGNALS:
        signal = bricks.make(SIGNALS, name)
        signal.score(sample[:20])
        began = time.perf_counter()
        signal.score(sample)
        print(f"signal  {name:<18} {len(sample) / (time.perf_counter() - began):>10,.0f} documents/s")
    for name in ("exact", "minhash"):
        began = time.perf_counter()
        bricks.make(MATCHERS, name).groups(sample)
        print(f"matcher {name:<18} {len(sample) / (time.perf_counter() - began):>10,.0f} documents/s")


if __name__ == "__main__":
    main()
