"""Vectors at unit length, and their cosines, a block at a time; kept with the evidence where they are few."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.doors import Evidence

BLOCK = 1024  # rows; a matrix of one block is kept for the next metric

Floats = NDArray[np.float32]


def unit(vectors: NDArray[Any], precision: Any = np.float32) -> NDArray[Any]:
    """Return the finite, non-zero vectors at unit length."""
    wide = np.asarray(vectors, dtype=precision)
    squares = np.einsum("ij,ij->i", wide, wide)
    there = np.isfinite(squares) & (squares > 0)
    if not there.all():
        wide, squares = wide[there], squares[there]
    found: NDArray[Any] = wide / np.sqrt(squares)[:, None]
    return found


def own(evidence: Evidence) -> Floats:
    """Return the set's usable vectors; (0, d) where there is none."""
    return _units(evidence, "own", evidence.vectors)


def corpus(evidence: Evidence) -> Floats:
    """Return the usable vectors that stand for the corpus; (0, d) where there is none."""
    return _units(evidence, "corpus", evidence.reference)


def _units(evidence: Evidence, key: str, vectors: NDArray[np.float32] | None) -> Floats:
    if key not in evidence.kept:
        evidence.kept[key] = np.empty((0, 0), np.float32) if vectors is None else unit(vectors)
    found: Floats = evidence.kept[key]
    return found


def cosines_to_others(evidence: Evidence) -> Iterator[Floats]:
    """Yield rows of cosines of the set's vectors with all of it, each one's own at minus infinity."""
    vectors = own(evidence)
    if "others" in evidence.kept:
        yield evidence.kept["others"]
        return
    for start, alike in _blocks(vectors, vectors):
        at = np.arange(len(alike))
        alike[at, start + at] = -np.inf
        if len(vectors) <= BLOCK:
            evidence.kept["others"] = alike
        yield alike


def cosines_to_corpus(evidence: Evidence) -> Iterator[Floats]:
    """Yield rows of cosines of the set's vectors with those that stand for the corpus."""
    vectors = own(evidence)
    if "to corpus" in evidence.kept:
        yield evidence.kept["to corpus"]
        return
    for _, alike in _blocks(vectors, corpus(evidence)):
        if len(vectors) <= BLOCK:
            evidence.kept["to corpus"] = alike
        yield alike


def _blocks(left: Floats, right: Floats) -> Iterator[tuple[int, Floats]]:
    for start in range(0, len(left), BLOCK):
        yield start, left[start : start + BLOCK] @ right.T
