"""Megatron-LM: indexed data sets of token ids, and the list of weights and prefixes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core import disk
from core.errors import BadInputError
from core.exporters._abilities import refuse
from core.exporters._door import Documents, slugs
from core.exporters._files import write_notes
from core.exporters._fixed import drawn_by_samples
from core.exporters._mmidx import read_lengths, write_indexed
from core.exporters._shares import Drawn, token_weights
from core.exporters._tokens import Tokenising
from core.types import Manifest, ManifestFile, Plan

ARGUMENTS, PER_SPLIT = "data_args.txt", "per_split_data_args.json"


@dataclass(frozen=True, slots=True)
class Megatron(Tokenising):
    """Writes `data/<domain>.bin` and `.idx`, `data_args.txt` and `per_split_data_args.json`.

    Megatron draws samples of one length, so weights are shares of tokens as they stand. Its list always has an
    even number of entries: an odd one would be read as prefixes without weights.
    """

    name: ClassVar[str] = "megatron"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = False

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write a pair of files a domain, the tokenizer, and the weighted list."""
        refuse(self, plan)
        encoder, shares = self.encoder(), token_weights(plan)
        files = write_indexed(plan, documents, folder, encoder)
        encoder.write(folder)
        names = slugs(shares)
        blend = [word for d, share in shares.items() for word in (repr(share), f"data/{names[d]}")]
        disk.write_text(folder / ARGUMENTS, " ".join(blend) + "\n")
        disk.write_json(folder / PER_SPLIT, {"train": blend, "valid": None, "test": None})
        told = [
            "From this folder, either `--data-args-path data_args.txt` (with `--split`) or "
            "`--per-split-data-args-path per_split_data_args.json`, which trains on all of it; and "
            "`--tokenizer-type HuggingFaceTokenizer --tokenizer-model tokenizer`.",
            "Megatron draws samples of `--seq-length` tokens and counts them, so a weight is the domain's share "
            "of tokens as the tokenizer beside the data counts them. Every document ends with "
            f"`{encoder.end_token}` (id {encoder.end}); do not append it again.",
        ]
        write_notes(folder, "Megatron-LM", told, {d: (share, share) for d, share in shares.items()})
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the weights of `data_args.txt`, each of a pair of files that belong together."""
        words = (folder / ARGUMENTS).read_text(encoding="utf-8").split()
        if len(words) % 2:
            rule = "has an odd number of entries, which Megatron reads as prefixes without weights"
            raise BadInputError(ARGUMENTS, rule, "write a weight before every prefix")
        weights = dict(zip(words[1::2], map(float, words[::2]), strict=True))
        for prefix in weights:
            read_lengths(folder / prefix)
        return drawn_by_samples(manifest, [(1.0, weights)], ARGUMENTS)
