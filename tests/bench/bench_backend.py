"""Measures the training backend on this machine's CPU: `python tests/bench/bench_backend.py [--json]`.

Trains presets for some steps on made-up text and prints the tokens of training a second; then the same
steps with transformers' LlamaForCausalLM of the same shape, its own loss, and torch's fused AdamW, on
tokens drawn at random and ready in memory. Nothing is kept.
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


def measure_peer(preset: str, steps: int, device: str, vocabulary: int) -> float:
    """Return transformers' tokens a second over the second half of as many steps."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from core.backend.decoder import transformers_config

    config = Config.model_validate({"preset": preset, "device": device})
    facts = transformers_config(config.shape, vocabulary, config.context, 0)
    del facts["architectures"]
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**facts)).to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), fused=True)
    size, times = (config.batch_size, config.context), []
    for _ in range(steps):
        tokens = torch.randint(0, vocabulary, size, device=device)
        optimiser.zero_grad()
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device != "cpu"):
            loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        loss.item()
        times.append(time.perf_counter())
    half = len(times) // 2
    return config.batch_tokens * (len(times) - 1 - half) / (times[-1] - times[half])


def main() -> None:
    """Measure and print, for people or as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", action="append", help="nano and tiny when left out")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for preset in options.preset or ["nano", "tiny"]:
        row = measure(preset, options.steps, options.device)
        peer = measure_peer(preset, options.steps, options.device, int(str(row["vocabulary"])))
        ratio = round(float(str(row["tokens_per_second"])) / peer, 2)
        rows.append({**row, "transformers_tokens_per_second": round(peer), "ratio": ratio})
    result = {"machine": machine(), "load": round(os.getloadavg()[0], 2), "runs": rows}
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['machine']}, load {result['load']}")
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
