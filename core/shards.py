"""One pass over a corpus's rows, shard by shard, that writes several columns; finished shards survive a kill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import tables
from core.engines import Engine
from core.types import Column, Progress

Values = Mapping[str, Any]


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
    produce: Callable[[Any, Sequence[Column]], Mapping[str, Values | str]]

    def missing(self, start: int) -> frozenset[str]:
        """Fingerprints of the columns of which the shard that begins at row `start` is not there."""
        name = tables.part_name(start)
        return frozenset(c.fingerprint for c, work in self.columns if not (work / name).exists())

    def __call__(self, shard: tuple[int, frozenset[str]]) -> tuple[int, dict[str, str]]:
        """Write those columns' shard from its first row; return values written a name, and failures."""
        start, wanted = shard
        table = tables.read_range(self.parts, self.reads, start, self.shard_rows)
        chosen = [(column, work) for column, work in self.columns if column.fingerprint in wanted]
        found = self.produce(table, [column for column, _ in chosen])
        failures: dict[str, str] = {}
        for column, work in chosen:
            values = found[column.fingerprint]
            if isinstance(values, str):
                failures[column.fingerprint] = values
            else:
                tables.write_part(values, column, table.num_rows, work / tables.part_name(start))
        return table.num_rows * (len(chosen) - len(failures)), failures


def run(task: ShardTask, documents: int, progress: Progress, engine: Engine) -> dict[str, str]:
    """Compute every shard that some column lacks; return why columns failed, by fingerprint.

    Progress counts documents once for each column. A column that failed is not tried on later shards.
    """
    failures: dict[str, str] = {}
    lacking = [(start, task.missing(start)) for start in range(0, documents, task.shard_rows)]
    total = documents * len(task.columns)
    done = total - sum(min(task.shard_rows, documents - start) * len(lack) for start, lack in lacking)
    message = ", ".join(column.maker for column, _ in task.columns)
    progress(done, total, message)
    # Taken one by one as workers come free, so that each knows what failed meanwhile.
    left = ((start, rest) for start, lack in lacking if (rest := lack.difference(failures)))
    for written, failed in engine.map(task, left):
        for key, why in failed.items():
            failures.setdefault(key, why)
        done += written
        progress(done, total, message)
    return failures
