"""What trainers read: each format a small file, by name. Data by domain, whatever the format."""

from __future__ import annotations

from core.errors import BadInputError
from core.exporters._abilities import refusal
from core.exporters._door import Documents, Exporter
from core.exporters._shares import obtained, token_weights
from core.exporters._tokens import Tokenising
from core.exporters.axolotl import Axolotl
from core.exporters.data_juicer import DataJuicer
from core.exporters.huggingface import HuggingFace
from core.exporters.jsonl import JsonLines
from core.exporters.levanter import Levanter
from core.exporters.litdata import LitData
from core.exporters.maxtext import MaxText
from core.exporters.megatron import Megatron
from core.exporters.mosaic import Mosaic
from core.exporters.nanotron import Nanotron
from core.exporters.nemo import NeMo
from core.exporters.olmo_core import OlmoCore
from core.exporters.parquet import Parquet
from core.exporters.regmix import RegMix
from core.exporters.torchtitan import Torchtitan
from core.types import Mixture

EXPORTERS: dict[str, type[Exporter]] = {
    "jsonl": JsonLines,
    "parquet": Parquet,
    "huggingface": HuggingFace,
    "megatron": Megatron,
    "mosaic": Mosaic,
    "nanotron": Nanotron,
    "levanter": Levanter,
    "olmo_core": OlmoCore,
    "axolotl": Axolotl,
    "data_juicer": DataJuicer,
    "nemo": NeMo,
    "litdata": LitData,
    "regmix": RegMix,
    "maxtext": MaxText,
    "torchtitan": Torchtitan,
}


def refusals(mixture: Mixture) -> dict[str, str | None]:
    """Return, by format, why it cannot carry the mixture, in words; None where it can."""
    return {name: refusal(kind, mixture) for name, kind in EXPORTERS.items()}


def check(name: str, mixture: Mixture) -> None:
    """Raise `BadInputError`, which names the formats that can, where a format cannot carry the mixture."""
    found = refusals(mixture)
    if rule := found[name]:
        able = ", ".join(other for other, why in found.items() if why is None)
        raise BadInputError(f"format {name}", rule, f"formats that can: {able}")


__all__ = [
    "EXPORTERS",
    "Documents",
    "Exporter",
    "Tokenising",
    "check",
    "obtained",
    "refusals",
    "token_weights",
]
