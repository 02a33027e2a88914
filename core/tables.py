"""Parquet files as the workspace lays them: parts named by their first row, read by row group.

A *part* is ``part-<first row>.parquet``; the parts of a folder, in order of name, hold every row once.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.errors import NotFoundError
from core.types import Column, Document, DomainCount, Rejected

PART_ROWS = 8192
PART_CHARACTERS = 32_000_000  # bounds what a part of long documents takes in memory
ROW_GROUP_ROWS = 16_384
TEXT_GROUP_ROWS = 1024  # of documents, so that a shard's reader unpacks little more than its shard
FIXED = ("row", "id", "text", "source", "tokens", "content_hash")


def part_name(first_row: int) -> str:
    """The name of the part that begins at `first_row`; names sort as rows do."""
    return f"part-{first_row:012d}.parquet"


def _first_row(path: str) -> int:
    return int(Path(path).stem.removeprefix("part-"))


@dataclass(frozen=True, slots=True)
class Parts:
    """Where a corpus's columns lie: documents' parts, and per column name its set and that set's parts."""

    documents: list[str]
    columns: Mapping[str, tuple[str, list[str]]]
    vectors: frozenset[str]

    def files_of(self, name: str) -> list[str]:
        """The parts that hold a column; `NotFoundError` lists the columns there are."""
        if name in self.columns:
            return self.columns[name][1]
        if name in self.document_columns():
            return self.documents
        known = ", ".join([*self.document_columns(), *sorted(self.columns)])
        raise NotFoundError(name, "no such column", f"there are: {known}")

    def document_columns(self) -> list[str]:
        """The columns that came with the documents."""
        import pyarrow.parquet as pq

        return list(pq.read_schema(self.documents[0]).names)


def write_table(table: Any, path: Path, group_rows: int = ROW_GROUP_ROWS) -> None:
    """Write one Parquet file in one step."""
    import pyarrow.parquet as pq

    with disk.written_aside(path) as aside:
        pq.write_table(table, aside, compression="zstd", row_group_size=group_rows)


# --- documents --------------------------------------------------------------------------------------


def write_documents(documents: Iterable[tuple[Document, int]], folder: Path) -> dict[str, Any]:
    """Write documents as parts, in constant memory; return the facts a `Corpus` holds of them.

    A field that is missing in some parts becomes null there; one of several types becomes text.
    """
    folder.mkdir(parents=True)
    digest, counts, types = hashlib.sha256(), Counter[str](), dict[str, Any]()
    tokens, batch, characters, rows = Counter[str](), list[tuple[Document, int, str]](), 0, 0
    paths: list[Path] = []

    def flush() -> None:
        nonlocal characters, rows
        table = _document_table(batch, rows, types)
        paths.append(folder / part_name(rows))
        write_table(table, paths[-1], TEXT_GROUP_ROWS)
        rows += len(batch)
        batch.clear()
        characters = 0

    for document, num_tokens in documents:
        content_hash = hashlib.sha256(document.text.encode("utf-8", "replace")).hexdigest()
        signed = [document.id, document.source, content_hash, sorted(document.fields.items())]
        digest.update(json.dumps(signed, ensure_ascii=True, default=str).encode() + b"\n")
        counts[document.source] += 1
        tokens[document.source] += num_tokens
        batch.append((document, num_tokens, content_hash))
        characters += len(document.text)
        if len(batch) >= PART_ROWS or characters >= PART_CHARACTERS:
            flush()
    if batch:
        flush()
    _align(paths, types)
    return {
        "fingerprint": digest.hexdigest(),
        "documents": rows,
        "tokens": sum(tokens.values()),
        "domains": {d: DomainCount(counts[d], tokens[d]) for d in sorted(counts)},
        "fields": list(types),
    }


def _document_table(batch: Sequence[tuple[Document, int, str]], first: int, types: dict[str, Any]) -> Any:
    import pyarrow as pa

    data: dict[str, Any] = {
        "row": pa.array(range(first, first + len(batch)), pa.int64()),
        "id": [_clean(document.id) for document, _, _ in batch],
        "text": pa.array([_clean(document.text) for document, _, _ in batch], pa.large_string()),
        "source": [_clean(document.source) for document, _, _ in batch],
        "tokens": pa.array([num for _, num, _ in batch], pa.int32()),
        "content_hash": [content_hash for _, _, content_hash in batch],
    }
    names = dict.fromkeys([*types, *(name for document, _, _ in batch for name in document.fields)])
    for name in names:
        values = [document.fields.get(name) for document, _, _ in batch]
        array = _field_array(values)
        known = types.setdefault(name, array.type)
        if known != array.type and not pa.types.is_null(array.type):
            types[name] = array.type if pa.types.is_null(known) else _common(known, array.type)
        data[name] = array
    return pa.table(data)


def _clean(text: str) -> str:
    """Replace lone surrogates, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _field_array(values: list[Any]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if len(kinds) > 1 or kinds == {str}:
        return pa.array([None if v is None else _clean(str(v)) for v in values], pa.string())
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, OverflowError):  # an integer beyond 64 bits
        return pa.array([None if v is None else str(v) for v in values], pa.string())


def _common(one: Any, other: Any) -> Any:
    import pyarrow as pa

    numeric = {pa.int64(), pa.float64()}
    return pa.float64() if {one, other} == numeric else pa.string()


def _align(paths: Sequence[Path], types: Mapping[str, Any]) -> None:
    """Rewrite the parts whose fields lack a column or have another type than the corpus came to."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = {name: pa.string() if pa.types.is_null(kind) else kind for name, kind in types.items()}
    for path in paths:
        schema = pq.read_schema(path)
        if [(n, schema.field(n).type) for n in schema.names[len(FIXED) :]] == list(wanted.items()):
            continue
        table = pq.read_table(path)
        aligned = {name: table[name] for name in FIXED}
        for name, kind in wanted.items():
            there = name in table.column_names
            aligned[name] = table[name].cast(kind) if there else pa.nulls(table.num_rows, kind)
        write_table(pa.table(aligned), path, TEXT_GROUP_ROWS)


def write_rejected(rejected: Sequence[Rejected], path: Path) -> dict[str, int]:
    """Write the refused records, and return how many there are by reason, the most common first."""
    import pyarrow as pa

    table = {
        "reason": pa.array([r.reason for r in rejected], pa.string()),
        "path": pa.array([_clean(r.path) for r in rejected], pa.string()),
        "line": pa.array([r.line for r in rejected], pa.int64()),
        "detail": pa.array([_clean(r.detail) for r in rejected], pa.string()),
    }
    write_table(pa.table(table), path)
    return dict(Counter(r.reason for r in rejected).most_common())


# --- columns ----------------------------------------------------------------------------------------


def as_arrow(values: Any) -> Any:
    """Return an Arrow array: 2-D floats as fixed-size lists, objects as text, NaN as null."""
    import pyarrow as pa

    if not isinstance(values, np.ndarray):
        return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if values.ndim == 2:
        flat = np.ascontiguousarray(values, dtype=np.float32).reshape(-1)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat), values.shape[1])
    if values.dtype.kind in "OU":
        found = pa.array(values.tolist())
        return found.cast(pa.string()) if pa.types.is_null(found.type) else found  # as its neighbours are
    return pa.array(values, from_pandas=values.dtype.kind == "f")


def write_part(values: Mapping[str, Any], column: Column, rows: int, path: Path) -> None:
    """Write one part of a column set; a missing name or a wrong length is the maker's fault."""
    import pyarrow as pa

    arrays = {}
    for name in column.names:
        if name not in values:
            raise ValueError(f"{column.maker} gave no column '{name}'")
        arrays[name] = as_arrow(values[name])
        if len(arrays[name]) != rows:
            raise ValueError(
                f"{column.maker} gave {len(arrays[name])} values of '{name}' for {rows} documents"
            )
    write_table(pa.table(arrays), path)


# --- reading ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: where it lies and which rows it holds."""

    file: Any
    index: int
    first: int
    rows: int


def _groups(files: Sequence[str]) -> Iterator[_Group]:
    import pyarrow.parquet as pq

    for path in files:
        file, first = pq.ParquetFile(path), _first_row(path)
        for index in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(index).num_rows
            yield _Group(file, index, first, rows)
            first += rows


def _around(files: Sequence[str], start: int, stop: int) -> Sequence[str]:
    """Return the parts that hold rows from `start` to `stop`, by the first row that their names tell."""
    firsts = [_first_row(path) for path in files]
    return files[max(0, bisect.bisect_right(firsts, start) - 1) : bisect.bisect_left(firsts, stop)]


def _by_files(parts: Parts, columns: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Group columns by the files that hold them, so that each file is opened once."""
    grouped: dict[str, tuple[list[str], list[str]]] = {}
    for name in dict.fromkeys(columns):
        files = parts.files_of(name)
        grouped.setdefault(files[0] if files else "", (files, []))[1].append(name)
    return list(grouped.values())


def read_range(parts: Parts, columns: Sequence[str], start: int, count: int) -> Any:
    """Return rows `start` to `start + count` as an Arrow table."""
    import pyarrow as pa

    found = {}
    for files, names in _by_files(parts, columns):
        joined = pa.concat_tables(list(_pieces(files, names, start, start + count)))
        found.update({name: joined[name] for name in names})
    return pa.table({name: found[name] for name in columns})


def read_pieces(parts: Parts, columns: Sequence[str], start: int, count: int) -> Iterator[Any]:
    """Yield rows `start` to `start + count` a row group at a time, where one set of files holds the columns.

    A row group of documents holds no more text than a part does, so that huge documents come few at a time.
    """
    sets = _by_files(parts, columns)
    if len(sets) > 1:
        yield read_range(parts, columns, start, count)
        return
    for files, names in sets:
        yield from _pieces(files, names, start, start + count)


def _pieces(files: Sequence[str], names: list[str], start: int, stop: int) -> Iterator[Any]:
    for group in _groups(_around(files, start, stop)):
        low, high = max(start, group.first), min(stop, group.first + group.rows)
        if low < high:
            table = group.file.read_row_group(group.index, columns=names)
            yield table.slice(low - group.first, high - low)


def read_all(parts: Parts, columns: Sequence[str]) -> Any:
    """Return every row of the columns as an Arrow table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = {}
    for files, names in _by_files(parts, columns):
        joined = pa.concat_tables([pq.ParquetFile(path).read(columns=names) for path in files])
        found.update({name: joined[name] for name in names})
    return pa.table({name: found[name] for name in columns})


def take(parts: Parts, columns: Sequence[str], rows: NDArray[np.int64]) -> Any:
    """Return the given rows, in their order, reading only the row groups that hold one."""
    import pyarrow as pa

    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    back = np.empty(len(rows), dtype=np.int64)
    back[order] = np.arange(len(rows))
    found = {}
    for files, names in _by_files(parts, columns):
        pieces, last = [], None
        for group in _groups(files):
            low, high = np.searchsorted(ranked, [group.first, group.first + group.rows])
            if low < high:
                table = group.file.read_row_group(group.index, columns=names)
                pieces.append(table.take(pa.array(ranked[low:high] - group.first)))
            last = group
        if not pieces and last is not None:
            pieces = [last.file.schema_arrow.empty_table().select(names)]
        joined = pa.concat_tables(pieces)
        found.update({name: joined[name].take(pa.array(back)) for name in names})
    return pa.table({name: found[name] for name in columns})


def read_file(path: Path) -> Any:
    """Return one Parquet file as an Arrow table."""
    import pyarrow.parquet as pq

    return pq.read_table(path)


def read_vectors(files: Sequence[str], name: str) -> NDArray[np.float32]:
    """Return a column of vectors as an (n, d) array."""
    import pyarrow.parquet as pq

    pieces = []
    for path in files:
        for chunk in pq.ParquetFile(path).read(columns=[name])[name].chunks:
            width = chunk.type.list_size
            pieces.append(chunk.flatten().to_numpy().reshape(-1, width))
    return np.concatenate(pieces).astype(np.float32, copy=False)


def stream_to_file(tables: Iterable[Any], path: Path) -> list[str]:
    """Write tables one after another to one Parquet file, in constant memory; return its columns."""
    import pyarrow.parquet as pq

    writer = None
    with disk.written_aside(path) as aside:
        try:
            for table in tables:
                writer = writer or pq.ParquetWriter(aside, table.schema, compression="zstd")
                writer.write_table(table.cast(writer.schema))
        finally:
            if writer is not None:
                writer.close()
    return list(writer.schema.names) if writer is not None else []


# --- the cache of vectors ---------------------------------------------------------------------------


def read_cache(folder: Path, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Return the cached vectors of those hashes that are there."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(list(dict.fromkeys(hashes)), pa.string())
    found: dict[str, NDArray[np.float32]] = {}
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path)
        table = table.filter(pc.is_in(table["hash"], value_set=wanted)).combine_chunks()
        if table.num_rows:
            column = table["vector"].chunk(0)
            vectors = column.flatten().to_numpy().reshape(-1, column.type.list_size)
            found.update(zip(table["hash"].to_pylist(), vectors, strict=True))
    return found


def write_cache(folder: Path, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Add vectors to the cache, as one file."""
    import pyarrow as pa

    if len(hashes):
        table = pa.table({"hash": pa.array(list(hashes), pa.string()), "vector": as_arrow(vectors)})
        write_table(table, folder / f"{uuid.uuid4().hex}.parquet")
