"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from core.sources import _arrow, _files, _records
from core.types import Document, Rejected


@dataclass(frozen=True, slots=True)
class Parquet:
    """A row a document, read by row group in batches of about 8 MB; a `Rejected`'s line is its row."""

    name: ClassVar[str] = "parquet"
    version: ClassVar[int] = 1

    path: str
    text_field: str | None = None
    id_field: str | None = None
    source_field: str | None = None
    max_bytes: int = _records.MAX_BYTES

    def read(self) -> Iterator[Document | Rejected]:
        """Yield the documents in the order of their rows."""
        stem = _files.stem(self.path)
        origin = _records.Origin(self.path, stem, stem)
        wanted = _records.Wanted(self.text_field, self.id_field, self.source_field, self.max_bytes)
        yield from _records.documents(_arrow.parquet_rows(self.path, origin), origin, wanted)
