"""What the tests of sources share: files by their real writers, and a source read to its end."""

import bz2
import gzip
import json
import lzma

import zstandard

from core.types import Document

PACKERS = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def lines_of(records):
    """Return records as JSON Lines; what is bytes already stays a line as it is."""
    return b"".join(r if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in records)


def jsonl(path, records, pack=""):
    """Write records as JSON Lines, packed on request; return the path as text."""
    path.write_bytes(PACKERS[pack](lines_of(records)))
    return str(path)


def texts(count, size=1):
    """Return records of an id and a text each."""
    return [{"id": f"d{i}", "text": f"text number {i} " * size} for i in range(count)]


def read(*sources):
    """Return the documents and the refusals of sources."""
    found = [one for source in sources for one in source.read()]
    return (
        [one for one in found if isinstance(one, Document)],
        [one for one in found if not isinstance(one, Document)],
    )


def reasons(rejected):
    """Return reason and line of each refusal."""
    return [(one.reason, one.line) for one in rejected]
