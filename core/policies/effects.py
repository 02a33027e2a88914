"""Whom a policy removes: groups of documents set against all, and those that it takes too much of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.intervals import wilson

LEAST_DOCUMENTS = 20  # a smaller group is shown and never flagged
FAR_ABOVE = 1.5  # times the share removed of all


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Documents by one of their properties; `codes` (documents,) are positions in `names`, -1 in none."""

    label: str
    names: tuple[str, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a policy does to one group.

    `share` is the removed share of the group's documents, `low` and `high` Wilson's 95 % interval of it,
    `ratio` the share over that of all documents, `mean_total` the mean score of what is removed (None
    where nothing is, or nothing of it is scored).
    """

    grouping: str
    group: str
    documents: int
    tokens: int
    removed: int
    removed_tokens: int
    share: float
    low: float
    high: float
    ratio: float | None
    mean_total: float | None
    flagged: bool


def effects(
    groupings: Sequence[Grouping],
    removed: NDArray[np.bool_],
    totals: NDArray[np.float64],
    tokens: NDArray[np.int64],
) -> list[Effect]:
    """Return what removal does to each group that has a document, the largest ratio of a grouping first.

    A group is flagged for over-removal where three things hold: it has 20 documents or more; the lower
    end of the interval of its removed share is above 1.5 times the share removed of all; and what is
    removed of it scores lower on average than what is removed in all. So a source of open hatred is not
    flagged, and a dialect of which mild documents go is.
    """
    everything = Grouping("", ("",), np.zeros(len(removed), dtype=np.int64))
    whole = _counted(everything, removed, totals, tokens)[0]
    found = []
    for grouping in groupings:
        rows = [
            _effect(grouping, place, sizes, whole)
            for place, sizes in enumerate(_counted(grouping, removed, totals, tokens))
            if sizes[0]
        ]
        found += sorted(rows, key=lambda one: (-one.share, -one.documents, one.group))
    return found


Sizes = tuple[int, int, int, int, float | None]  # documents, tokens, removed, their tokens, their mean total


def _counted(
    grouping: Grouping,
    removed: NDArray[np.bool_],
    totals: NDArray[np.float64],
    tokens: NDArray[np.int64],
) -> list[Sizes]:
    size, inside = len(grouping.names), grouping.codes >= 0
    gone = inside & removed
    scored = gone & ~np.isnan(totals)

    def count(mask: NDArray[np.bool_], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        given = None if weights is None else weights[mask]
        return np.bincount(grouping.codes[mask], given, size).astype(np.float64)

    many, sums, sizes = count(scored), count(scored, totals), tokens.astype(np.float64)
    columns = count(inside), count(inside, sizes), count(gone), count(gone, sizes)
    return [
        (
            *(int(column[place]) for column in columns),
            float(sums[place] / many[place]) if many[place] else None,
        )  # type: ignore[misc]  # four columns are four numbers
        for place in range(size)
    ]


def _effect(grouping: Grouping, place: int, sizes: Sizes, whole: Sizes) -> Effect:
    documents, tokens, removed, removed_tokens, mean = sizes
    base = whole[2] / whole[0]
    low, high = map(float, wilson(removed, documents))
    milder = mean is not None and whole[4] is not None and mean < whole[4]
    return Effect(
        grouping.label,
        grouping.names[place],
        documents,
        tokens,
        removed,
        removed_tokens,
        removed / documents,
        low,
        high,
        removed / documents / base if base else None,
        mean,
        documents >= LEAST_DOCUMENTS and base > 0 and low > FAR_ABOVE * base and milder,
    )


def sentence(one: Effect, base: float) -> str:
    """Say what a flagged effect is, for people."""
    return (
        f"{one.grouping} '{one.group}' loses {one.removed:,} of {one.documents:,} documents ({one.share:.1%}, "
        f"against {base:.1%} of all), and what goes scores lower than elsewhere "
        f"({one.mean_total:.3g} on average): read some of them before you remove them."
    )
