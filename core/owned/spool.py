"""What a person's Python file gave so far, shard by shard on disk, until all types are known.

A file may give whole numbers at first and fractions later, or nothing but nulls for long: only the end
tells a column's type. Until then shards lie beside the corpus's columns, and a killed run goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from core import tables
from core.engines.batches import runs
from core.owned.python_file import BATCH_CHARACTERS, BATCH_TEXTS, Limits, OwnSignalError, PythonFile, Runner
from core.types import Progress

SHARD_ROWS = 2048
_NULL = "null"


@dataclass(frozen=True, slots=True)
class Spool:
    """A folder of shards that one file, known by its hash, gave for one corpus."""

    folder: Path
    file: PythonFile

    def fill(
        self,
        shards: Iterable[Any],
        documents: int,
        limits: Limits,
        check: Callable[[str], object],
        progress: Progress,
    ) -> int:
        """Score those shards that are not there; return the number of documents scored.

        `check` gets each column's name once, and may refuse it.

        Raises:
            OwnSignalError: where the file fails; finished shards stay.
        """
        self._sweep()
        self.folder.mkdir(parents=True, exist_ok=True)
        types, done, scored = self.types(), 0, 0
        progress(0, documents, self.file.name)
        with Runner(self.file, limits) as runner:
            for first, table in zip(range(0, documents, SHARD_ROWS), shards, strict=True):
                path = self.folder / tables.part_name(first)
                if not path.exists():
                    found = self._scored(runner, table["text"].to_pylist(), types, check)
                    tables.write_table(found, path)
                    scored += table.num_rows
                done += table.num_rows
                progress(done, documents, self.file.name)
        return scored

    def is_whole(self, documents: int) -> bool:
        """Whether every shard is there."""
        names = {path.name for path in self.folder.glob("part-*.parquet")}
        return names >= {tables.part_name(first) for first in range(0, documents, SHARD_ROWS)}

    def types(self) -> dict[str, str]:
        """Return "null", "bool", "int", "float" or "str" for each column, over all shards that are there."""
        import pyarrow.parquet as pq

        found: dict[str, str] = {}
        for path in sorted(self.folder.glob("part-*.parquet")):
            self._learn(found, {f.name: _word(f.type) for f in pq.read_schema(path)})
        return found

    def produce(self, types: Mapping[str, str], table: Any) -> dict[str, Any]:
        """Return the shard that begins at the table's first row, in the types that all shards share."""
        part = tables.read_file(self.folder / tables.part_name(table["row"][0].as_py()))
        # a whole number beyond 2**53 may be rounded where fractions stand beside it, as in any double
        return {name: part[name].cast(_arrow(kind), safe=False) for name, kind in types.items()}

    def remove(self) -> None:
        """Remove the shards: the column holds them now."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what other versions of the file have left."""
        for left in self.folder.parent.glob(f"{self.file.name}-*"):
            if left != self.folder:
                shutil.rmtree(left, ignore_errors=True)

    def _scored(
        self, runner: Runner, texts: Sequence[str], types: dict[str, str], check: Callable[[str], object]
    ) -> Any:
        import pyarrow as pa

        values: dict[str, list[list[Any]]] = {}
        kinds: dict[str, str] = {}
        for batch in runs(texts, BATCH_CHARACTERS, BATCH_TEXTS):
            found = {name or self.file.name: column for name, column in runner.score(batch).items()}
            for name in found if not types else ():
                check(name)
            told = {name: kind or _NULL for name, (kind, _) in found.items()}
            self._learn(types, told)
            self._learn(kinds, told)
            for name, (_, column) in found.items():
                values.setdefault(name, []).append(column)
        return pa.table({name: _array(runs, kinds[name]) for name, runs in values.items()})

    def _learn(self, types: dict[str, str], told: Mapping[str, str]) -> None:
        """Widen the types by what a batch holds, or raise where the two do not go together."""
        who = f"signal '{self.file.name}'"
        if types and types.keys() != told.keys():
            raise OwnSignalError(
                f"{who} gave other columns at first than later; give the same for every batch"
            )
        for name, kind in told.items():
            both = {types.get(name, _NULL), kind} - {_NULL}
            if both == {"int", "float"}:
                both = {"float"}
            if len(both) > 1:
                mixed = " and ".join(sorted(both))
                raise OwnSignalError(f"{who} mixes {mixed} in its column '{name}'; give one type only")
            types[name] = both.pop() if both else _NULL


def _array(runs: Sequence[Sequence[Any]], kind: str) -> Any:
    import pyarrow as pa

    values = list(chain.from_iterable(runs))
    if kind == "float":
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, pa.null() if kind == _NULL else _arrow(kind))


def _arrow(kind: str) -> Any:
    import pyarrow as pa

    known = {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "str": pa.string()}
    return known.get(kind, pa.float64())  # a column of nulls alone is one of numbers


def _word(kind: Any) -> str:
    return {"int64": "int", "double": "float", "string": "str"}.get(str(kind), str(kind))
