"""Spherical k-means by faiss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError


@dataclass(frozen=True, slots=True)
class KMeans:
    """Puts every document into the one of k clusters whose centre has the nearest direction.

    Lloyd's iterations by faiss on unit vectors, centres brought back to unit length each time
    (Dhillon and Modha 2001). `k` None takes √(n/2), from 8 to 200 and at most n/2; there are
    never more clusters than distinct vectors. Centres are trained on at most 256 vectors a
    cluster, drawn with the seed. A zero vector has no direction and is noise.
    """

    name: ClassVar[str] = "kmeans"
    version: ClassVar[int] = 1
    k: int | None = None
    seed: int = 0
    iterations: int = 25

    def __post_init__(self) -> None:
        """Refuse settings that cannot be clustered with."""
        if self.k is not None and self.k < 1:
            raise BadInputError(f"k = {self.k}", "there must be 1 cluster or more", "raise k")
        if self.iterations < 1:
            raise BadInputError(f"iterations = {self.iterations}", "must be 1 or more", "raise it")

    def fit(self, vectors: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return a cluster a vector, -1 for zero vectors; a number below k may be left without members."""
        labels = np.full(len(vectors), -1, dtype=np.int32)
        there = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
        if len(there):
            labels[there] = self._fit_unit(vectors[there])
        return labels

    def _fit_unit(self, vectors: NDArray[np.float32]) -> NDArray[np.int32]:
        import faiss

        wanted = self.k or default_k(len(vectors))
        k = min(wanted, num_distinct(vectors, wanted))
        unit = np.ascontiguousarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
        model = faiss.Kmeans(
            unit.shape[1],
            k,
            niter=self.iterations,
            seed=self.seed,
            spherical=True,
            min_points_per_centroid=1,  # small corpora are meant; faiss would warn on standard error
            gpu=False,
        )
        model.train(unit)
        _, positions = model.index.search(unit, 1)
        labels: NDArray[np.int32] = positions[:, 0].astype(np.int32)
        return labels


def default_k(n: int) -> int:
    """Return √(n/2), from 8 to 200, and at most n/2."""
    return max(1, min(200, max(8, round(math.sqrt(n / 2))), n // 2))


def num_distinct(vectors: NDArray[np.float32], enough: int) -> int:
    """Count distinct vectors, no further than `enough`."""
    seen: set[bytes] = set()
    for row in vectors:
        seen.add(row.tobytes())
        if len(seen) >= enough:
            break
    return len(seen)
