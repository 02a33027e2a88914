"""What repeats in a corpus, found shard by shard: counted into tables on disk, then looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines import LocalEngine
from core.overlap.index import word_bits
from core.repeated import tallies
from core.repeated.pieces import Hashes, Integers, Pieces, Spans
from core.repeated.units import cut
from core.repeated.windows import Windows
from core.types import Corpus, Progress
from core.workspace import Workspace

SUBSTRING = "substring"
SHARD_ROWS = 1024
PIECES_AT_ONCE = 1_000_000  # in one file of counts: bounds a worker's memory, however long a text


@dataclass(frozen=True, slots=True)
class Finder:
    """Counts pieces into files in a folder, then looks each up; travels to worker processes.

    `names` are the columns that it makes, as `core.repeats` describes them.
    """

    unit: str
    length: int
    local: bool
    folder: str
    names: tuple[str, ...]

    def count(self, workspace: Workspace, corpus: Corpus, engine: LocalEngine, progress: Progress) -> None:
        """Write the tables of what repeats."""
        passes = ("seeds", "pieces") if self.unit == SUBSTRING else ("pieces",)
        for what in passes:
            shards = workspace.shards(corpus, ["row", "text", "source"], SHARD_ROWS)
            paths: list[Path] = []
            for i, written in enumerate(engine.map(partial(self.tally, what), shards), start=1):
                paths += written
                done = min(i * SHARD_ROWS, corpus.documents)
                progress(done, corpus.documents, f"repeats: counting {what}")
            tallies.merge(paths, 2, Path(self.folder) / what)
            for path in paths:
                path.unlink()

    def tally(self, what: str, table: Any) -> list[Path]:
        """Write one shard's counts, in files of about a million pieces; return their paths."""
        rows, texts, sources = self._read(table)
        paths: list[Path] = []
        some: list[Pieces] = []

        def write() -> None:
            pieces = Pieces.joined(some)
            paths.append(Path(self.folder) / f"{what}-{rows[0]:012d}-{len(paths):06d}.npy")
            tallies.write_tally(pieces, pieces.positions(rows), paths[-1])
            some.clear()

        found = (
            Windows(self.length).seeds(texts, sources) if what == "seeds" else self._pieces(texts, sources)
        )
        for pieces in found:
            some.append(pieces if what == "seeds" else pieces.of(self._long(pieces)))
            if sum(len(one.key) for one in some) >= PIECES_AT_ONCE:
                write()
        if some:
            write()
        return paths

    def produce(self, table: Any) -> dict[str, Any]:
        """Return one shard's columns."""
        import pyarrow as pa

        rows, texts, sources = self._read(table)
        found = tallies.opened(f"{self.folder}/pieces")
        size = np.zeros(len(texts), dtype=np.int64)
        twice: list[Spans] = []
        before: list[Spans] = []
        for pieces in self._pieces(texts, sources):
            size += np.bincount(pieces.owner, pieces.end - pieces.begin, len(texts)).astype(np.int64)
            at, hit = found.find(pieces)
            hit &= self._long(pieces)  # written with more spaces elsewhere, the same line may be long enough
            earlier = hit.copy()
            earlier[hit] = found.firsts[at[hit]] < pieces.of(hit).positions(rows)
            twice.append(Spans.of([pieces.of(hit)]))
            before.append(Spans.of([pieces.of(earlier)]))
        if self.unit == SUBSTRING:
            size = np.fromiter(map(len, texts), np.int64, len(texts))
        spans = Spans.of(twice)
        inside, surplus = spans.characters(len(texts)), Spans.of(before).characters(len(texts))
        share, again = (
            np.divide(part, size, out=np.full(len(size), np.nan), where=size > 0)
            for part in (inside, surplus)
        )
        pairs, starts = spans.lists(len(texts))
        listed = pa.ListArray.from_arrays(
            pa.array(starts, pa.int32()), pa.FixedSizeListArray.from_arrays(pa.array(pairs.reshape(-1)), 2)
        )
        return dict(zip(self.names, (inside, share, again, np.diff(starts), listed), strict=True))

    def _long(self, pieces: Pieces) -> NDArray[np.bool_]:
        return pieces.end - pieces.begin >= self.length

    def _read(self, table: Any) -> tuple[Integers, list[str], Hashes]:
        sources = np.zeros(table.num_rows, dtype=np.uint64)
        if self.local:
            names = table["source"].to_pylist()
            bits = {name: word_bits(name) for name in set(names)}
            sources = np.array([bits[name] for name in names], dtype=np.uint64)
        return table["row"].to_numpy(), table["text"].to_pylist(), sources

    def _pieces(self, texts: Sequence[str], sources: Hashes) -> Iterator[Pieces]:
        if self.unit != SUBSTRING:
            return cut(texts, self.unit, sources)
        return Windows(self.length).find(texts, sources, tallies.opened(f"{self.folder}/seeds").keys)
