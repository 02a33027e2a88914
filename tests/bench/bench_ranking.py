"""Measures how well cheap predictions rank mixtures: `python tests/bench/bench_ranking.py [--json]`, some minutes.

Four domains (Python's documentation, its code, its tables of characters, made-up words) are mixed in as many
ways as asked for, and a small model is trained on every mixture, with two seeds. Rank correlations (Spearman)
are of the mixtures' losses, by domain and of their mean:

- seeds: one seed's models against the other's, the most that any prediction can be expected to reach.
- merge: averages of the domains' models against models that go on from the same seed model (Na et al.'s own
  question), and against those trained from scratch.
- mix-experts: the experts' mixed predictions against models trained from scratch.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from pydoc_data.topics import topics

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.backend import Config, Member, train_stack
from core.backend.experiments import Bench, run_experiment
from core.backend.experiments._figures import spearman
from core.backend.experiments.merge import Merge
from core.backend.experiments.mix_experts import MixExperts
from core.backend.record import machine

CHARACTERS = 300_000  # of each domain
PIECE = 2000  # characters of a document
Losses = Mapping[str, Mapping[str, float]]  # by mixture, then by domain


def texts() -> dict[str, str]:
    """Return what is at hand wherever Python is."""
    library, rng = Path(sysconfig.get_path("stdlib")), random.Random(0)

    def read(*folders: str) -> str:
        paths = [path for folder in folders for path in sorted((library / folder).glob("*.py"))]
        return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)

    lexicon = ["".join(rng.choices("aeioubcdfglmnprst", k=rng.randint(2, 9))) for _ in range(3000)]
    weights = [1 / rank for rank in range(1, len(lexicon) + 1)]
    return {
        "documentation": "\n".join(topics.values()),
        "code": read("asyncio", "email", "unittest"),
        "tables": read("encodings"),
        "made up": " ".join(rng.choices(lexicon, weights, k=CHARACTERS // 5)),
    }


def write_manifest(folder: Path) -> Path:
    """Write the domains' documents and the manifest that seals them."""
    files, domains = [], {}
    for domain, text in texts().items():
        path, cut = folder / f"{domain}.jsonl", text[:CHARACTERS]
        rows = [
            {"id": f"{domain}-{start}", "text": cut[start : start + PIECE]}
            for start in range(0, len(cut), PIECE)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        facts = {"rows": len(rows), "tokens": len(cut) // 4, "domain": domain}
        files.append({"path": path.name, "sha256": sha256} | facts)
        domains[domain] = {"weight": 0.25, "documents": len(rows), "tokens": len(cut) // 4, "epochs": 1.0}
    manifest = {
        "name": "ranking",
        "format": "jsonl",
        "corpus": "ranking",
        "corpus_fingerprint": "0" * 64,
        "fingerprint": "1" * 64,
        "tokenizer": "none",
        "budget": CHARACTERS,
        "seed": 0,
        "domains": domains,
        "files": files,
        "mixture": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder / "manifest.json"


def ranks(predicted: Losses, real: Losses) -> dict[str, object]:
    """Return the rank correlations over the mixtures that both have."""
    names = [name for name in predicted if name in real]
    domains = list(next(iter(real.values())))
    found: dict[str, object] = {"mixtures": len(names)}
    for domain in domains:
        found[domain] = spearman([predicted[n][domain] for n in names], [real[n][domain] for n in names])
    means = [[sum(some[n].values()) for n in names] for some in (predicted, real)]
    found["mean"] = spearman(*means)
    return {key: round(value, 2) if isinstance(value, float) else value for key, value in found.items()}


def compared(mixtures: int, steps: int) -> dict[str, dict[str, object]]:
    """Train everything and return the correlations by what is compared."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_manifest(folder)
        config = Config(context=128, batch_size=8, vocabulary=1024, near_copies=False, eval_every=steps)
        config = config.model_copy(update={"tokens": steps * config.batch_tokens, "device": "cpu"})
        merge = run_experiment(
            Merge(candidates=mixtures, check=mixtures), Bench(manifest, config, folder / "m")
        )
        mixed = run_experiment(MixExperts(candidates=mixtures), Bench(manifest, config, folder / "x"))
        candidates = {one["name"]: one["weights"] for one in mixed["candidates"]}
        seeds = []
        for seed in (0, 1):
            members = [Member(name, weights=weights, seed=seed) for name, weights in candidates.items()]
            runs = train_stack(manifest, config, members, folder / f"s{seed}")
            seeds.append({member.name: run["losses"] for member, run in zip(members, runs, strict=True)})
    by_merging = {one["name"]: one["losses"] for one in merge["candidates"]}
    going_on = {one["name"]: one["trained"] for one in merge["candidates"] if one["trained"]}
    by_mixing = {one["name"]: one["losses"] for one in mixed["candidates"]}
    return {
        "seeds": ranks(seeds[1], seeds[0]),
        "merge, from its seed model": ranks(by_merging, going_on),
        "merge, from scratch": ranks(by_merging, seeds[0]),
        "mix-experts, from scratch": ranks(by_mixing, seeds[0]),
    }


def main() -> None:
    """Measure and print, for people or as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mixtures", type=int, default=12, help="drawn; three fixed ones come on top")
    parser.add_argument("--steps", type=int, default=100, help="of 1,024 tokens, for every model")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    began = time.perf_counter()
    found = compared(options.mixtures, options.steps)
    facts = {"machine": machine(), "steps": options.steps, "seconds": round(time.perf_counter() - began)}
    if options.json:
        print(json.dumps(facts | found))
        return
    print("  ".join(f"{key} {value}" for key, value in facts.items()))
    for what, row in found.items():
        print(f"{what}: " + "  ".join(f"{key} {value}" for key, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
