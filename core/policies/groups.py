"""By which properties of documents removal is looked at: domain, language, cluster, years, people, dialect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.policies.effects import Grouping
from core.pool import domain_codes
from core.signals._identity import TERMS
from core.types import Corpus
from core.workspace import Workspace

MOST_GROUPS = 40  # of one property; the rest are too small to tell
MANY_MARKS = 2.0  # of a dialect, in 100 words


def groupings_of(workspace: Workspace, corpus: Corpus, domain: str) -> tuple[list[Grouping], list[str]]:
    """Return the properties by which removal is looked at, and how to get those that are not there."""
    known = set(workspace.column_names(corpus))
    found, missing = [_by_value(workspace, corpus, domain)], []
    for column, run in (("language", "score --signal language"), ("cluster_name", "embed, then cluster")):
        if column in known and column != domain:
            found.append(_by_value(workspace, corpus, column))
        elif column != domain:
            missing.append(f"{column}: run {run}")
    years = next((c for c in ("year", "text_year_median") if c in known), None)
    if years is not None and (by_years := _by_years(workspace, corpus, years)) is not None:
        found.append(by_years)
    if "identity_religion" in known:
        found += [_by_mention(workspace, corpus, dimension) for dimension in TERMS]
    else:
        missing.append("identity terms: run score --signal identity_terms")
    if "dialect_markers" in known:
        found.append(_by_dialect(workspace, corpus))
    else:
        missing.append("dialect: run score --signal dialect_markers")
    return found, missing


def _by_value(workspace: Workspace, corpus: Corpus, column: str) -> Grouping:
    """The largest groups by a column's values."""
    names, codes = domain_codes(workspace, corpus, column)
    largest = np.argsort(-np.bincount(codes, minlength=len(names)), kind="stable")[:MOST_GROUPS]
    place = np.full(len(names), -1, dtype=np.int64)
    place[largest] = np.arange(len(largest))
    return Grouping(column, tuple(names[i] for i in largest), place[codes])


def _numbers(workspace: Workspace, corpus: Corpus, column: str) -> NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.cast(workspace.read(corpus, [column])[column], pa.float64(), safe=False)
    found: NDArray[np.float64] = values.to_numpy()
    return found


def _by_years(workspace: Workspace, corpus: Corpus, column: str) -> Grouping | None:
    """Decades, and all before 1900 together; None where the column holds no numbers."""
    import pyarrow as pa

    kind = workspace.read(corpus, [column], [])[column].type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    years = _numbers(workspace, corpus, column)
    decades = np.where(years < 1900, 1890, np.floor(years / 10) * 10)
    there = np.unique(decades[~np.isnan(decades)])
    codes = np.where(np.isnan(decades), -1, np.searchsorted(there, np.nan_to_num(decades, nan=0)))
    names = tuple("before 1900" if one == 1890 else f"{one:.0f}s" for one in there)
    return Grouping(column, names, codes.astype(np.int64))


def _by_mention(workspace: Workspace, corpus: Corpus, dimension: str) -> Grouping:
    counts = _numbers(workspace, corpus, f"identity_{dimension}")
    words = dimension.replace("_", " or ")
    return Grouping(f"identity terms, {words}", ("none", "one or more"), (counts > 0).astype(np.int64))


def _by_dialect(workspace: Workspace, corpus: Corpus) -> Grouping:
    rates = _numbers(workspace, corpus, "dialect_markers")
    codes = np.where(np.isnan(rates), -1, (rates > 0).astype(np.int64) + (rates >= MANY_MARKS))
    names = ("none", f"below {MANY_MARKS:g} in 100 words", f"{MANY_MARKS:g} or more in 100 words")
    return Grouping("dialect markers", names, codes)
