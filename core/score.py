"""Score a corpus: hang the columns of signals beside its documents, computing only what is missing."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from core import bricks, tables
from core.doors import Prepared, Signal
from core.engines import LocalEngine
from core.engines.batches import runs
from core.errors import BadInputError, MixdeskError, NotFoundError
from core.signals import DEFAULT, SIGNALS
from core.types import JSON, Column, Columns, Corpus, Progress, silent
from core.workspace import Workspace

SHARD_ROWS = 1024
LEAST_ROWS = 64
RUN_CHARACTERS = 500_000  # scored by all signals in turn: what the processor's cache holds


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
    settings: Mapping[str, Mapping[str, object]] | None = None,
) -> dict[str, JSON]:
    """Hang the signals' columns beside the corpus's documents, in shards that survive a kill.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        signals: names of signals, or of columns of theirs; all by default.
        progress: told the documents done.
        workers: processes; by default one a core, and none for a corpus of a single shard.
        settings: settings of signals that differ from their defaults, by the signal's name.

    Returns:
        `columns` (the names of all that was asked for), `computed` (the signals that were not there
        yet), and `documents_per_second` through all of those together, None where nothing was missing.

    Raises:
        NotFoundError: for a name that is no signal.
        SignalError: after all the others are through, where a signal failed; says which and where.
    """
    corpus = workspace.corpus(name)
    made = [bricks.make(SIGNALS, signal, (settings or {}).get(signal)) for signal in choose(signals)]
    wanted = {(column := column_of(workspace, corpus, brick)).fingerprint: (column, brick) for brick in made}
    columns = [column for column, _ in wanted.values()]
    for _, brick in wanted.values():
        _check_names(workspace, corpus, brick)
    computed = [column.maker for column in columns if not workspace.has_column(corpus, column)]
    # A signal that holds the GPU says that one process must do it all.
    alone = any(getattr(brick, "one_process", False) for c, brick in wanted.values() if c.maker in computed)
    began = time.perf_counter()
    failures = workspace.write_columns(
        corpus,
        columns,
        _Scoring({key: _ready(workspace, corpus, *pair, progress) for key, pair in wanted.items()}),
        shard_rows=_shard_rows(corpus),
        progress=progress,
        engine=LocalEngine(1 if alone or corpus.documents <= SHARD_ROWS else workers),
    )
    if failures:
        told = [failures[column.fingerprint] for column in columns if column.fingerprint in failures]
        raise SignalError("; ".join(told) + "; the other signals' columns are there")
    seconds = time.perf_counter() - began
    return {
        "columns": [name for column in columns for name in column.names],
        "computed": computed,
        "documents_per_second": corpus.documents / seconds if computed else None,
    }


def _shard_rows(corpus: Corpus) -> int:
    """Rows of a shard: fewer for a small corpus, so that no worker waits long for the last one.

    It depends on nothing but the corpus, for a shard that a killed run has left must fit the next run.
    """
    return max(LEAST_ROWS, min(SHARD_ROWS, -(-corpus.documents // 16)))


def column_of(workspace: Workspace, corpus: Corpus, signal: Signal) -> Column:
    """Return the signed column set of a signal, whether or not it has been computed.

    A signal that reads a file of the user's has `inputs`, which sign what the file holds.
    """
    settings, inputs = bricks.signed_settings_of(signal), getattr(signal, "inputs", ())
    return workspace.column(
        corpus, signal.name, signal.version, settings, signal.columns, signal.kind, inputs
    )


def _check_names(workspace: Workspace, corpus: Corpus, signal: Signal) -> None:
    """Refuse names that a signal makes from its settings where the documents or another maker have them.

    The names that a signal always has are kept free when documents come in.
    """
    made = set(signal.columns) - set(type(signal)().columns)
    if not made:
        return
    others = (column for column in workspace.columns(corpus) if column.maker != signal.name)
    taken = {*corpus.fields, *tables.FIXED, *(name for column in others for name in column.names)}
    taken.update(name for brick in SIGNALS.values() for name in brick().columns)
    if clash := sorted(made & taken):
        rule = f"'{signal.name}' would make a column that something else is called"
        raise BadInputError(clash[0], rule, f"choose another prefix: {signal.name}.prefix=NAME")


def _ready(
    workspace: Workspace, corpus: Corpus, column: Column, signal: Signal, progress: Progress
) -> Signal:
    """Return the signal with its model fitted, where it rests on one and its column is not there yet."""
    if not hasattr(signal, "prepared") or workspace.has_column(corpus, column):
        return signal
    return cast("Prepared", signal).prepared(workspace.models, progress)


@dataclass(frozen=True, slots=True)
class _Scoring:
    """Scores a shard by all signals, some texts at a time; travels to worker processes.

    Signals that need the same words find them once, as long as they score the same texts in turn.
    """

    signals: Mapping[str, Signal]  # by their columns' fingerprints

    def __call__(self, table: Any, columns: Sequence[Column]) -> dict[str, Columns | str]:
        """Return each signal's values by its columns' fingerprint, or why it failed."""
        return self.of_pieces(iter([table]), columns)

    def of_pieces(self, pieces: Iterator[Any], columns: Sequence[Column]) -> dict[str, Columns | str]:
        """Return the same of a shard that comes in pieces, of which one is in memory at a time."""
        found: dict[str, list[Columns]] = {column.fingerprint: [] for column in columns}
        failures: dict[str, str] = {}
        for texts in (some for piece in pieces for some in runs(_texts(piece), RUN_CHARACTERS)):
            for key in found:
                if key in failures:
                    continue
                try:
                    found[key].append(_checked(self.signals[key], texts))
                except MixdeskError:
                    raise
                except Exception as error:  # any signal may fail in any way; the others go on
                    failures[key] = _failure(self.signals[key].name, error)
        return {key: failures.get(key) or _joined(columns) for key, columns in found.items()}


def _texts(piece: Any) -> list[str]:
    texts: list[str] = piece["text"].to_pylist()
    return texts


def _checked(signal: Signal, texts: Sequence[str]) -> Columns:
    found = signal.score(texts)
    for name in signal.columns:
        if len(found[name]) != len(texts):
            raise ValueError(f"{len(found[name])} values of '{name}' for {len(texts)} documents")
    return found


def _joined(parts: Sequence[Columns]) -> Columns:
    """Put parts one after another, column by column."""
    if len(parts) == 1:
        return parts[0]
    return {name: _chained([part[name] for part in parts]) for name in parts[0]}


def _chained(arrays: Sequence[Any]) -> Any:
    if isinstance(arrays[0], np.ndarray):
        return np.concatenate(arrays)
    import pyarrow as pa

    return pa.concat_arrays(arrays)


def _failure(name: str, error: Exception) -> str:
    """Say which signal failed and where; an exception's own words may hold text, so they stay out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"signal '{name}' failed with {type(error).__name__}{where}"
