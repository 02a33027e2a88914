"""Measures training against transformers on this machine: `python tests/bench/bench_backend.py [--json]`.

Trains presets for some steps on made-up text. After each of our steps, transformers' LlamaForCausalLM of
the same shape makes one with the same weights on the same windows: its own loss, fused attention, the same
clipping, torch's fused AdamW. So both meet the same load. Rates are of the median step. Nothing is kept.
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
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.backend import Config, train
from core.backend.record import machine
from core.backend.sealed import open_manifest
from core.backend.setup import make_schedule
from core.backend.shards import prepare
from core.types import silent

STEPS = {"nano": 48, "tiny": 24, "small": 10}


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


class Peer:
    """Transformers' model, trained on the windows of a run that has begun in `folder`."""

    def __init__(self, manifest: Path, config: Config, folder: Path) -> None:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        from core.backend.decoder import initial_weights, transformers_config

        sealed = open_manifest(manifest)
        self.config, self.data = config, prepare(sealed, config, folder / "data", silent)
        self.schedule = make_schedule(sealed, self.data, config)
        facts = transformers_config(config.shape, self.data.vocabulary, config.context, 0)
        del facts["architectures"]
        model = LlamaForCausalLM(LlamaConfig(**facts))
        model.load_state_dict(initial_weights(config.shape, self.data.vocabulary, config.seed), strict=False)
        model.tie_weights()
        self.model = model.to(config.device).train()
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=config.weight_decay, fused=True
        )

    def step(self, number: int) -> float:
        """Make one step, reading included, and return its loss."""
        import numpy as np
        import torch

        config, shards = self.config, list(self.data.train.values())
        windows = self.schedule.batch(number)
        rows = np.stack([shards[w.domain].window(w.index, config.context) for w in windows])
        tokens = torch.from_numpy(rows).to(config.device)
        self.optimiser.zero_grad()
        with torch.autocast(config.device.split(":")[0], torch.bfloat16, enabled=config.device != "cpu"):
            labels = tokens[:, 1:].contiguous()
            loss = self.model(tokens[:, :-1], labels=labels, shift_labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip)
        self.optimiser.step()
        return loss.item()


def measure(preset: str, steps: int, device: str) -> dict[str, object]:
    """Train `steps` steps, ours and the peer's in turn; the first quarter only warms up."""
    config = Config.model_validate({"preset": preset, "device": device})
    tokens = steps * config.batch_tokens
    config = config.model_copy(update={"tokens": tokens, "eval_every": steps, "checkpoint_every": steps})
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest, began = write_manifest(folder, tokens), 0.0
        peer: Peer | None = None

        def turn(done: int, total: int | None, message: str = "") -> None:
            nonlocal began, peer
            if not message.startswith("training:"):
                return
            if peer is not None:
                ours.append(time.perf_counter() - began)
            peer = peer or Peer(manifest, config, folder / "run")
            began = time.perf_counter()
            loss = peer.step(done - 1)
            theirs.append(time.perf_counter() - began)
            if done == 1 and abs(loss - float(message.split()[-1])) > 0.01:
                raise SystemExit(f"the peer does other work: loss {loss:.3f}, ours {message}")
            began = time.perf_counter()

        run = train(manifest, config, folder / "run", turn)
    rate, peer_rate = (config.batch_tokens / median(times[steps // 4 :]) for times in (ours, theirs))
    return {
        "preset": preset,
        "parameters": sum(run["parameters"].values()),
        "vocabulary": run["vocabulary"],
        "tokens_per_second": round(rate),
        "gflops": round(config.shape.flops_per_token(run["vocabulary"], config.context) * rate / 1e9, 1),
        "transformers_tokens_per_second": round(peer_rate),
        "ratio": round(rate / peer_rate, 2),
    }


def main() -> None:
    """Measure and print, for people or as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", action="append", help="nano, tiny and small when left out")
    parser.add_argument("--steps", type=int, help="of each preset; else what takes half a minute")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    load, rows = round(os.getloadavg()[0], 2), []
    if not options.json:
        print(f"{machine()}, load {load}", flush=True)
    for preset in options.preset or STEPS:
        row = measure(preset, options.steps or STEPS.get(preset, 10), options.device)
        rows.append(row)
        if not options.json:
            print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.json:
        print(json.dumps({"machine": machine(), "load": load, "runs": rows}))


if __name__ == "__main__":
    main()
