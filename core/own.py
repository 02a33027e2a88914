"""Columns that people bring themselves: from a Python file, a SQL expression or a Parquet file."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from core import ask, disk, tables
from core.errors import BadInputError
from core.owned import parquet, python_file, sql
from core.owned.python_file import Limits as Limits
from core.owned.spool import SHARD_ROWS, Spool
from core.rulesets import PRESETS
from core.signals import SIGNALS
from core.types import JSON, Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

MAKERS = ("own_python", "own_sql", "own_parquet")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_OF_STAGES = frozenset(
    {
        "embedding", "cluster", "cluster_name", "x", "y", "duplicate_group", "is_duplicate",
        "duplicate_group_local", "is_duplicate_local",
    }
)  # fmt: skip


def available(workspace: Workspace) -> list[str]:
    """Return the names of the workspace's Python signals, `signals/NAME.py`, without running them."""
    return python_file.available(workspace.folder)


def check_column(workspace: Workspace, corpus: Corpus, name: str) -> str:
    """Return the name where an own column may have it, else raise `BadInputError`."""
    if not _NAME.fullmatch(name):
        rule = "a column's name is 1 to 60 small letters, digits or '_', starting with a letter"
        raise BadInputError(name, rule, "choose another name")
    if name in {known.lower() for known in (*tables.FIXED, *corpus.fields)}:
        raise BadInputError(name, "the documents came with a column of this name", "choose another name")
    signals = {column for brick in SIGNALS.values() for column in brick().columns}
    made = {n.lower() for c in workspace.columns(corpus) if c.maker not in MAKERS for n in c.names}
    if name in _OF_STAGES | signals | made | {f"{preset}_reason" for preset in PRESETS}:
        raise BadInputError(name, "Mixdesk makes a column of this name itself", "choose another name")
    if name in _sql_words():
        raise BadInputError(name, "SQL keeps this word for itself", "choose another name")
    return name


@cache
def _sql_words() -> frozenset[str]:
    """Return the words that cannot stand for a column, and the functions whose answer changes."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        words = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function') "
            "UNION SELECT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        ).fetchall()
    return ask.CLOCK.union(word for (word,) in words)


def add_python(
    workspace: Workspace,
    name: str,
    signal: str,
    allow: Collection[str] = (),
    limits: Limits | None = None,
    progress: Progress = silent,
) -> dict[str, JSON]:
    """Hang what the workspace's `signals/SIGNAL.py` gives for each text; a killed run goes on.

    The file runs in a process of its own, in batches of at most 256 texts. It must give a text the same
    value in any batch. Its column is called like the file, or as the dict that it returns says. Numbers
    that are not finite become nulls. Only the file itself is signed, not what it imports or reads.

    Args:
        workspace: where the corpus and the file live.
        name: the corpus.
        signal: the file's name without `.py`.
        allow: names of the signals whose code may run.
        limits: the longest that loading, or a batch, may take, and the most memory.
        progress: told the documents done.

    Returns:
        `columns`, `kind`, `nulls` (by column), `replaced` (columns of that name from another definition)
        and `documents_per_second`, None where nothing was missing.

    Raises:
        NotFoundError: where there is no such corpus or file.
        BadInputError: where the file is not allowed, or a column cannot have the name it gives.
        OwnSignalError: where the file raises, gives what is no column, prints, dies or takes too long or too much.
    """
    corpus = workspace.corpus(name)
    file = python_file.allowed(workspace.folder, signal, allow)
    settings = {"signal": file.name, "sha256": file.sha256}
    kept = f"own-{disk.fingerprint(settings)[:32]}"  # the columns' names, known only once it has run
    folder = workspace.generation(corpus) / "own" / f"{file.name}-{file.sha256[:32]}"
    spool, rate, before = Spool(folder, file), None, workspace.columns(corpus)
    with disk.locked(workspace.folder / "locks" / f"own-{corpus.fingerprint[:32]}-{file.name}"):
        names: Any = workspace.report(corpus, kept)
        column = _column(workspace, corpus, "own_python", settings, tuple(names or ()))
        if not (names and workspace.has_column(corpus, column)):
            rate = _fill(workspace, corpus, spool, limits or Limits(), progress)
            column = _column(workspace, corpus, "own_python", settings, tuple(spool.types()))
            workspace.write_report(corpus, kept, list(column.names))
        for made in column.names:
            check_column(workspace, corpus, made)
        produce = partial(spool.produce, spool.types())
        workspace.write_column(corpus, column, produce, reads=("row",), shard_rows=SHARD_ROWS)
        spool.remove()
    return {**_told(workspace, corpus, column, before), "documents_per_second": rate}


def _fill(
    workspace: Workspace, corpus: Corpus, spool: Spool, limits: Limits, progress: Progress
) -> float | None:
    """Have every shard scored; return the documents scored a second, None where all were there."""
    if spool.is_whole(corpus.documents):
        return None
    began, shards = time.perf_counter(), workspace.shards(corpus, ["text"], SHARD_ROWS)
    check = partial(check_column, workspace, corpus)
    scored = spool.fill(shards, corpus.documents, limits, check, progress)
    return scored / (time.perf_counter() - began)


def add_sql(workspace: Workspace, name: str, expression: str, column_name: str) -> dict[str, JSON]:
    """Hang the value of a SQL expression over the other columns beside each document.

    It may use what a filter may: no files, chance or clock, and windows only in the order of row or id.
    Numbers that are not finite become nulls. The column is signed by the columns that it reads: once
    those are made anew, ask again.

    Returns:
        `columns`, `kind`, `nulls` (by column) and `replaced` (columns of that name from another definition).

    Raises:
        NotFoundError: where there is no such corpus.
        BadInputError: for an expression that is not allowed, does not run or gives no plain values, and
            for a name that no column may have.
    """
    corpus = workspace.corpus(name)
    check_column(workspace, corpus, column_name)
    tidied = sql.tidy(expression)
    sql.check(workspace, corpus, tidied)
    before = workspace.columns(corpus)
    inputs = sql.inputs(workspace, corpus, tidied, column_name)
    column = _column(workspace, corpus, "own_sql", {"expression": tidied}, (column_name,), inputs)
    there = workspace.has_column(corpus, column)
    values = {} if there else {column_name: sql.values(workspace, corpus, tidied)}
    workspace.write_whole_column(corpus, column, values)
    return _told(workspace, corpus, column, before)


def add_parquet(
    workspace: Workspace,
    name: str,
    path: Path,
    column: str,
    id_field: str = "id",
    column_name: str | None = None,
) -> dict[str, JSON]:
    """Hang a column of a Parquet file beside the documents that have its ids; null beside the others.

    Types stay as they are: whole numbers, fractions, text, truth values. What is not finite is null.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        path: the Parquet file.
        column: which of its columns to add.
        id_field: which of its columns holds the documents' ids.
        column_name: what to call it in the corpus; by default as in the file.

    Returns:
        `columns`, `kind`, `nulls` (by column), `replaced` (columns of that name from another definition),
        `matched` and `unmatched` (documents with and without a row in the file), and `unknown` (the file's
        rows that are of no document).

    Raises:
        NotFoundError: where there is no such corpus, file or column in it.
        BadInputError: for ids that are missing or stand twice, values of other types, a file that cannot
            be read, and a name that no column may have.
    """
    corpus = workspace.corpus(name)
    called = check_column(workspace, corpus, column_name or column)
    scores = parquet.read(path, column, id_field)
    values, counts = parquet.join(scores, workspace.read(corpus, ["id"])["id"])
    before = workspace.columns(corpus)
    settings = {"sha256": scores.sha256, "column": column, "id_field": id_field}
    made = _column(workspace, corpus, "own_parquet", settings, (called,))
    workspace.write_whole_column(corpus, made, {called: values})
    return {**_told(workspace, corpus, made, before), **counts}


def _column(
    workspace: Workspace,
    corpus: Corpus,
    maker: str,
    settings: Mapping[str, Scalar],
    names: tuple[str, ...],
    inputs: tuple[str, ...] = (),
) -> Column:
    assert maker in MAKERS
    return workspace.column(corpus, maker, 1, settings, names, "other", inputs)


def _told(
    workspace: Workspace, corpus: Corpus, column: Column, before: Collection[Column]
) -> dict[str, JSON]:
    """Say what stands beside the documents now, and which columns gave way to it."""
    counted = ", ".join(f'count(*) - count("{name}") AS "{name}"' for name in column.names)
    (nulls,) = workspace.query(corpus, f"SELECT {counted} FROM documents").to_pylist()  # noqa: S608 checked names
    gone = {name for old in before if old.fingerprint != column.fingerprint for name in old.names}
    return {
        "columns": list(column.names),
        "kind": column.kind,
        "nulls": nulls,
        "replaced": [name for name in column.names if name in gone],
    }
