"""MosaicML Streaming: MDS shards of token ids, and the loader's part of an llm-foundry configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.exporters._door import Documents, planned_domains, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, drawn_by_samples
from core.exporters._mds import write_shards
from core.exporters._shares import Drawn, refuse_stages, seed, token_weights
from core.exporters._tokens import Tokenising, windows
from core.types import Manifest, ManifestFile, Plan

CONFIG = "llm_foundry.yaml"


@dataclass(frozen=True, slots=True)
class Mosaic(Tokenising):
    """Writes `data/<domain>/` of MDS shards and `llm_foundry.yaml` with proportions and the epoch's size.

    Samples are `sequence_length` tokens each, documents one after another, as llm-foundry's own conversion
    makes them: so its proportions, which count samples, are shares of tokens. A text a sample would be cut.
    """

    name: ClassVar[str] = "mosaic"
    version: ClassVar[int] = 1

    sequence_length: int = 2048

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write a folder of shards a domain, the tokenizer, and the streams."""
        refuse_stages(plan, "MosaicML Streaming")
        check_length(self.sequence_length)
        encoder, shares, files = self.encoder(), token_weights(plan), []
        names = slugs(shares)
        for domain in planned_domains(plan):
            samples = windows(encoder.documents(documents, domain), self.sequence_length)
            files += write_shards(folder, f"data/{names[domain]}", domain, samples, self.sequence_length)
        encoder.write(folder)
        total = sum(part.tokens for part in plan.domains.values())
        dataset = {
            "streams": {names[d]: {"local": f"data/{names[d]}", "proportion": w} for d, w in shares.items()},
            "epoch_size": -(-total // self.sequence_length),
            "max_seq_len": self.sequence_length,
            "shuffle": True,
            "shuffle_seed": seed(plan),
            "eos_token_id": encoder.end,
        }
        loader = {"name": "text", "dataset": dataset, "drop_last": True, "num_workers": 8}
        config = {
            "max_seq_len": self.sequence_length,
            "tokenizer": {"name": "tokenizer", "kwargs": {"model_max_length": self.sequence_length}},
            "train_loader": loader,
            "max_duration": "1ep",
        }
        write_yaml(folder / CONFIG, config)
        told = [
            "`llm_foundry.yaml` holds `tokenizer`, `train_loader` and `max_duration` of a training configuration; "
            "start from this folder, since its paths are relative to it.",
            f"A sample is {self.sequence_length} tokens, so a proportion, which counts samples, is the domain's "
            "share of tokens. Every stream has a proportion, none `repeat` or `choose`: the three do not go "
            "together. `epoch_size` samples are the budget. The last sample of a domain is filled up from its "
            "beginning.",
        ]
        write_notes(
            folder, "MosaicML Streaming and llm-foundry", told, {d: (w, w) for d, w in shares.items()}
        )
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the proportions of `llm_foundry.yaml`."""
        streams = read_yaml(folder / CONFIG)["train_loader"]["dataset"]["streams"]
        weights = {stream["local"]: stream["proportion"] for stream in streams.values()}
        return drawn_by_samples(manifest, [(1.0, weights)], CONFIG)
