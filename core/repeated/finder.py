"""What repeats in a corpus, found shard by shard: counted into tables on disk, then looked up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import tables
from core.engines import LocalEngine
from core.overlap.index import word_bits
from core.repeated import tallies
from core.repeated.pieces import Hashes, Integers, Pieces, Spans
from core.repeated.units import cut
from core.repeated.windows import Windows
from core.types import Progress

SUBSTRING = "substring"
SHARD_ROWS = 1024
PIECES_AT_ONCE = 1_000_000  # in one file of counts: bounds a worker's memory, however long a text


@dataclass(frozen=True, slots=True)
class Finder:
    """Counts pieces into files in a folder, then looks each up; travels to worker processes.

    The folder is this corpus's and these settings' alone, for what a killed run left in it is used again.
    `names` are the columns that it makes, as `core.repeats` describes them.
    """

    unit: str
    length: int
    local: bool
    folder: str
    names: tuple[str, ...]

    def count(self, parts: tables.Parts, documents: int, engine: LocalEngine, progress: Progress) -> None:
        """Write the tables of what repeats; a killed run goes on from the shards that it counted.

        `parts` say where the documents lie.
        """
        home = Path(self.folder)
        home.mkdir(parents=True, exist_ok=True)
        for what in ("seeds", "pieces") if self.unit == SUBSTRING else ("pieces",):
            if (home / what).exists():  # the whole pass is through
                continue
            starts = [at for at in range(0, documents, SHARD_ROWS) if not self._done(what, at).exists()]
            left = [(at, min(SHARD_ROWS, documents - at)) for at in starts]
            done = documents - sum(count for _, count in left)
            progress(done, documents, f"repeats: counting {what}")
            for rows in engine.map(partial(self.tally, parts, what), left):
                done += rows
                progress(done, documents, f"repeats: counting {what}")
            aside = home / f".{what}"
            shutil.rmtree(aside, ignore_errors=True)
            tallies.merge(sorted(home.glob(f"{what}-*.npy")), 2, aside)
            aside.rename(home / what)
            for path in home.glob(f"{what}-*"):
                path.unlink()

    def _done(self, what: str, start: int) -> Path:
        """Where it stands that a shard is counted."""
        return Path(self.folder) / f"{what}-{start:012d}.done"

    def tally(self, parts: tables.Parts, what: str, shard: tuple[int, int]) -> int:
        """Write the counts of a first row and those after it, about a million pieces a file; return the rows."""
        start, count = shard
        table = tables.read_range(parts, ["row", "text", "source"], start, count)
        rows, texts, sources = self._read(table)
        some: list[Pieces] = []
        written = 0

        def write() -> None:
            pieces = Pieces.joined(some)
            path = Path(self.folder) / f"{what}-{start:012d}-{written:06d}.npy"
            tallies.write_tally(pieces, pieces.positions(rows), path)
            some.clear()

        found = (
            Windows(self.length).seeds(texts, sources) if what == "seeds" else self._pieces(texts, sources)
        )
        for pieces in found:
            some.append(pieces if what == "seeds" else pieces.of(self._long(pieces)))
            if sum(len(one.key) for one in some) >= PIECES_AT_ONCE:
                write()
                written += 1
        if some:
            write()
        self._done(what, start).touch()
        return count

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
