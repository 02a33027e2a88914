"""Documents that mean the same, by their embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.matchers import _shingles

_BLOCK = 2048
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Semantic:
    """Groups documents whose embeddings lie closer than `epsilon` in cosine distance.

    After SemDeDup (Abbas et al. 2023, section 3): k-means, then comparison inside each cluster only, the
    member farthest from the centre kept. Unlike there, a document joins only where it is close to the
    group's representative, so groups do not chain. `documents_per_cluster` sets k. Zero vectors are in no
    group. Vectors are summed in the order in which they come, so equal vectors give equal groups.
    """

    name: ClassVar[str] = "semantic"
    version: ClassVar[int] = 1
    takes: ClassVar[Literal["texts", "vectors"]] = "vectors"
    epsilon: float = 0.05
    documents_per_cluster: int = 1000
    seed: int = 1

    def groups(self, vectors: Vectors) -> NDArray[np.int64]:
        """Return for each unit vector the position of the first member of its group."""
        leaders = np.arange(len(vectors), dtype=np.int64)
        usable = np.flatnonzero(np.isfinite(vectors).all(axis=1) & (vectors != 0).any(axis=1))
        if not len(usable):
            return leaders
        labels, closeness = self._clusters(np.ascontiguousarray(vectors[usable]))
        for label in np.unique(labels):
            inside = np.flatnonzero(labels == label)
            inside = inside[np.argsort(closeness[inside], kind="stable")]
            members = usable[inside]
            leaders[members] = members[self._lead(vectors[members])]
        return _shingles.first_members(leaders)

    def _clusters(self, vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return each vector's cluster, and its cosine with the centre."""
        num_clusters = max(1, len(vectors) // self.documents_per_cluster)
        if num_clusters == 1:
            centre = vectors.mean(axis=0)
            return np.zeros(len(vectors), dtype=np.int64), vectors @ centre
        import faiss

        means = faiss.Kmeans(vectors.shape[1], num_clusters, niter=20, seed=self.seed, spherical=True)
        means.train(vectors)
        closeness, labels = means.index.search(vectors, 1)
        return labels[:, 0], closeness[:, 0]

    def _lead(self, vectors: Vectors) -> NDArray[np.int64]:
        """For each vector, the first representative before it that is close enough, else itself."""
        leaders = np.arange(len(vectors), dtype=np.int64)
        for start in range(0, len(vectors), _BLOCK):
            block = vectors[start : start + _BLOCK]
            kept = np.flatnonzero(leaders[:start] == np.arange(start))
            if len(kept):
                close = block @ vectors[kept].T >= 1 - self.epsilon
                met = close.any(axis=1)
                leaders[start : start + len(block)][met] = kept[close.argmax(axis=1)[met]]
            near = block @ block.T >= 1 - self.epsilon
            for i in range(len(block)):
                if leaders[start + i] == start + i:
                    later = np.flatnonzero(near[i, i + 1 :]) + start + i + 1
                    free = later[leaders[later] == later]
                    leaders[free] = start + i
        return leaders
