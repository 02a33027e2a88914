"""What trainers read: each format a small file, by name. Data by domain, whatever the format."""

from __future__ import annotations

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

__all__ = ["EXPORTERS", "Documents", "Exporter", "Tokenising", "obtained", "token_weights"]
