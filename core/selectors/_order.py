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
    if values.dtype.kind not in "biuf":
        raise BadInputError(column, "a score column holds numbers", "name a numeric column")
    return values.astype(np.float64)
