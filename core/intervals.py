"""How far a counted share may be from the true one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z = 1.959963984540054  # of a two-sided interval of 95 %


def wilson(part: ArrayLike, whole: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the 95 % interval of `part` of `whole`, of any shape: from 0 to 1 where the whole is 0.

    Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    counts = np.asarray(whole, dtype=np.float64)
    size = np.where(counts > 0, counts, 1.0)
    share = np.asarray(part, dtype=np.float64) / size
    middle = share + Z**2 / (2 * size)
    reach = Z * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    scale = 1 + Z**2 / size
    low, high = np.clip((middle - reach) / scale, 0, 1), np.clip((middle + reach) / scale, 0, 1)
    return np.where(counts > 0, low, 0.0), np.where(counts > 0, high, 1.0)
