"""What a plan's documents are, by the columns that hang beside them: for the card of an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import Corpus, DomainCount, Plan
from core.workspace import Workspace

NAMED = ("licence", "licence_tier", "language")  # columns of words whose values are counted
STATED = "license"  # a document's own word for it, which stands where nobody looked further
MOST_VALUES = 12
_KINDS = ("quality", "toxicity", "risk")


@dataclass(frozen=True, slots=True)
class Spread:
    """How a signal is distributed over the documents: quantiles, and for how many it is unknown."""

    low: float  # 5 %
    median: float
    high: float  # 95 %
    unknown: int


@dataclass(frozen=True, slots=True)
class Contents:
    """Documents and tokens by source, documents by value of each column of words, and signals' spreads.

    Counts are of the documents written, each once. Of sources and values those with most documents stand
    here; `more` says of how many others nothing does.
    """

    documents: int
    sources: dict[str, DomainCount]
    values: dict[str, dict[str, int]]
    signals: dict[str, Spread]
    more: dict[str, int]


def contents(workspace: Workspace, corpus: Corpus, plan: Plan) -> Contents:
    """Look at the columns of the plan's documents, one column at a time: 8 bytes a document are held."""
    rows = np.sort(np.concatenate([np.empty(0, np.int64), *plan.rows.values()]))
    names = workspace.column_names(corpus)
    more: dict[str, int] = {}
    values = {}
    for name in NAMED:
        if name in names:
            values[name], more[name] = _values(workspace, corpus, name, rows)
    if "licence" not in names and STATED in names:
        values[STATED], more[STATED] = _values(workspace, corpus, STATED, rows)
    signals = {}
    for column in workspace.columns(corpus):
        if column.kind in _KINDS:
            for name in column.names:
                if name in names and (spread := _spread(workspace, corpus, name, rows)):
                    signals[name] = spread
    sources, more["source"] = _sources(workspace, corpus, rows)
    return Contents(len(rows), sources, values, dict(sorted(signals.items())), more)


def _sources(
    workspace: Workspace, corpus: Corpus, rows: NDArray[np.int64]
) -> tuple[dict[str, DomainCount], int]:
    table = workspace.read(corpus, ["source", "tokens"], rows)
    counted = table.group_by("source").aggregate([("tokens", "count"), ("tokens", "sum")])
    found = zip(
        *(counted[name].to_pylist() for name in ("source", "tokens_count", "tokens_sum")), strict=True
    )
    listed = sorted(found, key=lambda row: (-row[1], row[0]))
    shown = {source: DomainCount(documents, tokens) for source, documents, tokens in listed[:MOST_VALUES]}
    return shown, max(0, len(listed) - MOST_VALUES)


def _values(
    workspace: Workspace, corpus: Corpus, name: str, rows: NDArray[np.int64]
) -> tuple[dict[str, int], int]:
    import pyarrow.compute as pc

    counted = pc.value_counts(workspace.read(corpus, [name], rows)[name].combine_chunks()).to_pylist()
    listed = sorted(
        (
            (str(row["values"]) if row["values"] not in (None, "") else "unknown", row["counts"])
            for row in counted
        ),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return dict(listed[:MOST_VALUES]), max(0, len(listed) - MOST_VALUES)


def _spread(workspace: Workspace, corpus: Corpus, name: str, rows: NDArray[np.int64]) -> Spread | None:
    """Return a numeric column's spread; None for words, and where nothing is known."""
    import pyarrow as pa

    column: Any = workspace.read(corpus, [name], rows)[name]
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return None
    known: Sequence[float] = column.drop_null().to_numpy()
    if not len(known):
        return None
    low, median, high = (float(q) for q in np.quantile(known, [0.05, 0.5, 0.95]))
    return Spread(low, median, high, column.null_count)
