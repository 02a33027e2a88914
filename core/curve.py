"""A threshold's whole course: what is kept as it runs over a column's values, and where a share is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

NUM_POINTS = 101

Side = Literal["at least", "at most"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """The shares kept at each threshold, a quantile of the column's values; all are values that occur.

    `thresholds` (points,) ascend, and repeat where values do. `documents` and `tokens` (domains, points)
    are shares of all that the domain holds, documents without a value included, which no threshold keeps;
    NaN for a domain that holds none. `all_documents` and `all_tokens` (points,) are shares of the corpus.
    A column without values has no points.
    """

    side: Side
    thresholds: Floats
    documents: Floats
    tokens: Floats
    all_documents: Floats
    all_tokens: Floats


def curve(
    values: NDArray[Any],
    side: Side,
    tokens: NDArray[Any],
    codes: NDArray[Any],
    num_domains: int,
    num_points: int = NUM_POINTS,
) -> Curve:
    """Run a threshold over the quantiles of a column; 80 ms at 1M documents and ten domains.

    Counts are those of `core.threshold.Range`: the bound itself is kept, NaN never is.
    """
    numbers = np.asarray(values, dtype=np.float64)
    points = _quantiles(np.sort(numbers), num_points)
    width = len(points) + 1
    # the bin is the number of thresholds that keep the value (at least) or that do not (at most)
    bins = np.searchsorted(points, numbers, side="right" if side == "at least" else "left")
    if side == "at least":
        bins[np.isnan(numbers)] = 0  # searchsorted takes NaN for the largest of all
    key = codes.astype(np.int64) * width + bins
    shape = (num_domains, width)
    counts = np.bincount(key, minlength=num_domains * width).reshape(shape)
    sizes = np.bincount(key, tokens, num_domains * width).astype(np.int64).reshape(shape)
    return Curve(
        side,
        points,
        _shares(counts, side),
        _shares(sizes, side),
        _shares(counts.sum(axis=0, keepdims=True), side)[0],
        _shares(sizes.sum(axis=0, keepdims=True), side)[0],
    )


def _quantiles(ordered: Floats, num: int) -> Floats:
    """The values nearest to even steps through the finite ones; NaN stand last in the order."""
    low, high = np.searchsorted(ordered, -np.inf, side="right"), np.searchsorted(ordered, np.inf)
    finite = ordered[low:high]
    if not len(finite):
        return finite
    return finite[np.round(np.linspace(0, len(finite) - 1, num)).astype(np.int64)]


def _shares(counts: NDArray[np.int64], side: Side) -> Floats:
    """From counts by bin to shares kept at each threshold."""
    whole = counts.sum(axis=1, keepdims=True)
    if side == "at least":
        kept = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1][:, 1:]
    else:
        kept = np.cumsum(counts, axis=1)[:, :-1]
    shares = np.full(kept.shape, np.nan)
    np.divide(kept, whole, out=shares, where=whole > 0)
    return shares


# --- the other way about ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reached:
    """The threshold found for a share, and what it really keeps: documents, tokens and the share itself.

    `share` is above `asked` where values tie, and below where too many documents have no value. The
    threshold is None where none has; then nothing is kept.
    """

    side: Side
    threshold: float | None
    asked: float
    share: float
    documents: int
    tokens: int


def threshold_keeping(
    values: NDArray[Any],
    side: Side,
    share: float,
    tokens: NDArray[Any],
    by: Literal["documents", "tokens"] = "documents",
) -> Reached:
    """Return the strictest threshold, a value that occurs, that keeps at least a share of the whole corpus.

    Where documents without a value put the share out of reach, the one that keeps all others.

    Raises:
        BadInputError: for a share below 0 or above 1.
    """
    if not 0 <= share <= 1:
        raise BadInputError(f"share {share}", "a share is between 0 and 1", "try 0.5")
    numbers = np.asarray(values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(numbers))
    away = numbers[known] if side == "at most" else -numbers[known]  # the smallest is kept the longest
    order = np.argsort(away)
    away = away[order]
    sizes = np.asarray(tokens, dtype=np.int64)
    last = np.flatnonzero(np.concatenate([away[1:] != away[:-1], [True]])[: len(away)])  # of each tie
    last = last[np.isfinite(away[last])]  # no bound can be infinite
    if not len(last):
        return Reached(side, None, share, 0.0, 0, 0)
    kept_tokens = np.cumsum(sizes[known[order]])[last]
    kept = last + 1 if by == "documents" else kept_tokens
    shares = kept / max(len(numbers) if by == "documents" else int(sizes.sum()), 1)
    place = min(int(np.searchsorted(shares, share)), len(last) - 1)
    bound = float(away[last[place]])
    threshold = (bound if side == "at most" else -bound) + 0.0  # no minus zero
    return Reached(
        side, threshold, share, float(shares[place]), int(last[place]) + 1, int(kept_tokens[place])
    )
