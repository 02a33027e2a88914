"""What selectors share: taking documents in an order until the budget is met, and reading scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.types import Columns


def take(order: NDArray[np.intp], tokens: NDArray[Any], budget: int) -> NDArray[np.bool_]:
    """Return the mask of the first documents in `order` that together reach the budget.

    The last one taken may cross it; a budget of 0 takes none.
    """
    reached = np.cumsum(tokens[order], dtype=np.int64)
    count = int(np.searchsorted(reached, budget, side="left")) + 1 if budget > 0 else 0
    mask = np.zeros(len(tokens), dtype=np.bool_)
    mask[order[:count]] = True
    return mask


def scores_of(columns: Columns, column: str) -> NDArray[np.float64]:
    """Return a column as float64, nulls as NaN.

    Raises:
        BadInputError: where its values are not numbers.
    """
    values = columns[column]
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise BadInputError(column, "a score column holds numbers", "name a numeric column")
    return values.astype(np.float64)


def by_key(keys: NDArray[Any], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the positions in ascending order of their keys: ties fall at random, NaN comes last."""
    return np.lexsort((rng.random(len(keys)), keys))


def in_shares(
    labels: NDArray[np.int64], weights: NDArray[np.float64], order: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return positions in an order of which every beginning holds the labels in proportion to `weights`.

    Within a label, `order` decides. A label that is used up leaves its share to the others; those of weight
    0 come last. With equal weights, the labels give one document each in turn.

    Args:
        labels: A label from 0 for each position.
        weights: Not negative, by label.
        order: Every position, in the order in which those of one label are to come.
    """
    grouped = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels, minlength=len(weights))
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    place = np.arange(1, len(labels) + 1) - starts  # within its label, from 1
    with np.errstate(divide="ignore"):
        due = place / np.asarray(weights, dtype=np.float64)[labels[grouped]]
    return grouped[np.lexsort((-np.repeat(weights, counts), due))]
