"""Tables as text: CSV, TSV and their kin."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, cast

from core.sources import _files, _records
from core.types import Document, Rejected

SEPARATORS = (",", "\t", ";", "|")
SNIFFED_BYTES, SNIFFED_ROWS = 65_536, 20
INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})$")  # no leading zeros: 02134 is a name, not a number
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$")
UNDECODED = re.compile("[\udc80-\udcff]")  # what "surrogateescape" leaves of bytes that are not UTF-8


@dataclass(frozen=True, slots=True)
class Csv:
    """A header and a record a row, separated by comma, tab, semicolon or bar, whichever divides evenly.

    Columns whose first 64 values are all numbers are numbers; a later value that is none makes the
    column text. A row with more cells than the header is refused.
    """

    name: ClassVar[str] = "csv"
    version: ClassVar[int] = 1

    path: str
    text_field: str | None = None
    id_field: str | None = None
    source_field: str | None = None
    max_bytes: int = _records.MAX_BYTES

    def read(self) -> Iterator[Document | Rejected]:
        """Yield the documents in the order of their rows; a row's line is the one it begins on."""
        stem = _files.stem(self.path)
        origin = _records.Origin(self.path, stem, stem)
        wanted = _records.Wanted(self.text_field, self.id_field, self.source_field, self.max_bytes)
        rows = _with_numbers(self._rows(origin), self.text_field)
        yield from _records.documents(rows, origin, wanted)

    def _rows(self, origin: _records.Origin) -> Iterator[_records.Row | Rejected]:
        csv.field_size_limit(self.max_bytes)  # the module's own; Python has no other
        line = 0
        try:
            with _files.open_binary(self.path) as stream:
                for reached, row in self._parsed(stream, origin):
                    line = reached
                    yield row
        except _files.READ_ERRORS as error:
            yield origin.rejected(_files.damage(error), line + 1, type(error).__name__)
        except UnicodeError:  # UTF-16 that breaks off; UTF-8 never raises here
            yield origin.rejected(_records.WRONG_ENCODING, line + 1)

    def _parsed(
        self, stream: BinaryIO, origin: _records.Origin
    ) -> Iterator[tuple[int, _records.Row | Rejected]]:
        sample = cast("io.BufferedReader", stream).peek(SNIFFED_BYTES)
        encoding = "utf-16" if sample[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
        table = csv.reader(text, delimiter=separator(sample.decode(encoding, "replace"), self.path))
        header: list[str] | None = None
        while True:
            line = table.line_num + 1
            try:
                cells = next(table)
            except StopIteration:
                return
            except csv.Error as error:
                large = "field larger" in str(error)
                yield (
                    table.line_num,
                    origin.rejected(_records.TOO_LARGE if large else _records.BROKEN_LINE, line),
                )
                continue
            if not cells:
                continue
            if header is None:
                header = unique_names(cells)
            else:
                yield table.line_num, _row(header, cells, line, origin)


def _row(
    header: Sequence[str], cells: Sequence[str], line: int, origin: _records.Origin
) -> _records.Row | Rejected:
    if len(cells) > len(header):
        return origin.rejected(
            _records.BROKEN_LINE, line, f"{len(cells)} cells; the header has {len(header)}"
        )
    if any(not cell.isascii() and UNDECODED.search(cell) for cell in cells):
        return origin.rejected(_records.WRONG_ENCODING, line)
    return line, dict(zip(header, cells, strict=False))


def separator(sample: str, path: str = "") -> str:
    """Return the separator that divides most of the first rows into as many cells as the header."""
    if _files.suffix(path) == ".tsv":
        return "\t"
    whole = sample if len(sample) < SNIFFED_BYTES // 4 else sample[: sample.rfind("\n") + 1] or sample
    best, chosen = (0.0, 0), ","
    for candidate in SEPARATORS:
        table = csv.reader(io.StringIO(whole, newline=""), delimiter=candidate)
        try:
            rows = [row for row in itertools.islice(table, SNIFFED_ROWS) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        if width > 1:
            even = sum(len(row) == width for row in rows) / len(rows)
            if (even, width) > best:
                best, chosen = (even, width), candidate
    return chosen


def unique_names(cells: Sequence[str]) -> list[str]:
    """Return the header's names, each once: an empty one is ``column_3``, a second ``a`` is ``a_2``."""
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = base = cell.strip() or f"column_{position}"
        counter = itertools.count(2)
        while name in names:
            name = f"{base}_{next(counter)}"
        names.append(name)
    return names


def _with_numbers(
    rows: Iterator[_records.Row | Rejected], text_field: str | None
) -> Iterator[_records.Row | Rejected]:
    """Give the columns their types, judged by the first rows; what may be the text stays text."""
    head = list(itertools.islice(rows, _records.HEAD_RECORDS))
    records = [row[1] for row in head if not isinstance(row, Rejected)]
    kinds: dict[str, Any] = {}
    for name in records[0] if records else ():
        if name == text_field or (name.lower(),) in _records.TEXT_FIELDS:
            continue
        values = [value for record in records if (value := record.get(name))]
        if values and all(INTEGER.match(value) for value in values):
            kinds[name] = (INTEGER, int)
        elif values and all(NUMBER.match(value) for value in values):
            kinds[name] = (NUMBER, float)
    for row in itertools.chain(head, rows):
        yield row if isinstance(row, Rejected) else (row[0], _typed(row[1], kinds))


def _typed(record: _records.Record, kinds: dict[str, Any]) -> _records.Record:
    typed = dict(record)
    for name, (pattern, kind) in kinds.items():
        value = typed.get(name)
        if value == "":
            typed[name] = None
        elif value is not None and pattern.match(value):
            typed[name] = kind(value)
    return typed
