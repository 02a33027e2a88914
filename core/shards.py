"""One pass over a corpus's rows, shard by shard, that writes several columns; finished shards survive a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from core import tables
from core.engines import Engine
from core.types import Column, Progress

Values = Mapping[str, Any]


def documents_of(generation: Path) -> tables.Parts:
    """Return where a corpus's documents lie, and nothing beside them."""
    paths = (generation / "documents").glob("part-*.parquet")
    return tables.Parts(sorted(map(str, paths)), {}, frozenset())


@runtime_checkable
class InPieces(Protocol):
    """Makes columns of a shard that comes in several tables, so that huge documents are never all in memory."""

    def of_pieces(self, pieces: Iterator[Any], columns: Sequence[Column]) -> Mapping[str, Values | str]:
        """Return the whole shard's values by the columns' fingerprints, or why one failed; reads to the end."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Makes one column's maker a maker of several columns; what it raises comes through."""

    produce: Callable[[Any], Values]

    def __call__(self, table: Any, columns: Sequence[Column]) -> dict[str, Values]:
        """Return the one column's values by its fingerprint."""
        return {columns[0].fingerprint: self.produce(table)}


@dataclass(frozen=True, slots=True)
class ShardTask:
    """Computes one shard of several columns from one reading of it; travels to worker processes."""

    parts: tables.Parts
    columns: Sequence[tuple[Column, Path]]  # each with the folder that takes its parts
    reads: tuple[str, ...]
    shard_rows: int
    produce: Callable[[Any, Sequence[Column]], Mapping[str, Values | str]] | InPieces

    def missing(self, start: int) -> frozenset[str]:
        """Fingerprints of the columns of which the shard that begins at row `start` is not there."""
        name = tables.part_name(start)
        return frozenset(c.fingerprint for c, work in self.columns if not (work / name).exists())

    def __call__(self, shard: tuple[int, frozenset[str]]) -> tuple[int, dict[str, str]]:
        """Write those columns' shard from its first row; return values written a name, and failures."""
        start, wanted = shard
        chosen = [(column, work) for column, work in self.columns if column.fingerprint in wanted]
        rows, found = self._made(start, [column for column, _ in chosen])
        failures: dict[str, str] = {}
        for column, work in chosen:
            values = found[column.fingerprint]
            if isinstance(values, str):
                failures[column.fingerprint] = values
            else:
                tables.write_part(values, column, rows, work / tables.part_name(start))
        return rows * (len(chosen) - len(failures)), failures

    def _made(self, start: int, columns: Sequence[Column]) -> tuple[int, Mapping[str, Values | str]]:
        """Return the shard's rows, and what is produced of it."""
        if not isinstance(self.produce, InPieces):
            table = tables.read_range(self.parts, self.reads, start, self.shard_rows)
            return table.num_rows, self.produce(table, columns)
        rows: list[int] = []

        def counted() -> Iterator[Any]:
            for table in tables.read_pieces(self.parts, self.reads, start, self.shard_rows):
                rows.append(table.num_rows)
                yield table

        found = self.produce.of_pieces(counted(), columns)
        return sum(rows), found


def run(task: ShardTask, documents: int, progress: Progress, engine: Engine) -> dict[str, str]:
    """Compute every shard that some column lacks; return why columns failed, by fingerprint.

    Progress counts documents, one whole where all its columns are there. A column that failed is not tried
    on later shards.
    """
    failures: dict[str, str] = {}
    lacking = [(start, task.missing(start)) for start in range(0, documents, task.shard_rows)]
    total = documents * len(task.columns)
    done = total - sum(min(task.shard_rows, documents - start) * len(lack) for start, lack in lacking)
    message = _told([column.maker for column, _ in task.columns])
    each = max(1, len(task.columns))
    progress(done // each, documents, message)
    # Taken one by one as workers come free, so that each knows what failed meanwhile.
    left = ((start, rest) for start, lack in lacking if (rest := lack.difference(failures)))
    for written, failed in engine.map(task, left):
        for key, why in failed.items():
            failures.setdefault(key, why)
        done += written
        progress(done // each, documents, message)
    return failures


def _told(makers: Sequence[str]) -> str:
    """The makers by name, the first two of many."""
    return ", ".join(makers if len(makers) < 4 else [*makers[:2], f"{len(makers) - 2} more"])
