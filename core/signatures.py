"""A corpus's signatures on disk, shard by shard, and what the texts that they propose are compared by.

They lie under ``signatures/FINGERPRINT/`` beside the corpus's columns, signed by the settings that they depend
on: another threshold or scope needs no second pass, and a killed one goes on from its finished shards.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import bricks, disk, shards, tables
from core.doors import Streamed, Verifying
from core.engines import Engine, LocalEngine
from core.matchers import Sets
from core.types import Column, Corpus, Progress
from core.workspace import Workspace

SHARD_ROWS = 1024
LEAST_ROWS = 64
_NAMES = ("signature", "characters")
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature and a length a text: what stays in memory of a corpus."""

    signatures: NDArray[Any]  # (n, width)
    characters: Rows


def engine_for(matcher: Streamed, documents: int, workers: int | None) -> LocalEngine:
    """Return the processes or threads that so many texts are worth: none besides this for a single shard."""
    return LocalEngine(1 if documents <= SHARD_ROWS else workers, matcher.threads)


def signed(
    workspace: Workspace, corpus: Corpus, matcher: Streamed, progress: Progress, engine: Engine
) -> Signed:
    """Sign the texts that no earlier run has signed, and return every signature."""
    settings = {k: v for k, v in bricks.settings_of(matcher).items() if k in matcher.signing}
    column = workspace.column(corpus, matcher.name, matcher.version, settings, _NAMES, "other")
    folder = workspace.generation(corpus) / "signatures" / column.fingerprint
    rows = _shard_rows(corpus)
    with disk.locked(workspace.folder / "locks" / f"signatures-{column.fingerprint[:32]}"):
        work = [(column, folder)]
        task = shards.ShardTask(
            shards.documents_of(workspace.generation(corpus)), work, ("text",), rows, _Signing(matcher)
        )
        shards.run(task, corpus.documents, progress, engine)
    _let_go()
    return _read(folder, corpus.documents, matcher.sign([""]))


def _shard_rows(corpus: Corpus) -> int:
    """Rows of a shard; it depends on the corpus alone, for what a killed run has left must fit the next."""
    return max(LEAST_ROWS, min(SHARD_ROWS, -(-corpus.documents // 16)))


@dataclass(frozen=True, slots=True)
class _Signing:
    """Signs one shard; travels to worker processes."""

    matcher: Streamed

    def __call__(self, table: Any, columns: Sequence[Column]) -> dict[str, dict[str, Any]]:
        """Return the one column's signatures as bytes, and the texts' lengths, by its fingerprint."""
        return self.of_pieces(iter([table]), columns)

    def of_pieces(self, pieces: Iterator[Any], columns: Sequence[Column]) -> dict[str, dict[str, Any]]:
        """Return the same of a shard that comes in pieces, of which one is in memory at a time."""
        import pyarrow as pa
        import pyarrow.compute as pc

        signed, lengths = [], []
        for piece in pieces:
            signed.append(self.matcher.sign(piece["text"]))
            lengths.extend(pc.cast(pc.utf8_length(piece["text"]), pa.int64()).chunks)
        found = np.ascontiguousarray(np.concatenate(signed))
        width = pa.binary(found.dtype.itemsize * found.shape[1])
        flat = pa.FixedSizeBinaryArray.from_buffers(width, len(found), [None, pa.py_buffer(found)])
        return {columns[0].fingerprint: {"signature": flat, "characters": pa.concat_arrays(lengths)}}


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


class Evidence:
    """The sets of n-grams of some rows, one after another in a file that has no name and goes with this."""

    def __init__(self, folder: Path) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 it lives as long as this
        self._sizes: list[Rows] = [np.zeros(1, dtype=np.int64)]

    def add(self, values: NDArray[np.uint32], at: Rows) -> None:
        """Keep the sets of further rows, one after another in `values`."""
        self._file.write(values.tobytes())
        self._sizes.append(np.diff(at))

    def sets(self) -> Sets:
        """Return the sets, which lie in the file and are read as they are needed."""
        self._file.flush()
        at = np.cumsum(np.concatenate(self._sizes))
        if not at[-1]:
            return Sets(np.zeros(0, dtype=np.uint32), at)
        held = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return Sets(np.frombuffer(held, dtype=np.uint32), at, partial(held.madvise, mmap.MADV_DONTNEED))


def evidence(
    workspace: Workspace, corpus: Corpus, matcher: Verifying, rows: Rows, progress: Progress, engine: Engine
) -> Sets:
    """Look again at the texts of some rows, in order, and return what they are compared by."""
    found = Evidence(workspace.generation(corpus))
    starts, firsts = np.unique(rows // SHARD_ROWS * SHARD_ROWS, return_index=True)
    wanted = list(zip(starts.tolist(), np.split(rows, firsts)[1:], strict=True))
    done, message = 0, f"{matcher.name}: verifying"
    progress(done, len(rows), message)
    for values, at in engine.map(
        _Looking(shards.documents_of(workspace.generation(corpus)), matcher), wanted
    ):
        found.add(values, at)
        done += len(at) - 1
        progress(done, len(rows), message)
    _let_go()
    return found.sets()


def _let_go() -> None:
    """Give back what Arrow keeps of the texts that were read."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


@dataclass(frozen=True, slots=True)
class _Looking:
    """Makes the sets of one shard's rows; travels to worker processes."""

    parts: tables.Parts
    matcher: Verifying

    def __call__(self, shard: tuple[int, Rows]) -> tuple[NDArray[np.uint32], Rows]:
        start, rows = shard
        values, sizes, first = [np.zeros(0, dtype=np.uint32)], [np.zeros(1, dtype=np.int64)], start
        for piece in tables.read_pieces(self.parts, ["text"], start, SHARD_ROWS):
            own = rows[(rows >= first) & (rows < first + piece.num_rows)] - first
            found, at = self.matcher.evidence(piece["text"].take(own))
            values.append(found)
            sizes.append(np.diff(at))
            first += piece.num_rows
        return np.concatenate(values), np.cumsum(np.concatenate(sizes))
