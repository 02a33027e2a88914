"""Measures the training backend on this machine's CPU: `python tests/bench/bench_backend.py [--json]`.

Trains presets for some steps on made-up text and prints the tokens of training a second and the
machine. Nothing is kept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.backend import Config, train
from core.backend.record import machine


def made_up_text(seed: int, words: int) -> str:
    """Return words drawn by Zipf's law, so that a tokenizer finds something to merge."""
    rng = random.Random(seed)
    lexicon = ["".join(rng.choices("aeioubcdfglmnprst", k=rng.randint(2, 9))) for _ in range(8000)]
    weights = [1 / rank for rank in range(1, len(lexicon) + 1)]
    return " ".join(rng.choices(lexicon, weights, k=words))


def write_manifest(folder: Path, tokens: int) -> Path:
    """Write two domains of made-up documents and the manifest that seals them."""
    files, domains = [], {}
    for number, domain in enumerate(("first", "second")):
        path = folder / f"{domain}.jsonl"
        rows = [{"id": f"{domain}-{i}", "text": made_up_text(number * 1000 + i, 2000)} for i in range(100)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append({"path": path.name, "sha256": sha256, "rows": 100, "tokens": 1, "domain": domain})
        domains[domain] = {"weight": 0.5, "documents": 100, "tokens": tokens // 2, "epochs": 1.0}
    manifest = {
        "name": "bench",
        "format": "jsonl",
        "corpus": "bench",
        "corpus_fingerprint": "0" * 64,
        "fingerprint": "1" * 64,
        "tokenizer": "none",
        "budget": tokens,
        "seed": 0,
        "domains": domains,
        "files": files,
        "mixture": {},
    }  # fmt: skip -- a table reads better
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder / "manifest.json"


def measure(preset: str, steps: int, device: str) -> dict[str, object]:
    """Train `steps` steps and return the rate of the second half, when everything is warm."""
    config = Config.model_validate({"preset": preset, "device": device})
    tokens = steps * config.batch_tokens
    config = config.model_copy(update={"tokens": tokens, "eval_every": steps, "checkpoint_every": steps})
    times: list[float] = []

    def clock(done: int, total: int | None, message: str = "") -> None:
        if message.startswith("training:"):
            times.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        run = train(write_manifest(folder, tokens), config, folder / "run", clock)
        whole = time.perf_counter() - began
    half = len(times) // 2
    rate = config.batch_tokens * (len(times) - 1 - half) / (times[-1] - times[half])
    return {
        "preset": preset,
        "parameters": sum(run["parameters"].values()),
        "vocabulary": run["vocabulary"],
        "tokens_per_second": round(rate),
        "seconds_with_data_and_evaluation": round(whole, 2),
        "gflops": round(config.shape.flops_per_token(run["vocabulary"], config.context) * rate / 1e9, 1),
    }


def main() -> None:
    """Measure and print, for people or as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", action="append", help="nano and tiny when left out")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measure(preset, options.steps, options.device) for preset in options.preset or ["nano", "tiny"]]
    result = {"machine": machine(), "load": round(os.getloadavg()[0], 2), "runs": rows}
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['machine']}, load {result['load']}")
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
