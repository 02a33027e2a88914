"""Settings with which every exporter writes even the smallest mixture, and who reads what."""

import dataclasses

from core.exporters import EXPORTERS

_SMALL = {"sequence_length": 4, "batch_size": 1, "block_size": 20, "file_samples": 2}
SETTINGS = {
    name: {f.name: _SMALL[f.name] for f in dataclasses.fields(brick) if f.name in _SMALL}
    for name, brick in EXPORTERS.items()
}
SETTINGS["levanter"]["sequence_length"] = 1  # of a tiny mixture, enough samples for whole blocks
TEXTS = [
    "jsonl",
    "parquet",
    "huggingface",
]  # a file of texts a domain, each document once, and all its fields
STAGED = [name for name, kind in EXPORTERS.items() if kind.stages]  # those that carry a mixture's stages
ORDERED = [
    name for name, kind in EXPORTERS.items() if kind.in_order
]  # and those that keep documents in order
CONFIGURED = [name for name in EXPORTERS if name not in ("jsonl", "parquet")]
