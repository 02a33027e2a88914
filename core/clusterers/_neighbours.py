"""Nearest neighbours by cosine, and UMAP on top of them: what a layout and a density clusterer share."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Positions = NDArray[np.int64]

NUM_NEIGHBOURS = 15
LEAST_FOR_UMAP = 16  # UMAP needs more points than neighbours
EPOCHS = 200


def sample(n: int, size: int, seed: int) -> Positions:
    """Return `size` of n positions, drawn with the seed, in order; all of them where n is no more."""
    if n <= size:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, size=size, replace=False))


def distinct(vectors: Floats) -> tuple[Positions, Positions]:
    """Return the first position of each distinct vector, and for every vector its number among them."""
    first: dict[bytes, int] = {}
    numbers = [first.setdefault(row.tobytes(), len(first)) for row in np.ascontiguousarray(vectors)]
    inverse = np.array(numbers, dtype=np.int64)
    return np.unique(inverse, return_index=True)[1].astype(np.int64), inverse


def nearest(queries: Floats, vectors: Floats, k: int) -> tuple[Positions, Floats]:
    """Return the k vectors of highest inner product with each query, best first: positions and products."""
    import faiss

    k = min(k, len(vectors))
    queries, vectors = (np.ascontiguousarray(part, dtype=np.float32) for part in (queries, vectors))
    scores, positions = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return positions, scores


def umap(vectors: Floats, dimensions: int, seed: int, min_dist: float) -> Floats:
    """Return UMAP coordinates (McInnes, Healy and Melville 2018), the same for the same seed.

    Cosine distance, 15 neighbours found exactly by faiss, PCA start, 200 epochs on one thread. Needs
    `LEAST_FOR_UMAP` distinct vectors. The first call of a process compiles for about 8 s.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        warnings.filterwarnings("ignore", r"precomputed_knn\[2\]", UserWarning)  # no new data will come
        import umap as library

        model = library.UMAP(
            n_components=dimensions,
            n_neighbors=NUM_NEIGHBOURS,
            min_dist=min_dist,
            metric="cosine",
            init="pca",
            n_epochs=EPOCHS,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=_graph(vectors),
        )
        return np.asarray(model.fit_transform(vectors), dtype=np.float32)


def _graph(vectors: Floats) -> tuple[Any, Any]:
    """Every vector's neighbours and cosine distances, itself first: rounding may rank a near copy above."""
    positions, scores = nearest(vectors, vectors, NUM_NEIGHBOURS)
    own = positions == np.arange(len(vectors))[:, None]
    lost = ~own.any(axis=1)  # crowded out by near copies, or without direction
    positions[lost, -1] = np.flatnonzero(lost)
    own[lost, -1] = True
    order = np.argsort(np.where(own, -np.inf, -scores), axis=1, kind="stable")
    distances = np.where(own, 0, np.clip(1 - scores, 0, None))
    ordered = np.take_along_axis(distances, order, axis=1).astype(np.float32)
    return np.take_along_axis(positions, order, axis=1), ordered


def principal(vectors: Floats, dimensions: int) -> Floats:
    """Return the coordinates on the leading principal axes, zero beyond the rank of the vectors."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:dimensions]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]  # fixes the sign
    found = np.zeros((len(vectors), dimensions), dtype=np.float32)
    found[:, : len(axes)] = centred @ axes.T
    return found
