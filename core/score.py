"""Score a corpus: hang the columns of signals beside its documents, computing only what is missing."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core import bricks
from core.doors import Signal
from core.engines import Engine, LocalEngine
from core.errors import MixdeskError, NotFoundError
from core.signals import DEFAULT, SIGNALS
from core.types import JSON, Column, Columns, Corpus, Progress, silent
from core.workspace import Workspace

SHARD_ROWS = 1024


class SignalError(MixdeskError):
    """A signal raised, or gave values of the wrong shape; the other signals' columns are there."""


def choose(signals: Sequence[str] | None) -> list[str]:
    """Return the names of the signals asked for, each once; a column's name stands for its signal.

    Raises:
        NotFoundError: where a name is neither a signal nor a column of one; lists both.
    """
    makers = {column: name for name, brick in SIGNALS.items() for column in brick().columns}
    chosen = []
    for name in DEFAULT if signals is None else signals:
        if name not in SIGNALS and name not in makers:
            known = f"signals: {', '.join(SIGNALS)}; their columns: {', '.join(makers)}"
            raise NotFoundError(name, "no such signal", known)
        chosen.append(name if name in SIGNALS else makers[name])
    return list(dict.fromkeys(chosen))


def score(
    workspace: Workspace,
    name: str,
    signals: Sequence[str] | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[str, JSON]:
    """Hang the signals' columns beside the corpus's documents, in shards that survive a kill.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        signals: names of signals, or of columns of theirs; all by default.
        progress: told the documents done, over all missing signals.
        workers: processes; by default one a core, and none for a corpus of a single shard.

    Returns:
        `columns` (the names of all that was asked for), `computed` (the signals that were not there
        yet), and `documents_per_second` through all of those together, None where nothing was missing.

    Raises:
        NotFoundError: for a name that is no signal.
        SignalError: after all the others are through, where a signal failed; says which and where.
    """
    corpus = workspace.corpus(name)
    wanted = [bricks.make(SIGNALS, signal) for signal in choose(signals)]
    columns = [column_of(workspace, corpus, brick) for brick in wanted]
    missing = sum(not workspace.has_column(corpus, column) for column in columns)
    engine = LocalEngine(1 if corpus.documents <= SHARD_ROWS else workers)
    computed: list[str] = []
    failures: list[str] = []
    began = time.perf_counter()
    for brick, column in zip(wanted, columns, strict=True):
        there = workspace.has_column(corpus, column)
        told = _Offset(progress, len(computed) * corpus.documents, missing * corpus.documents)
        try:
            _write(workspace, corpus, brick, column, told, engine)
        except MixdeskError:
            raise
        except Exception as error:  # any signal may fail in any way; the others go on
            failures.append(_failure(brick.name, error))
        if not there:
            computed.append(brick.name)
    if failures:
        raise SignalError("; ".join(failures) + "; the other signals' columns are there")
    seconds = time.perf_counter() - began
    return {
        "columns": [name for column in columns for name in column.names],
        "computed": computed,
        "documents_per_second": corpus.documents / seconds if computed else None,
    }


def column_of(workspace: Workspace, corpus: Corpus, signal: Signal) -> Column:
    """Return the signed column set of a signal, whether or not it has been computed."""
    return workspace.column(
        corpus, signal.name, signal.version, bricks.settings_of(signal), signal.columns, signal.kind
    )


def _write(
    workspace: Workspace, corpus: Corpus, brick: Signal, column: Column, progress: Progress, engine: Engine
) -> None:
    workspace.write_column(
        corpus,
        column,
        partial(_produce, brick),
        shard_rows=SHARD_ROWS,
        progress=progress,
        engine=engine,
    )


def _produce(brick: Signal, table: Any) -> Columns:
    """Score one shard; stands at the module's top so that it travels to worker processes."""
    return brick.score(table["text"].to_pylist())


@dataclass(frozen=True, slots=True)
class _Offset:
    """Shows one signal's progress as part of all signals' progress."""

    progress: Progress
    before: int
    total: int

    def __call__(self, done: int, total: int | None, message: str = "") -> None:  # noqa: ARG002 a Progress has it
        self.progress(self.before + done, self.total, message)


def _failure(name: str, error: Exception) -> str:
    """Say which signal failed and where; an exception's own words may hold text, so they stay out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"signal '{name}' failed with {type(error).__name__}{where}"
