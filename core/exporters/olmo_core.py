"""OLMo-core: raw token files, and a source mixture that counts tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.errors import BadInputError
from core.exporters._abilities import refuse
from core.exporters._door import Documents, account, planned_domains, slugs
from core.exporters._files import read_yaml, write_notes, write_yaml
from core.exporters._fixed import check_length, check_positive, drawn_by_samples
from core.exporters._shares import Drawn, Shares, seed, token_weights
from core.exporters._tokens import FOLDER, Encoder, Tokenising
from core.types import Manifest, ManifestFile, Plan

CONFIG = "olmo_core.yaml"


@dataclass(frozen=True, slots=True)
class OlmoCore(Tokenising):
    """Writes `data/<domain>.npy` and `olmo_core.yaml`, a `SourceMixtureDatasetConfig`.

    The files hold ids alone, uint16 or uint32: OLMo-core maps them into memory and reads no NumPy header,
    whatever the ending. Its ratios are shares of tokens, each above 0.
    """

    name: ClassVar[str] = "olmo_core"
    version: ClassVar[int] = 1
    stages: ClassVar[bool] = False
    in_order: ClassVar[bool] = False

    sequence_length: int = 2048
    batch_size: int = 256  # samples a step, over all devices

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write one file a domain, the tokenizer, and the mixture.

        Raises:
            BadInputError: Stages, or a domain of fewer tokens than a sample, of which OLMo-core would take none.
        """
        refuse(self, plan)
        check_length(self.sequence_length)
        check_positive(batch_size=self.batch_size)
        encoder, shares = self.encoder(), token_weights(plan)
        names = slugs(shares)
        (folder / "data").mkdir()
        files = [
            _write_domain(folder, f"data/{names[domain]}.npy", domain, documents, encoder)
            for domain in planned_domains(plan)
        ]
        encoder.write(folder)
        total = sum(part.tokens for part in plan.domains.values())
        sources = [
            {
                "source_name": names[file.domain],
                "target_ratio": shares[file.domain],
                "paths": [file.path],
                "max_repetition_ratio": self._repetition(file, shares, total),
                "max_source_fraction": 1.0,
            }
            for file in files
            if shares[file.domain] > 0
        ]
        config = {
            "sequence_length": self.sequence_length,
            "tokenizer": {
                "identifier": FOLDER,
                "vocab_size": encoder.vocabulary,
                "eos_token_id": encoder.end,
                "pad_token_id": encoder.end,
            },
            "dtype": encoder.dtype.name,
            "source_mixture_config": {
                "source_list": {"sources": sources},
                "requested_tokens": total,
                "global_batch_size": self.batch_size * self.sequence_length,
                "seed": seed(plan),
            },
        }
        write_yaml(folder / CONFIG, config)
        told = [
            "`olmo_core.yaml` holds `source_mixture_config` for `SourceMixtureDatasetConfig`, with the `dtype`, "
            "`sequence_length` and `tokenizer` of the data set; start from this folder, since its paths are "
            "relative to it.",
            "A `target_ratio` is the domain's share of tokens as the tokenizer beside the data counts them. "
            "`max_repetition_ratio` lets a domain repeat as often as the plan says, whole samples counted. "
            "OLMo-core fills whole steps: it may take up to one `global_batch_size` beyond `requested_tokens`.",
        ]
        write_notes(folder, "OLMo-core", told, {d: (w, w) for d, w in shares.items()})
        return files

    def _repetition(self, file: ManifestFile, shares: Shares, total: int) -> float:
        """Return how often a file must be seen; each pass leaves out what does not fill a sample."""
        whole = file.tokens // self.sequence_length * self.sequence_length
        if not whole:
            rule = f"has {file.tokens} tokens, and OLMo-core takes whole samples of {self.sequence_length}"
            raise BadInputError(file.domain, rule, "lower sequence_length, or leave the domain out")
        return max(1.0, math.ceil(100 * shares[file.domain] * total / whole) / 100)

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Return the ratios of `olmo_core.yaml`."""
        sources = read_yaml(folder / CONFIG)["source_mixture_config"]["source_list"]["sources"]
        weights = {s["paths"][0].removesuffix(".npy"): s["target_ratio"] for s in sources}
        return drawn_by_samples(manifest, [(1.0, weights)], CONFIG)


def _write_domain(
    folder: Path, path: str, domain: str, documents: Documents, encoder: Encoder
) -> ManifestFile:
    rows = tokens = 0
    with (folder / path).open("xb") as file:
        for ids in encoder.documents(documents, domain):
            file.write(ids.astype(encoder.dtype).tobytes())
            rows, tokens = rows + 1, tokens + len(ids)
    return account(folder, path, domain, rows, tokens)
