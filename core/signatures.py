"""A corpus's signatures on disk, shard by shard, and what the texts that they propose are compared by.

They lie under ``signatures/FINGERPRINT/`` beside the corpus's columns, signed by the settings that they depend
on: another threshold or scope needs no second pass, and a killed one goes on from its finished shards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import bricks, disk, shards, tables
from core.engines import Engine, LocalEngine
from core.types import Column, Corpus, Progress
from core.workspace import Workspace

SHARD_ROWS = 2048
LEAST_ROWS = 64
_NAMES = ("signature", "characters")
_KEPT_SETS = 1024
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature and a length a text: what stays in memory of a corpus."""

    signatures: NDArray[Any]  # (n, width)
    characters: Rows


def engine_for(documents: int, workers: int | None) -> LocalEngine:
    """Return the processes that so many texts are worth: none besides this one for a single shard."""
    return LocalEngine(1 if documents <= SHARD_ROWS else workers)


def signed(workspace: Workspace, corpus: Corpus, matcher: Any, progress: Progress, engine: Engine) -> Signed:
    """Sign the texts that no earlier run has signed, and return every signature."""
    settings = {k: v for k, v in bricks.settings_of(matcher).items() if k in matcher.signing}
    column = workspace.column(corpus, matcher.name, matcher.version, settings, _NAMES, "other")
    folder = workspace.generation(corpus) / "signatures" / column.fingerprint
    rows = _shard_rows(corpus)
    with disk.locked(workspace.folder / "locks" / f"signatures-{column.fingerprint[:32]}"):
        work = [(column, folder)]
        task = shards.ShardTask(_texts(workspace, corpus), work, ("text",), rows, _Signing(matcher))
        shards.run(task, corpus.documents, progress, engine)
    return _read(folder, corpus.documents, matcher.sign([""]))


def _shard_rows(corpus: Corpus) -> int:
    """Rows of a shard; it depends on the corpus alone, for what a killed run has left must fit the next."""
    return max(LEAST_ROWS, min(SHARD_ROWS, -(-corpus.documents // 16)))


def _texts(workspace: Workspace, corpus: Corpus) -> tables.Parts:
    parts = (workspace.generation(corpus) / "documents").glob("part-*.parquet")
    return tables.Parts(sorted(map(str, parts)), {}, frozenset())


@dataclass(frozen=True, slots=True)
class _Signing:
    """Signs one shard; travels to worker processes."""

    matcher: Any

    def __call__(self, table: Any, columns: Sequence[Column]) -> dict[str, dict[str, Any]]:
        """Return the one column's signatures as bytes, and the texts' lengths, by its fingerprint."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = np.ascontiguousarray(self.matcher.sign(table["text"].to_pylist()))
        width = pa.binary(found.dtype.itemsize * found.shape[1])
        flat = pa.FixedSizeBinaryArray.from_buffers(width, len(found), [None, pa.py_buffer(found)])
        lengths = pc.cast(pc.utf8_length(table["text"]), pa.int64())
        return {columns[0].fingerprint: {"signature": flat, "characters": lengths}}


def _read(folder: Path, documents: int, one: NDArray[Any]) -> Signed:
    """Read the parts of a folder, one after another, into arrays that were made once."""
    signatures = np.empty((documents, one.shape[1]), dtype=one.dtype)
    characters = np.empty(documents, dtype=np.int64)
    done = 0
    for path in sorted(folder.glob("part-*.parquet")):
        table = tables.read_file(path).combine_chunks()
        stored = table["signature"].chunk(0)
        flat = np.frombuffer(stored.buffers()[1], dtype=one.dtype, count=len(stored) * one.shape[1])
        signatures[done : done + len(stored)] = flat.reshape(-1, one.shape[1])
        characters[done : done + len(stored)] = table["characters"].to_numpy()
        done += len(stored)
    assert done == documents
    return Signed(signatures, characters)


# --- what proposed texts are compared by ------------------------------------------------------------


class Evidence(Mapping[int, NDArray[np.uint32]]):
    """The sets of n-grams of some rows, in a file that has no name and goes with this object."""

    def __init__(self, folder: Path, documents: int) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 it lives as long as this
        self._at = np.full(documents, -1, dtype=np.int64)
        self._sizes = np.zeros(documents, dtype=np.int32)
        self._end = 0
        self._cached = lru_cache(_KEPT_SETS)(self._load)

    def add(self, rows: Rows, sizes: NDArray[np.int32], hashes: NDArray[np.uint32]) -> None:
        """Keep the sets of some rows, one after another in `hashes`."""
        self._at[rows] = self._end + np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])[:-1]
        self._sizes[rows] = sizes
        self._file.write(hashes.tobytes())
        self._file.flush()
        self._end += len(hashes)

    def _load(self, row: int) -> NDArray[np.uint32]:
        data = os.pread(self._file.fileno(), 4 * int(self._sizes[row]), 4 * int(self._at[row]))
        return np.frombuffer(data, dtype=np.uint32)

    def __getitem__(self, row: int) -> NDArray[np.uint32]:
        if self._at[row] < 0:
            raise KeyError(row)
        return self._cached(row)

    def __iter__(self) -> Iterator[int]:
        return iter(np.flatnonzero(self._at >= 0).tolist())

    def __len__(self) -> int:
        return int((self._at >= 0).sum())


def evidence(
    workspace: Workspace, corpus: Corpus, matcher: Any, rows: Rows, progress: Progress, engine: Engine
) -> Evidence:
    """Look again at the texts of some rows, in order, and return what they are compared by."""
    found = Evidence(workspace.generation(corpus), corpus.documents)
    starts, firsts = np.unique(rows // SHARD_ROWS * SHARD_ROWS, return_index=True)
    wanted = list(zip(starts.tolist(), np.split(rows, firsts)[1:], strict=True))
    done, message = 0, f"{matcher.name}: verifying"
    progress(done, len(rows), message)
    for some, sizes, hashes in engine.map(_Looking(_texts(workspace, corpus), matcher), wanted):
        found.add(some, sizes, hashes)
        done += len(some)
        progress(done, len(rows), message)
    return found


@dataclass(frozen=True, slots=True)
class _Looking:
    """Makes the sets of one shard's rows; travels to worker processes."""

    parts: tables.Parts
    matcher: Any

    def __call__(self, shard: tuple[int, Rows]) -> tuple[Rows, NDArray[np.int32], NDArray[np.uint32]]:
        start, rows = shard
        texts = tables.read_range(self.parts, ["text"], start, SHARD_ROWS)["text"].take(rows - start)
        sets = list(self.matcher.evidence(texts.to_pylist()))
        sizes = np.fromiter(map(len, sets), np.int32, len(sets))
        return rows, sizes, np.concatenate([np.zeros(0, np.uint32), *sets])
