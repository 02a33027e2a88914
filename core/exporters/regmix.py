"""RegMix: packed token files of its TinyLlama training, and the mixture as its YAML."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from core.errors import BadInputError
from core.exporters._abilities import refuse
from core.exporters._door import Documents, account, planned_domains
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, check_positive
from core.exporters._shares import Drawn, token_weights
from core.exporters._tokens import Encoder, Tokenising, windows
from core.types import Manifest, ManifestFile, Plan

CONFIG = "regmix.yaml"
MAGIC, VERSION = b"LITPKDS", 1
MOST_IN_UINT16 = 65_500  # vocabularies from here on are written as int32, as the format's own writer does


@dataclass(frozen=True, slots=True)
class RegMix(Tokenising):
    """Writes `data/train_<number>_<nth file>.bin` and `regmix.yaml`.

    RegMix finds a domain's files by the beginning of their names, so domains have numbers of one width: no
    name begins with another. It draws samples of `sequence_length` + 1 tokens, so weights are shares of tokens.
    """

    name: ClassVar[str] = "regmix"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = False

    sequence_length: int = 2048
    file_samples: int = 256  # samples a file; RegMix skips a domain of fewer files than devices
    model: str = "tinyllama_1M"

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write files of one size, the tokenizer, and the weights."""
        refuse(self, plan)
        check_length(self.sequence_length)
        check_positive(file_samples=self.file_samples)
        encoder, shares = self.encoder(), token_weights(plan)
        (folder / "data").mkdir()
        prefixes = {domain: f"train_{n:05d}" for n, domain in enumerate(planned_domains(plan))}
        files = [
            file
            for domain, prefix in prefixes.items()
            for file in self._write_domain(folder, f"data/{prefix}", domain, documents, encoder)
        ]
        encoder.write(folder)
        train = {prefixes[domain]: share for domain, share in shares.items()}
        write_yaml(folder / CONFIG, {"train": train, "valid": {}, "model_name": self.model})
        told = [
            "`regmix.yaml` names the files by their beginnings; `data` is the training's data folder. `valid` is "
            "empty: the mixture holds nothing back. The domains' numbers are those of the table, from 0.",
            f"RegMix draws samples of {self.sequence_length + 1} tokens, so a weight is the domain's share of "
            "tokens as the tokenizer beside the data counts them. The last file of a domain is filled up from "
            "its beginning. RegMix skips a domain of fewer files than devices: lower `file_samples` for more.",
        ]
        write_notes(folder, "RegMix", told, {d: (share, share) for d, share in shares.items()})
        return files

    def _write_domain(
        self, folder: Path, prefix: str, domain: str, documents: Documents, encoder: Encoder
    ) -> list[ManifestFile]:
        """Write files of a head (magic, version, code of the type, tokens a file) and as many ids."""
        code, dtype = (8, "<u2") if encoder.vocabulary < MOST_IN_UINT16 else (4, "<i4")
        size, files = (self.sequence_length + 1) * self.file_samples, []
        for number, ids in enumerate(windows(encoder.documents(documents, domain), size)):
            path = f"{prefix}_{number:010d}.bin"
            head = MAGIC + struct.pack("<QBQ", VERSION, code, size)
            (folder / path).write_bytes(head + ids.astype(np.dtype(dtype)).tobytes())
            files.append(account(folder, path, domain, self.file_samples, size))
        return files

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the weights of `regmix.yaml`, for the files that they find.

        Raises:
            BadInputError: A weight finds no file, or the files of two domains.
        """
        sources: dict[str, tuple[float, list[int]]] = {}
        for prefix, weight in read_yaml(folder / CONFIG)["train"].items():
            found = {file.domain for file in manifest.files if file.path.startswith(f"data/{prefix}")}
            if len(found) != 1:
                raise BadInputError(
                    f"{CONFIG}: {prefix}", f"finds {len(found)} domains' files", "export again"
                )
            sources[found.pop()] = (weight, [1])
        return [Drawn(1.0, sources)]
