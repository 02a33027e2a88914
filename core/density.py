"""How densely documents lie: each one's nearest other document, by the cosine distance of embeddings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXACT_ROWS = 10_000  # up to so many, every pair is compared: 2 s on two cores at 384 dimensions
PROBES = 16  # cells that a document is looked for in, beyond
_TRAINED_ON = 24  # vectors a cell that its centre is learnt from, in 10 rounds: learning is most of the time


@dataclass(frozen=True, slots=True)
class Nearest:
    """By row: the nearest other document and how far it is, from 0 (a copy) to 2.

    Where there is no telling, for a vector is zero or not finite, or no other is, the row is -1 and the distance
    NaN. Unless `exact`, a nearer one may have been missed, so a distance may be too long, never too short.
    """

    rows: NDArray[np.int64]
    distances: NDArray[np.float32]
    exact: bool


def nearest_others(vectors: NDArray[np.float32], exact_rows: int = EXACT_ROWS) -> Nearest:
    """Find the nearest other vector of each by cosine, with faiss.

    Up to `exact_rows` by comparing all pairs, n² d. Beyond, by an inverted file of 4 √n cells, 16 of which are
    looked through for each document.
    """
    squares = np.einsum("ij,ij->i", vectors, vectors)
    usable = np.flatnonzero(np.isfinite(squares) & (squares > 0))
    rows = np.full(len(vectors), -1, dtype=np.int64)
    distances = np.full(len(vectors), np.nan, dtype=np.float32)
    exact = len(usable) <= exact_rows
    if len(usable) > 1:
        unit = np.ascontiguousarray(vectors[usable] / np.sqrt(squares[usable])[:, None], dtype=np.float32)
        products, places = _all_pairs(unit) if exact else _by_cells(unit)
        other, product = _first_other(products, places)
        found = other >= 0
        rows[usable[found]] = usable[other[found]]
        distances[usable[found]] = np.clip(1 - product[found], 0, 2)
    return Nearest(rows, distances, exact)


def _all_pairs(unit: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    import faiss

    found: tuple[NDArray[np.float32], NDArray[np.int64]] = faiss.knn(
        unit, unit, min(2, len(unit)), metric=faiss.METRIC_INNER_PRODUCT
    )
    return found


def _by_cells(unit: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    import faiss

    cells = min(len(unit), int(4 * math.sqrt(len(unit))))
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(unit.shape[1]), unit.shape[1], cells, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.niter = 10
    index.cp.max_points_per_centroid = _TRAINED_ON
    index.cp.min_points_per_centroid = 1  # faiss would warn on standard error of few vectors
    index.train(unit)
    index.add(unit)
    index.nprobe = PROBES
    found: tuple[NDArray[np.float32], NDArray[np.int64]] = index.search(unit, min(2, len(unit)))
    return found


def _first_other(
    products: NDArray[np.float32], places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The best of each row's neighbours that is not the row itself; -1 where there is none."""
    allowed = (places != np.arange(len(places))[:, None]) & (places >= 0)
    first, at = allowed.argmax(axis=1), np.arange(len(places))
    return np.where(allowed.any(axis=1), places[at, first], -1), products[at, first]
