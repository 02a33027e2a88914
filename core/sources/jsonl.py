"""JSON Lines, plain or compressed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from core.sources import _files, _records
from core.types import Document, Rejected

LINE_PER_TEXT = 2  # a line may hold escapes and other fields beside the largest text allowed


@dataclass(frozen=True, slots=True)
class Jsonl:
    """One JSON object a line; streams, so memory is that of the longest line.

    Compression (gzip, zstd, bzip2, xz) is told by the file's first bytes. A file that breaks off gives
    every record before the break.
    """

    name: ClassVar[str] = "jsonl"
    version: ClassVar[int] = 1

    path: str
    text_field: str | None = None
    id_field: str | None = None
    source_field: str | None = None
    max_bytes: int = _records.MAX_BYTES

    def read(self) -> Iterator[Document | Rejected]:
        """Yield the documents in the order of their lines."""
        stem = _files.stem(self.path)
        origin = _records.Origin(self.path, stem, stem)
        wanted = _records.Wanted(self.text_field, self.id_field, self.source_field, self.max_bytes)
        yield from _records.documents(self._rows(origin), origin, wanted)

    def _rows(self, origin: _records.Origin) -> Iterator[_records.Row | Rejected]:
        number = 0
        try:
            with _files.open_binary(self.path) as stream:
                for reached, row in self._parsed(stream, origin):
                    number = reached
                    if row is not None:
                        yield row
        except _files.READ_ERRORS as error:
            yield origin.rejected(_files.damage(error), number + 1, type(error).__name__)

    def _parsed(
        self, stream: BinaryIO, origin: _records.Origin
    ) -> Iterator[tuple[int, _records.Row | Rejected | None]]:
        limit = self.max_bytes * LINE_PER_TEXT
        for number, line in enumerate(_files.lines(stream, limit), start=1):
            if line is None:
                row: _records.Row | Rejected | None = origin.rejected(
                    _records.TOO_LARGE, number, f"a line of more than {limit:,} bytes"
                )
            elif not line.strip():
                row = None
            else:
                row = parsed(line, number, origin)
            yield number, row


def parsed(line: bytes, number: int, origin: _records.Origin) -> _records.Row | Rejected:
    """Return the record that a line holds, or why it holds none."""
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return origin.rejected(_records.WRONG_ENCODING, number, f"not UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        return origin.rejected(_records.BROKEN_LINE, number, f"not JSON at character {error.pos}")
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets without end
        return origin.rejected(_records.BROKEN_LINE, number, "not JSON that can be held")
    if not isinstance(record, dict):
        return origin.rejected(_records.BROKEN_LINE, number, "not a JSON object")
    return number, record
