"""NeMo: Megatron's indexed data sets, and the data's part of a NeMo configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.exporters._abilities import refuse
from core.exporters._door import Documents, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, drawn_by_samples
from core.exporters._mmidx import read_lengths, write_indexed
from core.exporters._shares import Drawn, seed, token_weights
from core.exporters._tokens import FOLDER, Tokenising
from core.types import JSON, Manifest, ManifestFile, Plan

CONFIG = "nemo.yaml"


@dataclass(frozen=True, slots=True)
class NeMo(Tokenising):
    """Writes `data/<domain>.bin` and `.idx`, and `nemo.yaml` with `data_prefix`.

    NeMo draws samples of one length, so weights are shares of tokens as they stand.
    """

    name: ClassVar[str] = "nemo"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = False

    sequence_length: int = 2048

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write a pair of files a domain, the tokenizer, and the weighted list."""
        refuse(self, plan)
        check_length(self.sequence_length)
        encoder, shares = self.encoder(), token_weights(plan)
        files = write_indexed(plan, documents, folder, encoder)
        encoder.write(folder)
        names = slugs(shares)
        prefixes: list[JSON] = [word for d, share in shares.items() for word in (share, f"data/{names[d]}")]
        data = {
            "data_impl": "mmap",
            "splits_string": "100,0,0",
            "seq_length": self.sequence_length,
            "eod_mask_loss": False,
            "data_prefix": prefixes,
        }
        model = {
            "data": data,
            "tokenizer": {"library": "huggingface", "type": FOLDER},
            "seed": seed(plan),
        }
        write_yaml(folder / CONFIG, {"model": model})
        told = [
            "`nemo.yaml` holds `model.data` and `model.tokenizer`; start from this folder, since its paths are "
            "relative to it. NeMo 2 takes the same list as `paths` of its `PreTrainingDataModule`.",
            f"NeMo draws samples of {self.sequence_length} tokens, so a weight is the domain's share of tokens as "
            "the tokenizer beside the data counts them. Every document ends with "
            f"`{encoder.end_token}` (id {encoder.end}); do not append it again.",
        ]
        write_notes(folder, "NeMo", told, {d: (share, share) for d, share in shares.items()})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the weights of `data_prefix`, each of a pair of files that belong together."""
        words = read_yaml(folder / CONFIG)["model"]["data"]["data_prefix"]
        weights = dict(zip(words[1::2], words[::2], strict=True))
        for prefix in weights:
            read_lengths(folder / prefix)
        return drawn_by_samples(manifest, [(1.0, weights)], CONFIG)
