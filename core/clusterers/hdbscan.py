"""Clusters where documents are dense, noise between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.clusterers import _neighbours
from core.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Hdbscan:
    """Finds the clusters that are densest (Campello, Moulavi and Sander 2013); the rest is noise.

    Density means little in hundreds of dimensions, so UMAP takes the vectors to `dimensions` first
    (min_dist 0), or PCA where there are fewer than 16 distinct ones. Beyond `max_fit` documents a
    seeded sample is clustered, and each other document takes the label of its nearest sampled one.
    """

    name: ClassVar[str] = "hdbscan"
    version: ClassVar[int] = 1
    min_cluster_size: int = 15
    dimensions: int = 5
    max_fit: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that cannot be clustered with."""
        if self.min_cluster_size < 2:
            value = f"min_cluster_size = {self.min_cluster_size}"
            raise BadInputError(value, "a cluster has 2 documents or more", "raise it")
        if self.dimensions < 1 or self.max_fit < 2:
            value = f"dimensions = {self.dimensions}, max_fit = {self.max_fit}"
            raise BadInputError(value, "must be 1 and 2 or more", "raise them")

    def fit(self, vectors: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return a cluster a vector; -1 is noise, as are all of fewer than `min_cluster_size` vectors."""
        if len(vectors) < self.min_cluster_size:
            return np.full(len(vectors), -1, dtype=np.int32)
        fitted = _neighbours.sample(len(vectors), self.max_fit, self.seed)
        found = self._fit_all(vectors[fitted])
        if len(fitted) == len(vectors):
            return found
        nearest, _ = _neighbours.nearest(vectors, vectors[fitted], 1)
        labels = found[nearest[:, 0]]
        labels[fitted] = found
        return labels

    def _fit_all(self, vectors: NDArray[np.float32]) -> NDArray[np.int32]:
        from sklearn.cluster import HDBSCAN

        model = HDBSCAN(min_cluster_size=min(self.min_cluster_size, len(vectors)), copy=True)
        found: NDArray[np.int32] = model.fit_predict(self._reduced(vectors)).astype(np.int32)
        return found

    def _reduced(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        first, inverse = _neighbours.distinct(vectors)
        width = min(self.dimensions, vectors.shape[1])
        if len(first) >= _neighbours.LEAST_FOR_UMAP:
            return _neighbours.umap(vectors[first], width, self.seed, min_dist=0.0)[inverse]
        return _neighbours.principal(vectors[first], width)[inverse]
