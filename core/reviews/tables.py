"""The database of reviews: its tables, and transactions that are safe among processes.

SQLite by default, PostgreSQL by its URL. Verdicts and signatures are only ever added; SQLite refuses
anything else by trigger.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

from core.errors import BadInputError

BUSY_SECONDS = 30  # how long a writer waits for the others
ADVISORY_LOCK = 0x6D697864  # any fixed number; PostgreSQL's makers of tables queue on it

METADATA = MetaData()

SESSIONS = Table(
    "review_sessions",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("corpus", String(64), nullable=False),
    Column("corpus_fingerprint", String(64), nullable=False),
    Column("question", Text, nullable=False),
    Column("labels", Text, nullable=False),  # JSON list
    Column("maker", String(80), nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("drawn", Text, nullable=False),  # JSON: how the documents were chosen
    Column("created", Double, nullable=False),
)

DOCUMENTS = Table(
    "review_documents",
    METADATA,
    Column("session", String(64), ForeignKey(SESSIONS.c.name), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("row", Integer, nullable=False),
    UniqueConstraint("session", "document"),
)

VERDICTS = Table(
    "review_verdicts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("session", String(64), ForeignKey(SESSIONS.c.name), nullable=False, index=True),
    Column("document", Text, nullable=False),
    Column("reviewer", String(80), nullable=False),
    Column("label", Text),  # null where the row takes another back
    Column("note", Text, nullable=False),
    Column("undoes", Integer, ForeignKey("review_verdicts.id"), unique=True),
    Column("time", Double, nullable=False),
)

PROPOSALS = Table(
    "review_proposals",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("mixture", String(64), nullable=False),
    Column("mixture_text", Text, nullable=False),
    Column("mixture_fingerprint", String(64), nullable=False),
    Column("corpus", String(64), nullable=False),
    Column("corpus_fingerprint", String(64), nullable=False),
    Column("proposer", String(80), nullable=False),
    Column("signers", Text, nullable=False),  # JSON list
    Column("note", Text, nullable=False),
    Column("time", Double, nullable=False),
)

SIGNATURES = Table(
    "review_signatures",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("proposal", Integer, ForeignKey(PROPOSALS.c.id), nullable=False, index=True),
    Column("person", String(80), nullable=False),
    Column("approves", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("seal", String(64), nullable=False),  # of mixture and corpus as they were signed
    Column("time", Double, nullable=False),
)


def engine_for(url: str) -> Engine:
    """Return the engine of a database, with the tables made where they are not there."""
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}} if url.startswith("sqlite") else {}
    engine = create_engine(url, poolclass=NullPool, **options)
    if engine.dialect.name == "sqlite":
        _begin_ourselves(engine)
    try:
        _make_tables(engine)
    except OperationalError as error:
        shown = engine.url.render_as_string(hide_password=True)
        raise BadInputError(shown, f"cannot be used ({error.orig})", "check MIXDESK_DATABASE") from None
    return engine


def _begin_ourselves(engine: Engine) -> None:
    """Make SQLite's transactions begin where ours do, and take the write lock at once where we write.

    Two that read first and then write would otherwise both hold a read lock, and one of them fail without
    waiting. No write-ahead log: it does not work on network drives, and writes here are few and small.
    """

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in one transaction that no other writer can come between (SQLite)."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees one state."""
    with engine.connect() as connection, connection.begin():
        yield connection


def _make_tables(engine: Engine) -> None:
    with reading(engine) as connection:
        if set(METADATA.tables) <= set(inspect(connection).get_table_names()):
            return
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                index.create(connection, checkfirst=True)
        if engine.dialect.name == "sqlite":
            for table in (VERDICTS, SIGNATURES):
                for verb in ("UPDATE", "DELETE"):
                    connection.exec_driver_sql(
                        f"CREATE TRIGGER IF NOT EXISTS {table.name}_no_{verb.lower()} BEFORE {verb} "
                        f"ON {table.name} BEGIN SELECT RAISE(ABORT, 'rows are only ever added'); END"
                    )
