"""Hugging Face datasets: Parquet, a card with a configuration a domain, and how to interleave them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.exporters._abilities import refuse
from core.exporters._door import Documents, domains_by_path, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._shares import Drawn, document_weights, mean_tokens, seed, token_weights
from core.exporters._text import document_tokens, write_parquet
from core.types import Manifest, ManifestFile, Plan

CONFIG = "interleave.yaml"
_HOW = """```python
import yaml
from datasets import interleave_datasets, load_dataset

how = yaml.safe_load(open("interleave.yaml"))
paths = how["data_files"]
parts = [load_dataset("parquet", data_files=path, split="train", streaming=True).repeat(None) for path in paths]
mixture = interleave_datasets(
    parts, probabilities=how["probabilities"], seed=how["seed"], stopping_strategy=how["stopping_strategy"]
).take(how["samples"])
```"""


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """Writes Parquet, a card that names each domain a configuration, and `interleave.yaml`.

    `interleave_datasets` draws documents, so the probabilities are weights over mean tokens a document.
    """

    name: ClassVar[str] = "huggingface"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = True

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain and the probabilities, which are of documents."""
        refuse(self, plan)
        files = write_parquet(plan, documents, folder)
        means, shares = mean_tokens(files), token_weights(plan)
        own = document_weights(shares, means)
        names = slugs(own)
        config = {
            "data_files": [f"data/{names[domain]}.parquet" for domain in own],
            "probabilities": list(own.values()),
            "seed": seed(plan),
            "stopping_strategy": "all_exhausted",
            "samples": round(sum(plan.domains[domain].tokens / means[domain] for domain in own)),
        }
        write_yaml(folder / CONFIG, config)
        told = [
            _HOW,
            "`interleave_datasets` draws documents, not tokens: a probability is the domain's share of tokens "
            "over its mean tokens a document, scaled to sum to 1. `samples` documents are the budget; "
            "`repeat` keeps a domain's share when it is read to its end. Nothing is shuffled: a domain's documents "
            "come as they stand in its file. "
            '`load_dataset(".", NAME)` reads one domain by its configuration in the card.',
        ]
        write_notes(folder, "Hugging Face datasets", told, {d: (shares[d], own[d]) for d in own})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the probabilities of `interleave.yaml`, and the tokens of the documents."""
        config, known = read_yaml(folder / CONFIG), domains_by_path(manifest)
        pairs = zip(config["data_files"], config["probabilities"], strict=True)
        sources = {
            known[path.removesuffix(".parquet")]: (weight, document_tokens(folder / path))
            for path, weight in pairs
        }
        return [Drawn(1.0, sources)]
