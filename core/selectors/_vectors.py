"""Vectors of unit length, a block at a time, and their clusters."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

BLOCK = 8192  # rows of a matrix of similarities
Floats = NDArray[np.float32]


def unit(vectors: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the vectors at unit length, and which have one; zero and non-finite vectors become zero."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    there = np.isfinite(squares) & (squares > 0)
    if there.all() and bool(np.all(np.abs(squares - 1) < 1e-6)):
        return np.ascontiguousarray(vectors, np.float32), there
    scale = np.where(there, 1 / np.sqrt(np.where(there, squares, 1.0)), 0.0).astype(np.float32)
    found = np.where(there[:, None], vectors, np.float32(0)) * scale[:, None]
    return np.ascontiguousarray(found, np.float32), there


def target(vectors: Floats, setting: str) -> Floats:
    """Return a target's vectors at unit length, those without a direction left out."""
    found, there = unit(vectors)
    if not there.any():
        raise BadInputError(setting, "none of its texts has a vector", "name a file of ordinary texts")
    return found[there]


def blocks(count: int) -> Iterator[slice]:
    """Yield slices of at most `BLOCK` rows that cover `count` rows."""
    for start in range(0, count, BLOCK):
        yield slice(start, min(count, start + BLOCK))


def sample(count: int, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return `size` of `count` positions, drawn without replacement, in order; all where there are no more."""
    if count <= size:
        return np.arange(count)
    return np.sort(rng.choice(count, size=size, replace=False))


def clusters(
    vectors: Floats, k: int | None, rng: np.random.Generator, *, spherical: bool = True
) -> tuple[NDArray[np.int64], int]:
    """Return each vector's cluster by k-means (faiss), and how many there are; non-finite rows are the last.

    `k` None is √(n/2), at most 1,000. There are never more than vectors. Centres are trained on at most 256
    vectors a cluster. `spherical` compares directions, for which a zero vector has none.
    """
    import faiss

    usable = np.isfinite(vectors).all(axis=1) & (vectors.any(axis=1) | (not spherical))
    rows = np.ascontiguousarray(vectors if usable.all() else vectors[usable], np.float32)
    labels = np.zeros(len(vectors), dtype=np.int64)
    wanted = min(k or max(1, min(1000, round(math.sqrt(len(rows) / 2)))), len(rows))
    if wanted:
        model = faiss.Kmeans(
            rows.shape[1],
            wanted,
            niter=25,
            seed=int(rng.integers(2**31 - 1)),
            spherical=spherical,
            min_points_per_centroid=1,  # faiss would warn on standard error of few vectors
            gpu=False,
        )
        model.train(rows)
        labels[usable] = model.index.search(rows, 1)[1][:, 0]
    labels[~usable] = wanted
    return labels, wanted + int(not usable.all())
