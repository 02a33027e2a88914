"""Benchmark files: the texts of their items, whatever the format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import disk
from core.errors import BadInputError, NotFoundError
from core.sources import _files

KNOWN = "JSONL, JSON, CSV, TSV, Parquet or text, plain or compressed (.gz, .zst, .bz2, .xz)"
LONGEST_LINE = 100_000_000  # bytes
LONGEST_FIELD = 50_000_000  # characters of a CSV file's field


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark: the file's name without suffixes, the file's hash, and a text for each item."""

    name: str
    sha256: str
    items: tuple[str, ...]


def read(path: str | Path, fields: Sequence[str] = ()) -> Benchmark:
    """Read a benchmark: JSON Lines, a JSON list, CSV, TSV, Parquet, or text, whose paragraphs are items.

    Args:
        path: the file.
        fields: the fields whose texts make up an item; by default all strings of a record, nested too.

    Raises:
        NotFoundError: the file is not there.
        BadInputError: it is of another kind or damaged, holds no text, or a record lacks a named field.
    """
    place = Path(path)
    if not place.is_file():
        raise NotFoundError(path, "no such benchmark file", f"give {KNOWN}")
    try:
        items = [_item(record, fields, f"{path}, record {i}") for i, record in enumerate(_records(place), 1)]
    except (*_files.READ_ERRORS, UnicodeDecodeError, csv.Error, RecursionError) as error:
        raise BadInputError(path, f"cannot be read ({type(error).__name__})", f"give {KNOWN}") from None
    kept = tuple(item for item in items if item.strip())
    if not kept:
        raise BadInputError(path, "the benchmark holds no text", "give a file with one item a record")
    name = " ".join(_files.stem(str(place)).replace(",", " ").split())
    return Benchmark(name, disk.file_sha256(place), kept)


def _records(path: Path) -> Iterator[Any]:
    kind = _files.suffix(str(path))
    if kind in (".parquet", ".pq"):
        yield from _parquet(path)
        return
    with _files.open_binary(str(path)) as stream:
        if kind in (".jsonl", ".ndjson"):
            yield from _lines(path, stream)
        elif kind == ".json":
            found = _parsed(path, stream.read(), 1)
            yield from found if isinstance(found, list) else [found]
        elif kind in (".csv", ".tsv"):
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            csv.field_size_limit(LONGEST_FIELD)  # the module's own; Python has no other
            yield from csv.DictReader(text, delimiter="\t" if kind == ".tsv" else ",")
        elif kind in (".txt", ".md", ".text", ""):
            yield from stream.read().decode("utf-8-sig").replace("\r\n", "\n").split("\n\n")
        else:
            raise BadInputError(path, f"a file of unknown kind (suffix '{kind}')", f"give {KNOWN}")


def _lines(path: Path, stream: Any) -> Iterator[Any]:
    for number, line in enumerate(_files.lines(stream, LONGEST_LINE), 1):
        if line is None:
            raise BadInputError(f"{path}, line {number}", "is too long", "give one record a line")
        if line.strip():
            yield _parsed(path, line, number)


def _parsed(path: Path, raw: bytes, number: int) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadInputError(f"{path}, line {number}", "is not JSON", "mend or remove it") from None


def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(path).iter_batches(1024):
            yield from batch.to_pylist()
    except pa.ArrowInvalid:
        raise BadInputError(path, "is no Parquet file", f"give {KNOWN}") from None


def _item(record: Any, fields: Sequence[str], where: str) -> str:
    if not fields:
        return "\n".join(_strings(record))
    found = []
    for field in fields:
        if not isinstance(record, Mapping) or field not in record:
            known = ", ".join(map(str, record)) if isinstance(record, Mapping) else "none"
            raise BadInputError(where, f"no field '{field}'", f"its fields: {known}")
        strings = list(_strings(record[field]))
        if not strings and record[field] is not None and not isinstance(record[field], list | dict):
            kind = type(record[field]).__name__
            raise BadInputError(where, f"field '{field}' holds no text but {kind}", "name a field of text")
        found += strings
    return "\n".join(found)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
