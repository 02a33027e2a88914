"""Folders of text files, each file a document."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from core.sources import _files, _records
from core.types import Document, Rejected

SUFFIXES = frozenset({
    ".txt", ".text", ".md", ".markdown", ".rst", ".adoc", ".org", ".tex", ".html", ".htm", ".xml", ".log",
    ".srt", ".py", ".pyi", ".js", ".mjs", ".ts", ".tsx", ".jsx", ".java", ".c", ".h", ".cc", ".cpp", ".hpp",
    ".cs", ".go", ".rs", ".rb", ".php", ".pl", ".sh", ".bash", ".sql", ".r", ".jl", ".kt", ".scala", ".swift",
    ".lua", ".css", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".f90", ".cmake", ".bat", ".ps1", ".hs", ".ml",
})  # fmt: skip
BINARY_PEEK = 8192


@dataclass(frozen=True, slots=True)
class PlainText:
    """A file, or every text file below a folder, read as UTF-8 (UTF-16 where it says so).

    The source is the first subfolder on the way to the file, else the folder's own name; the id is the
    path from the folder. Files that are not text by suffix or content are refused, never guessed at.
    """

    name: ClassVar[str] = "plain_text"
    version: ClassVar[int] = 1

    path: str
    max_bytes: int = _records.MAX_BYTES

    def read(self) -> Iterator[Document | Rejected]:
        """Yield the documents in the order of their paths."""
        if not _files.is_folder(self.path):
            name = _files.shown_path(self.path).rsplit("/", 1)[-1]
            yield self._document(self.path, name, _files.folder_name(self.path))
            return
        shown = _files.shown_path(self.path).rstrip("/")
        home = shown.rsplit("/", 1)[-1]
        if home in ("", ".", ".."):
            home = _files.folder_name(f"{shown}/file")
        for file in _files.files_below(self.path):
            inside = _files.relative(file, self.path)
            if (suffix := _files.suffix(file)) and suffix not in SUFFIXES:
                yield Rejected("unknown kind of file", file, None, f"suffix {suffix[:20]}")
            else:
                yield self._document(file, inside, inside.split("/")[0] if "/" in inside else home)

    def _document(self, file: str, identity: str, source: str) -> Document | Rejected:
        try:
            with _files.open_binary(file) as stream:
                raw = stream.read(self.max_bytes)
        except _files.READ_ERRORS as error:
            return Rejected(_files.damage(error), file, None, type(error).__name__)
        if len(raw) >= self.max_bytes:
            return Rejected(_records.TOO_LARGE, file, None, f"the limit is {self.max_bytes:,} bytes")
        try:
            text = decoded(raw)
        except UnicodeDecodeError as error:
            detail = f"not {error.encoding} at byte {error.start}"
            return Rejected(_records.WRONG_ENCODING, file, None, detail)
        if "\0" in text[:BINARY_PEEK]:
            return Rejected(_records.NOT_TEXT, file, None, "holds zero bytes")
        if not text.strip():
            return Rejected(_records.EMPTY_TEXT, file)
        suffix = _files.suffix(file).removeprefix(".")
        return Document(identity, text, source, {"path": identity, "format": suffix or None})


def decoded(raw: bytes) -> str:
    """Return bytes as text: UTF-16 where they begin with its mark, else UTF-8; never a guess."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16")
    return raw.decode("utf-8-sig")
