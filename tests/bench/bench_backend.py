"""Measures training on this machine: `make bench-backend`, or `python tests/bench/bench_backend.py [--json]`.

All on made-up text; rates are of the median step; nothing is kept.

- peers: presets trained for some steps. After each of our steps, transformers' LlamaForCausalLM of the same
  shape makes one with the same weights on the same windows: its own loss, fused attention, the same clipping,
  torch's fused AdamW. So both meet the same load.
- stack: models that train together against the same models one after another, in turns, by the clock and by
  the processors' own time, which other programs on the machine disturb less.
- sweep: the command, start, data, evaluation and saving included, with its models together and one by one.
- memory: what a process takes by the number of models, and whether that is a straight line.
- gpu, where there is one: 64 proxies of 1M parameters (8,192 tokens of vocabulary, 512 of context), stacked
  against one after another, both compiled; and the share of its peak that one model of some 125M reaches.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.backend import Config, Member, train, train_serial, train_stack
from core.backend.data.sealed import open_manifest
from core.backend.data.shards import prepare
from core.backend.record import machine
from core.backend.training.setup import make_schedule
from core.types import silent

STEPS = {"nano": 48, "tiny": 24, "small": 10}
PARTS = ("peers", "stack", "sweep", "memory", "gpu")
JUST = {"validation_tokens": 512, "vocabulary": 8192, "near_copies": False}  # what is not measured is short


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

        from core.backend.model.decoder import initial_weights, transformers_config

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


class Clock:
    """Takes the time of every step but those with which a run begins."""

    def __init__(self, steps: int) -> None:
        self.steps, self.times, self.last = steps, [], 0.0

    def __call__(self, done: int, total: int | None, message: str = "") -> None:
        if message.startswith("training:"):
            now = time.perf_counter()
            if (done - 1) % self.steps >= max(1, self.steps // 4):
                self.times.append(now - self.last)
            self.last = now


def stack_against_serial(
    settings: dict[str, object], models: int, steps: int, turns: int, serial: int | None = None
) -> dict[str, object]:
    """Train models together and one after another, in turns; `serial` of them stand for all."""
    config = Config.model_validate(JUST | settings)
    tokens = steps * config.batch_tokens
    config = config.model_copy(update={"tokens": tokens, "eval_every": steps, "checkpoint_every": steps})
    members = [Member(f"m{seed}", seed=seed) for seed in range(models)]
    clocks = {"stack": Clock(steps), "serial": Clock(steps)}
    cpu = dict.fromkeys(clocks, 0.0)
    waited = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest, data = write_manifest(folder, tokens), folder / "shared/data"
        for turn in range(turns):
            for kind, some in (("serial", members[: serial or models]), ("stack", members)):
                ways = {"stack": train_stack, "serial": train_serial}
                began = time.process_time()
                runs = ways[kind](manifest, config, some, folder / f"{kind}{turn}", clocks[kind], data=data)
                if turn:  # the first turn prepares the data and chooses kernels
                    cpu[kind] += (time.process_time() - began) / len(some)
                if kind == "stack":
                    waited = max(waited, runs[0]["measures"]["waited"])
    rates = {
        "stack": models * config.batch_tokens / median(clocks["stack"].times),
        "serial": config.batch_tokens / median(clocks["serial"].times),
    }
    found: dict[str, object] = {
        "models": models,
        "preset": config.preset,
        "batch": f"{config.batch_size} x {config.context}",
        "parameters": sum(runs[0]["parameters"].values()),
        "vocabulary": runs[0]["vocabulary"],
        "stack_tokens_per_second": round(rates["stack"]),
        "serial_tokens_per_second": round(rates["serial"]),
        "ratio": round(rates["stack"] / rates["serial"], 2),
        "waited": round(waited, 4),
    }
    if turns > 1:
        found["cpu_seconds_ratio"] = round(cpu["serial"] / cpu["stack"], 2)
    return found


def whole_sweep(preset: str, models: int, tokens: int, device: str) -> dict[str, object]:
    """Time the command `sweep` as a person runs it, with its models together and one after another."""
    seconds = {}
    with tempfile.TemporaryDirectory() as name:
        manifest = write_manifest(Path(name), tokens)
        for kind in ("stack", "serial"):
            command = [
                sys.executable, "-m", "core.backend", "sweep", str(manifest), "--models", str(models),
                "--preset", preset, "--tokens", str(tokens), "--device", device, f"--{kind}",
                "--out", f"{name}/{kind}",
            ]  # fmt: skip
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])
            seconds[kind] = time.perf_counter() - began
    found = {f"{kind}_seconds": round(one, 1) for kind, one in seconds.items()}
    facts = {"models": models, "preset": preset, "tokens": tokens}
    return facts | found | {"ratio": round(seconds["serial"] / seconds["stack"], 2)}


def peak_of(models: int, preset: str, device: str) -> int:
    """Train a stack for two steps and return the most bytes held; in a process of its own."""
    config = Config.model_validate(JUST | {"preset": preset, "device": device, "stack_most": models})
    tokens = 2 * config.batch_tokens
    config = config.model_copy(update={"tokens": tokens, "eval_every": 2, "checkpoint_every": 2})
    with tempfile.TemporaryDirectory() as name:
        manifest = write_manifest(Path(name), tokens)
        members = [Member(f"m{seed}", seed=seed) for seed in range(models)]
        return train_stack(manifest, config, members, Path(name) / "run")[0]["measures"]["peak_memory"]


def memory_by_models(preset: str, device: str, counts: tuple[int, ...]) -> dict[str, object]:
    """Fit a line to what processes with more and more models take."""
    import numpy as np

    from core.backend.model.memory import model_bytes

    peaks = []
    for models in counts:
        command = [sys.executable, __file__, "--peak-of", str(models), "--preset", preset, "--device", device]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    slope, start = np.polyfit(counts, peaks, 1)
    off = max(abs(start + slope * m - peak) / peak for m, peak in zip(counts, peaks, strict=True))
    config = Config.model_validate(JUST | {"preset": preset})
    return {
        "preset": preset,
        "mebibytes": {m: round(peak / 2**20) for m, peak in zip(counts, peaks, strict=True)},
        "a_model": round(slope / 2**20, 1),
        "numbers_of_a_model": round(model_bytes(config, device != "cpu")[0] / 2**20, 1),
        "activations_of_a_model": round(model_bytes(config, device != "cpu")[1] / 2**20, 1),
        "farthest_from_the_line": f"{off:.1%}",
    }


def one_large(device: str, steps: int = 30) -> dict[str, object]:
    """Train one model of some 125M parameters in bf16, compiled, and return its share of the peak."""
    settings = {"preset": "base", "context": 1024, "batch_size": 64, "compile": True, "precision": "bf16"}
    config = Config.model_validate(JUST | settings | {"device": device, "vocabulary": 16_384})
    tokens = steps * config.batch_tokens
    config = config.model_copy(update={"tokens": tokens, "eval_every": steps, "checkpoint_every": steps})
    clock = Clock(steps)
    with tempfile.TemporaryDirectory() as name:
        run = train(write_manifest(Path(name), tokens), config, Path(name) / "run", clock)
    from core.backend.training.measures import peak_flops

    rate = config.batch_tokens / median(clock.times)
    peak, why = peak_flops(run["machine"], True)
    flops = config.shape.flops_per_token(run["vocabulary"], config.context) * rate
    return {
        "parameters": sum(run["parameters"].values()),
        "tokens_per_second": round(rate),
        "flop_utilisation": round(flops / peak, 3) if peak else None,
        "peak": why,
        "waited": round(run["measures"]["waited"], 4),
        "gibibytes": round(run["measures"]["peak_memory"] / 2**30, 1),
    }


def rows_of(part: str, options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Measure one part, a row at a time."""
    import torch

    device = options.device
    if part == "peers":
        for preset in options.preset or STEPS:
            yield measure(preset, options.steps or STEPS.get(preset, 10), device)
    if part == "stack":
        for preset, batch_size, steps in (("nano", 16, 8), ("nano", 4, 8), ("tiny", 4, 8)):
            settings = {"preset": preset, "batch_size": batch_size, "device": device}
            yield stack_against_serial(settings, 8, steps, 3)
    if part == "sweep":
        yield whole_sweep("nano", 8, 80_000, device)
    if part == "memory":
        yield memory_by_models("nano", device, (1, 2, 4, 8))
    if part == "gpu" and not torch.cuda.is_available():
        yield {"not measured": "this machine has no GPU"}
    elif part == "gpu":
        proxies = {"preset": "tiny", "context": 512, "batch_size": 16, "compile": True, "device": "cuda"}
        yield stack_against_serial(proxies, 64, 40, 1, serial=4)
        yield memory_by_models("tiny", "cuda", (1, 4, 16, 64))
        yield one_large("cuda")


def main() -> None:
    """Measure and print, for people or as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--part", action="append", choices=PARTS, help="all when left out")
    parser.add_argument("--preset", action="append", help="of the peers: nano, tiny and small when left out")
    parser.add_argument("--steps", type=int, help="of each preset; else what takes half a minute")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peak-of", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak_of:
        print(peak_of(options.peak_of, options.preset[0], options.device))
        return
    load, found = round(os.getloadavg()[0], 2), {}
    if not options.json:
        print(f"{machine()}, load {load}", flush=True)
    for part in options.part or PARTS:
        found[part] = []
        for row in rows_of(part, options):
            found[part].append(row)
            if not options.json:
                print(f"{part}: " + "  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.json:
        print(json.dumps({"machine": machine(), "load": load, **found}))


if __name__ == "__main__":
    main()
