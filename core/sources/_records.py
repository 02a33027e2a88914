"""Records (maps of fields) become documents: which field is the text, the id, the source, what stays."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.types import Document, Rejected, Scalar

MAX_BYTES = 50_000_000  # a text of this many bytes of UTF-8, or more, is refused

BROKEN_LINE = "broken line"
WRONG_ENCODING = "wrong encoding"
MISSING_FIELD = "missing field"
EMPTY_TEXT = "empty text"
NOT_TEXT = "not text"
TOO_LARGE = "too large"

TEXT_FIELDS: tuple[tuple[str, ...], ...] = (
    ("text",), ("content",), ("raw_content",), ("document",), ("body",), ("article",), ("passage",),
    ("page_content",), ("abstract",), ("story",), ("comment",), ("review",), ("tweet",), ("post",),
    ("sentence",), ("code",), ("markdown",),
    ("messages",), ("conversations",), ("conversation",), ("dialogue",),
    ("instruction", "input", "output"), ("instruction", "context", "response"),
    ("instruction", "output"), ("instruction", "response"), ("prompt", "completion"),
    ("prompt", "response"), ("question", "answer"),
)  # fmt: skip
ID_FIELDS = ("id", "_id", "uuid", "doc_id", "document_id", "url")
SOURCE_FIELDS = ("source", "meta.source", "metadata.source", "dataset", "domain", "subset")
META_FIELDS = ("meta", "metadata")
HEAD_RECORDS, HEAD_CHARACTERS = 64, 4_000_000  # looked at before the text field is guessed
MOST_NAMES_SHOWN = 12

Record: TypeAlias = Mapping[str, Any]
Row: TypeAlias = tuple[int | None, Record]  # the line or row it stands on, from 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which fields a person named (None: guess), and the size from which a text is refused."""

    text_field: str | None = None
    id_field: str | None = None
    source_field: str | None = None
    max_bytes: int = MAX_BYTES


@dataclass(frozen=True, slots=True)
class Origin:
    """Where records come from: path for people, stem for ids, and the source of those that name none."""

    path: str
    stem: str
    source: str

    def rejected(self, reason: str, line: int | None = None, detail: str = "") -> Rejected:
        """Refuse a record of this file."""
        return Rejected(reason, self.path, line, detail)


def documents(
    rows: Iterable[Row | Rejected], origin: Origin, wanted: Wanted
) -> Iterator[Document | Rejected]:
    """Turn the records of one file into documents, in order.

    Where nobody named the text field, it is the known name that most of the first 64 records have;
    it holds for the whole file. A named field that a record lacks refuses the record.
    """
    stream = iter(rows)
    head = _head(stream)
    records = [row[1] for row in head if not isinstance(row, Rejected)]
    text_fields = (wanted.text_field,) if wanted.text_field else guess_text_fields(records)
    for row in itertools.chain(head, stream):
        if isinstance(row, Rejected):
            yield row
            continue
        try:
            found = _document(row, origin, wanted, text_fields)
        except RecursionError:  # lists in lists that could just be parsed
            found = origin.rejected(BROKEN_LINE, row[0], "nested too deeply")
        yield found


def _head(stream: Iterator[Row | Rejected]) -> list[Row | Rejected]:
    head: list[Row | Rejected] = []
    characters = 0
    for row in stream:
        head.append(row)
        if not isinstance(row, Rejected):
            characters += sum(len(value) for value in row[1].values() if isinstance(value, str))
        if len(head) >= HEAD_RECORDS or characters >= HEAD_CHARACTERS:
            break
    return head


def guess_text_fields(records: Sequence[Record]) -> tuple[str, ...]:
    """Return the fields, as spelt, that together are the text; () where no known name is there."""
    spelt: dict[str, str] = {}
    for record in records:
        for name in record:
            spelt.setdefault(name.lower(), name)
    best: tuple[int, tuple[str, ...]] = (0, ())
    for names in TEXT_FIELDS:
        fields = tuple(spelt[name] for name in names if name in spelt)
        if len(fields) == len(names):
            count = sum(all(record.get(name) is not None for name in fields) for record in records)
            best = max(best, (count, fields), key=lambda found: found[0])
    return best[1]


def _document(row: Row, origin: Origin, wanted: Wanted, text_fields: tuple[str, ...]) -> Document | Rejected:
    line, record = row
    if lack := _lack(record, wanted, text_fields):
        return origin.rejected(MISSING_FIELD, line, lack)
    try:
        text = "\n\n".join(part for name in text_fields if (part := as_text(_get(record, name))).strip())
    except UnicodeDecodeError:
        return origin.rejected(WRONG_ENCODING, line)
    except TypeError as error:
        return origin.rejected(NOT_TEXT, line, str(error))
    if not text:
        return origin.rejected(EMPTY_TEXT, line)
    text, num_bytes = well_formed(text)
    if num_bytes >= wanted.max_bytes:
        return origin.rejected(TOO_LARGE, line, f"{num_bytes:,} bytes; the limit is {wanted.max_bytes:,}")
    id_field, identity = _first(record, (wanted.id_field,) if wanted.id_field else ID_FIELDS)
    source_field, source = _first(record, (wanted.source_field,) if wanted.source_field else SOURCE_FIELDS)
    used = {*text_fields, source_field, id_field if id_field.lower() != "url" else ""} - {""}
    return Document(
        identity or f"{origin.stem}:{line}", text, source or origin.source, flat_fields(record, used)
    )


def _lack(record: Record, wanted: Wanted, text_fields: tuple[str, ...]) -> str:
    """Say which field a record lacks that it must have; '' for none."""
    if not any(_has(record, name) for name in text_fields):
        lack = f"no field '{text_fields[0]}'" if text_fields else "no field is known to hold the text"
    else:
        named = (wanted.id_field, wanted.source_field)
        lacking = next((name for name in named if name and not _has(record, name)), None)
        if lacking is None:
            return ""
        lack = f"no field '{lacking}'"
    names = [str(name)[:40] for name in itertools.islice(record, MOST_NAMES_SHOWN)]
    more = ", …" if len(record) > MOST_NAMES_SHOWN else ""
    return f"{lack}; there are: {', '.join(names) or 'none'}{more}"


def _has(record: Record, name: str) -> bool:
    return name in record or _get(record, name) is not None


def _get(record: Record, name: str) -> Any:
    """The value of a field; ``meta.source`` looks into a map."""
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _first(record: Record, names: Sequence[str]) -> tuple[str, str]:
    """The first of the fields that holds a word or a whole number, and its value as text."""
    for name in names:
        value = _get(record, name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return name, str(value).strip()
    return "", ""


def as_text(value: Any) -> str:
    """Return a text as it stands, bytes decoded, a list joined by lines, messages as ``role: content``.

    Raises:
        TypeError: it is a number, a map or the like.
        UnicodeDecodeError: the bytes are not UTF-8.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list):
        parts = [_message(part) if isinstance(part, Mapping) else as_text(part) for part in value]
        between = "\n\n" if any(isinstance(part, Mapping) for part in value) else "\n"
        return between.join(part for part in parts if part)
    raise TypeError(f"the text is of type {type(value).__name__}")


def _message(turn: Record) -> str:
    role = turn.get("role", turn.get("from"))
    content = as_text(turn.get("content", turn.get("value", turn.get("text"))))
    return f"{role}: {content}" if role and content else content


def well_formed(text: str) -> tuple[str, int]:
    """Return the text fit for a file and its bytes of UTF-8: a lone surrogate becomes U+FFFD."""
    try:
        return text, len(text.encode("utf-8"))
    except UnicodeEncodeError:
        mended = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return mended, len(mended.encode("utf-8"))


def flat_fields(record: Record, used: set[str]) -> dict[str, Scalar]:
    """Return the other fields as scalars: ``meta`` and ``metadata`` one level down, the rest as JSON."""
    fields: dict[str, Scalar] = {}
    for name, value in record.items():
        if name in used:
            continue
        if name.lower() in META_FIELDS and isinstance(value, Mapping):
            fields |= {f"{name}_{k}": scalar(v) for k, v in value.items() if f"{name}.{k}" not in used}
        else:
            fields[name] = scalar(value)
    return fields


def scalar(value: Any) -> Scalar:
    """Return a value that a column can hold: maps and lists as JSON, dates as ISO 8601, bytes as none."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        return None
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return str(_plain(value))


def _plain(value: Any) -> str:
    written: Callable[[], str] | None = getattr(value, "isoformat", None)
    return "" if isinstance(value, bytes) else written() if written else str(value)
