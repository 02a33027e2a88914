"""Samples of equal size, so that the variety of large and small sets can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")


def words(texts: Sequence[str], total: int, per_text: int, seed: int) -> list[list[str]]:
    """Return `total` words, at most `per_text` from the beginning of each text, texts in a drawn order.

    The last text is cut; fewer words come back where there are no more. Words are lower-cased.
    """
    found, left = [], total
    for i in np.random.default_rng(seed).permutation(len(texts)).tolist():
        head = texts[i][: per_text * 40].lower()
        piece = _WORD.findall(head)[: min(per_text, left)]
        if piece:
            found.append(piece)
            left -= len(piece)
        if not left:
            break
    return found


def rows(array: NDArray[Any], limit: int, seed: int) -> NDArray[Any]:
    """Return at most `limit` rows, drawn without replacement, in the array's order."""
    if len(array) <= limit:
        return array
    return array[np.sort(np.random.default_rng(seed).permutation(len(array))[:limit])]


def usable(vectors: NDArray[np.float32] | None) -> NDArray[np.float64] | None:
    """Return the finite, non-zero vectors at unit length; None where there is none."""
    if vectors is None:
        return None
    norms = np.linalg.norm(vectors, axis=1)
    there = np.isfinite(norms) & (norms > 0)
    if not there.any():
        return None
    unit: NDArray[np.float64] = vectors[there].astype(np.float64) / norms[there, None]
    return unit


def entropy(shares: NDArray[np.float64]) -> float:
    """Shannon entropy in nats of shares that sum to 1; zeros count nothing."""
    positive = shares[shares > 0]
    return float(max(0.0, -(positive * np.log(positive)).sum()))
