"""Arrow batches as records, a cell that is not UTF-8 marked rather than raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.sources import _files, _records
from core.types import Rejected

BATCH_BYTES = 8_000_000
MOST_ROWS = 1024


def batch_rows(num_bytes: int, num_rows: int) -> int:
    """Return how many rows make a batch of about 8 MB, at most 1,024."""
    return max(1, min(MOST_ROWS, BATCH_BYTES * max(num_rows, 1) // max(num_bytes, 1)))


def rows(
    batch: Any,
    first: int,
    origin: _records.Origin,
    labels: Mapping[str, Sequence[str]] | None = None,
    extra: Mapping[str, str] | None = None,
) -> Iterator[_records.Row | Rejected]:
    """Yield a batch's records, numbered from `first`; `labels` names the values of integer classes."""
    columns: dict[str, list[Any]] = {}
    broken: set[int] = set()
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        values, bad = _values(column)
        broken |= bad
        names = (labels or {}).get(name)
        columns[name] = (
            [names[v] if v is not None and 0 <= v < len(names) else v for v in values] if (names) else values
        )
    for position in range(batch.num_rows):
        if position in broken:
            yield origin.rejected(_records.WRONG_ENCODING, first + position)
        else:
            record = {name: values[position] for name, values in columns.items()}
            yield first + position, {**record, **(extra or {})}


def _values(column: Any) -> tuple[list[Any], set[int]]:
    """A column's values, and the rows whose bytes are not UTF-8."""
    try:
        return column.to_pylist(), set()
    except (ValueError, OverflowError):  # not UTF-8; a time that Python cannot hold
        values: list[Any] = []
        bad: set[int] = set()
        for position, cell in enumerate(column):
            try:
                values.append(cell.as_py())
            except UnicodeDecodeError:
                bad.add(position)
                values.append(None)
            except (ValueError, OverflowError):
                values.append(_written(cell))
        return values, bad


def _written(cell: Any) -> str | None:
    """A time as Arrow writes it; None for what holds such a time."""
    import pyarrow as pa

    try:
        written: str = cell.cast(pa.string()).as_py()
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    return written


def parquet_rows(
    path: str, origin: _records.Origin, extra: Mapping[str, str] | None = None
) -> Iterator[_records.Row | Rejected]:
    """Yield a Parquet file's records; where it is damaged, those before the damage and why."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 1
    try:
        with _files.open_raw(path) as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
            for group in range(file.metadata.num_row_groups):
                facts = file.metadata.row_group(group)
                size = batch_rows(facts.total_byte_size, facts.num_rows)
                for batch in file.iter_batches(size, row_groups=[group], use_threads=False):
                    yield from rows(batch, row, origin, extra=extra)
                    row += batch.num_rows
    except (pa.ArrowException, *_files.READ_ERRORS) as error:
        yield origin.rejected(_files.damage(error), row, type(error).__name__)
