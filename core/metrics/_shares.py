"""Shares that sum to 1: their entropy, and how many even shares would be as varied."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def entropy(shares: Floats) -> float:
    """Shannon entropy in nats; zeros count nothing."""
    positive = shares[shares > 0]
    return float(max(0.0, -(positive * np.log(positive)).sum()))


def effective_number(shares: Floats, q: float = 1.0) -> float:
    """Hill's number of order q: (Σ pᵢ^q)^(1 / (1 - q)), and its limits exp(entropy) at 1, 1 / max at ∞.

    Order 0 counts what is there, higher orders weigh the frequent more. From 1 to the number of shares.
    """
    positive = shares[shares > 0]
    if q == 1:
        return math.exp(entropy(positive))
    if math.isinf(q):
        return float(1 / positive.max())
    return float((positive**q).sum() ** (1 / (1 - q)))


def of_counts(codes: NDArray[np.int32] | None) -> NDArray[np.int64] | None:
    """How often each code of 0 and above stands there, zeros left out; None where there is none."""
    if codes is None or not (codes >= 0).any():
        return None
    counts = np.bincount(codes[codes >= 0])
    return counts[counts > 0]
