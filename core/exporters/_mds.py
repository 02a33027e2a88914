"""MosaicML's shards of samples (MDS), written so that the same samples have the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.exporters._door import account
from core.exporters._tokens import batches
from core.types import JSON, ManifestFile

SHARD_BYTES = 1 << 25
_VERSION = 2


def write_shards(
    folder: Path, under: str, domain: str, samples: Iterator[NDArray[np.int64]], length: int
) -> list[ManifestFile]:
    """Write samples of `length` ids each as the column `tokens` into `folder/under`, and the `index.json`.

    A shard: the number of samples and each one's place (uint32, from the file's beginning, with the end),
    its own description as JSON, then the samples: little-endian int32, of a shape that the description holds.
    """
    (folder / under).mkdir(parents=True)
    files, shards = [], []
    for number, batch in enumerate(batches(samples, max(1, SHARD_BYTES // (4 * length)), length)):
        name, rows = f"shard.{number:05d}.mds", len(batch)
        size = _write(folder / under / name, batch, length)
        shards.append(_description(length) | {"raw_data": _file(name, size), "samples": rows})
        files.append(account(folder, f"{under}/{name}", domain, rows, rows * length))
    ordered = [{key: shard[key] for key in sorted(shard)} for shard in shards]
    disk.write_text(folder / under / "index.json", json.dumps({"version": _VERSION, "shards": ordered}))
    files.append(account(folder, f"{under}/index.json", domain, 0, 0))
    return files


def _write(path: Path, batch: NDArray[np.int32], length: int) -> int:
    """Write a shard; return its size."""
    told = json.dumps(_description(length), sort_keys=True).encode()
    start = 4 + 4 * (len(batch) + 1) + len(told)
    places = start + 4 * length * np.arange(len(batch) + 1)
    with path.open("xb") as file:
        file.write(np.uint32(len(batch)).tobytes() + places.astype("<u4").tobytes() + told)
        file.write(batch.data)
    return int(places[-1])


def _description(length: int) -> dict[str, JSON]:
    return {
        "column_encodings": [f"ndarray:int32:{length}"],
        "column_names": ["tokens"],
        "column_sizes": [4 * length],
        "compression": None,
        "format": "mds",
        "hashes": [],
        "size_limit": SHARD_BYTES,
        "version": _VERSION,
        "zip_data": None,
    }


def _file(name: str, size: int) -> dict[str, JSON]:
    return {"basename": name, "bytes": size, "hashes": {}}
