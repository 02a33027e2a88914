"""torchtitan: JSON Lines, weights by source, and the Python that registers them with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core import disk
from core.exporters._abilities import refuse
from core.exporters._door import Documents, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import drawn_by_samples
from core.exporters._shares import Drawn, seed, token_weights
from core.exporters._text import write_jsonl
from core.types import Manifest, ManifestFile, Plan

CONFIG, MODULE = "torchtitan.yaml", "torchtitan_data.py"
_CODE = '''"""Registers the sources of torchtitan.yaml; `dataloader()` is for a configuration's `dataloader`."""

from functools import partial
from pathlib import Path

import yaml
from datasets import load_dataset
from torchtitan.hf_datasets import DatasetConfig
from torchtitan.hf_datasets.text_datasets import DATASETS, HFDataSource, InterleavedHuggingFaceTextDataLoader

HERE = Path(__file__).parent
MIXTURE = yaml.safe_load((HERE / "torchtitan.yaml").read_text(encoding="utf-8"))


def _text(document):
    return document["text"]


def _load(path, **keys):
    return load_dataset("json", data_files=path, split="train", **keys)


for name, source in MIXTURE["sources"].items():
    loader = partial(_load, streaming=True)
    DATASETS[name] = DatasetConfig(path=str(HERE / source["path"]), loader=loader, sample_processor=_text)


def dataloader():
    return InterleavedHuggingFaceTextDataLoader.Config(
        sources=[
            HFDataSource(dataset=name, weight=source["weight"], infinite=True)
            for name, source in MIXTURE["sources"].items()
        ],
        seed=MIXTURE["seed"],
    )
'''


@dataclass(frozen=True, slots=True)
class Torchtitan:
    """Writes `data/<domain>.jsonl`, `torchtitan.yaml`, and `torchtitan_data.py`, which hands them over.

    torchtitan packs each source into samples of one length before it draws, so weights are shares of tokens. It
    knows data sets by lower-case names, which are numbered here.
    """

    name: ClassVar[str] = "torchtitan"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = True

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain, the weights, and the module."""
        refuse(self, plan)
        shares = token_weights(plan)
        files = write_jsonl(plan, documents, folder)
        names = slugs(shares)
        sources = {
            f"mixture_{number:05d}": {"path": f"data/{names[domain]}.jsonl", "weight": share}
            for number, (domain, share) in enumerate(shares.items())
        }
        write_yaml(folder / CONFIG, {"seed": seed(plan), "sources": sources})
        disk.write_text(folder / MODULE, _CODE)
        told = [
            "For torchtitan 0.3: put this folder on the Python path, and in a configuration of your own write "
            "`from torchtitan_data import dataloader` and `dataloader=dataloader()`.",
            "torchtitan packs a source's documents into samples of `seq_len` tokens before it draws one, so a "
            "weight is the domain's share of tokens as torchtitan's tokenizer counts them. A source is streamed "
            "unshuffled: its documents come as they stand in the file.",
        ]
        write_notes(folder, "torchtitan", told, {d: (share, share) for d, share in shares.items()})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the weights of `torchtitan.yaml`."""
        sources = read_yaml(folder / CONFIG)["sources"].values()
        weights = {source["path"].removesuffix(".jsonl"): source["weight"] for source in sources}
        return drawn_by_samples(manifest, [(1.0, weights)], CONFIG)
