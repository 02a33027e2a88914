"""Settings with which every exporter writes even the smallest mixture, and who reads what."""

import dataclasses

from core.exporters import EXPORTERS

_SMALL = {"sequence_length": 4, "batch_size": 1, "block_size": 1, "file_samples": 2}
SETTINGS = {
    name: {f.name: _SMALL[f.name] for f in dataclasses.fields(brick) if f.name in _SMALL}
    for name, brick in EXPORTERS.items()
}
TEXTS = [
    "jsonl",
    "parquet",
    "huggingface",
]  # a file of texts a domain, each document once, and all its fields
STAGED = ["jsonl", "parquet", "nanotron", "levanter"]  # those that carry a mixture's stages
CONFIGURED = [name for name in EXPORTERS if name not in ("jsonl", "parquet")]
