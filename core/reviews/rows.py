"""What a review is made of: sessions and verdicts, as values and as rows of the database."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from core.errors import BadInputError
from core.reviews.tables import DOCUMENTS, SESSIONS, VERDICTS
from core.types import Scalar

MAX_NOTE = 4000  # characters


@dataclass(frozen=True, slots=True)
class Session:
    """A question about documents of a corpus, and the labels to answer with.

    In a blind session a reviewer sees neither a document's source nor what others said, until all who
    began are through.
    """

    name: str
    corpus: str
    corpus_fingerprint: str
    question: str
    labels: tuple[str, ...]
    maker: str
    blind: bool
    drawn: Mapping[str, Scalar]  # how the documents were chosen
    created: float
    documents: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer said about a document; `label` is None where the row takes the row `undoes` back."""

    id: int
    session: str
    document: str
    reviewer: str
    label: str | None
    note: str
    undoes: int | None
    time: float


def check_person(name: str) -> str:
    """Return the name without spaces around it; it must be 1 to 80 printable characters."""
    name = name.strip()
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise BadInputError(repr(name), "a person's name is 1 to 80 printable characters", "give the name")
    return name


def check_note(note: str) -> str:
    """Return the note where it is short enough to keep."""
    if len(note) > MAX_NOTE:
        raise BadInputError(f"{len(note)} characters", f"a note has at most {MAX_NOTE}", "shorten it")
    return note


def all_sessions(connection: Connection) -> list[Session]:
    """Every session, the newest first."""
    counted = select(DOCUMENTS.c.session, func.count().label("documents")).group_by(DOCUMENTS.c.session)
    sizes = counted.subquery()
    query = select(SESSIONS, sizes.c.documents).join(sizes, sizes.c.session == SESSIONS.c.name)
    found = []
    for row in connection.execute(query.order_by(SESSIONS.c.created.desc(), SESSIONS.c.name)).mappings():
        values = dict(row)
        values["labels"], values["drawn"] = tuple(json.loads(row["labels"])), json.loads(row["drawn"])
        found.append(Session(**values))
    return found


def all_rows(connection: Connection, session: str) -> list[Verdict]:
    """Every row of a session in the order in which they came."""
    query = select(VERDICTS).where(VERDICTS.c.session == session).order_by(VERDICTS.c.id)
    return [Verdict(**row) for row in connection.execute(query).mappings()]


def standing(connection: Connection, session: str) -> list[Verdict]:
    """The verdicts that nobody took back, the last last."""
    rows = all_rows(connection, session)
    undone = {row.undoes for row in rows}
    return [row for row in rows if row.undoes is None and row.id not in undone]


def add_verdict(connection: Connection, **values: Any) -> Verdict:
    """Add a row, with the time; all else must be given but `undoes`."""
    values = {"undoes": None, "time": time.time(), **values}
    key = connection.execute(insert(VERDICTS), values).inserted_primary_key
    assert key is not None, "the row has just been made"
    return Verdict(id=key[0], **values)
