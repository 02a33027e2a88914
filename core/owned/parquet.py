"""A column of a person's Parquet file, joined to a corpus on the documents' ids."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.errors import BadInputError, NotFoundError
from core.owned.sql import finite

BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Scores:
    """A column of a file with the id of each value, as Arrow arrays, and the hash of the whole file."""

    ids: Any
    values: Any
    sha256: str


def read(path: Path, column: str, id_field: str) -> Scores:
    """Read two columns of a Parquet file, some rows at a time; the rest of the file stays unread.

    Raises:
        NotFoundError: where there is no such file or column.
        BadInputError: where it is no Parquet file, an id is missing or twice, or a type does not fit.
    """
    import pyarrow as pa

    if not path.is_file():
        raise NotFoundError(path, "no such file", "give the path of a Parquet file")
    if column == id_field:
        raise BadInputError(column, "is the id's own column", "name the column to add with --column")
    try:
        with path.open("rb") as file, _unchanged(file, path):
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            ids, values = _columns(file, path, column, id_field)
    except (pa.ArrowException, OSError) as error:
        rule = f"cannot be read as Parquet ({type(error).__name__})"
        raise BadInputError(path, rule, "write it anew, with pandas' or pyarrow's to_parquet") from None
    _check_ids(ids, path)
    return Scores(ids, values, sha256)


@contextmanager
def _unchanged(file: BinaryIO, path: Path) -> Iterator[None]:
    """Refuse a file that is written to while it is read."""
    before = os.fstat(file.fileno())
    yield
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise BadInputError(path, "changed while it was read", "wait until it is written, then run again")


def _columns(file: BinaryIO, path: Path, column: str, id_field: str) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    parquet = pq.ParquetFile(file)
    schema = parquet.schema_arrow
    for name in (id_field, column):
        if name not in schema.names:
            raise NotFoundError(f"{path}: {name}", "no such column", "there are: " + ", ".join(schema.names))
        if schema.names.count(name) > 1:
            raise BadInputError(f"{path}: {name}", "two columns have this name", "give each its own")
    id_kind = _id_type(schema.field(id_field).type, path, id_field)
    kind = _value_type(schema.field(column).type, path, column)
    ids, values = [], []
    for batch in parquet.iter_batches(BATCH_ROWS, columns=[id_field, column]):
        batch.validate(full=True)  # text that is no UTF-8 would be found out by a reader later
        ids.append(batch[id_field].cast(id_kind).cast(pa.large_string()))
        values.append(batch[column].cast(kind))
    joined = pa.chunked_array(values, kind)
    return (
        pa.chunked_array(ids, pa.large_string()).combine_chunks(),
        finite(joined) if pa.types.is_floating(kind) else joined,
    )


def _plain(kind: Any) -> Any:
    """Return the type of a dictionary's values, such as a pandas category's, or the type itself."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _id_type(kind: Any, path: Path, id_field: str) -> Any:
    from pyarrow import types

    plain = _plain(kind)
    if types.is_string(plain) or types.is_large_string(plain) or types.is_integer(plain):
        return plain
    rule = f"holds {kind}; ids are text or whole numbers"
    raise BadInputError(f"{path}: {id_field}", rule, "name the ids' column with --id-field")


def _value_type(kind: Any, path: Path, column: str) -> Any:
    """Return the type to keep; what is no number, text or truth value is refused."""
    import pyarrow as pa
    from pyarrow import types

    plain = _plain(kind)
    if types.is_float16(plain):
        return pa.float32()
    known = (types.is_boolean, types.is_integer, types.is_floating, types.is_string, types.is_large_string)
    if any(is_known(plain) for is_known in known):
        return plain
    rule = f"holds {kind}; a column holds numbers, text, true or false"
    raise BadInputError(f"{path}: {column}", rule, "convert it in the file, or name another column")


def _check_ids(ids: Any, path: Path) -> None:
    """Refuse an id that is missing or stands twice, for then a document's value is unknown."""
    import pyarrow.compute as pc

    if ids.null_count:
        row = pc.index(pc.is_null(ids), value=True).as_py()
        raise BadInputError(path, f"row {row + 1} has no id", "give every row the id of its document")
    firsts = pc.index_in(ids, value_set=ids).to_numpy()
    again = np.flatnonzero(firsts != np.arange(len(firsts)))
    if len(again):
        rule = f"id '{ids[int(again[0])].as_py()}' stands in rows {firsts[again[0]] + 1} and {again[0] + 1}"
        raise BadInputError(path, rule, "keep one row for each document")


def join(scores: Scores, ids: Any) -> tuple[Any, dict[str, int]]:
    """Return a value for each of the corpus's ids, null where the file has none, and the counts.

    The counts are `matched` and `unmatched` (documents) and `unknown` (the file's rows of no document).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.index_in(ids.cast(pa.large_string()), value_set=scores.ids)
    matched, used = len(found) - found.null_count, pc.count_distinct(found).as_py()
    counts = {"matched": matched, "unmatched": found.null_count, "unknown": len(scores.ids) - used}
    return scores.values.take(found), counts
