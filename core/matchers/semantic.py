"""Documents that mean the same, by their embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.matchers._shingles import mixed
from core.matchers._stars import Positions, first_members, ranks_of

_BLOCK = 1024  # vectors compared with others at once
_AT_ONCE = 65_536  # vectors looked at at once
_TRAINED_ON = 256  # vectors a cluster that k-means learns from, as faiss has it
_ALONE: Sequence[int] = ()
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Semantic:
    """Groups documents whose embeddings lie closer than `epsilon` in cosine distance.

    After SemDeDup (Abbas et al. 2023, section 3): k-means, then comparison inside each cluster only, of about
    `documents_per_cluster`. There, of a pair the member closer to the cluster's centre goes, and so it is
    where nothing else is preferred. Unlike there, a document joins only where it is that close to the
    group's centre, which survives, so groups do not chain: two members are at most twice its angle apart.
    Zero vectors, and those with a value that is no number, are in no group. Which vectors k-means learns
    from, and in what order, depends on their values alone; their lengths do not count.
    """

    name: ClassVar[str] = "semantic"
    version: ClassVar[int] = 2
    takes: ClassVar[Literal["texts", "vectors"]] = "vectors"
    epsilon: float = 0.05
    documents_per_cluster: int = 1000
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        if not 0 <= self.epsilon < 1:
            raise BadInputError(f"epsilon = {self.epsilon}", "is a distance from 0 to below 1", "try 0.05")
        if self.documents_per_cluster < 2:
            rule = "must be 2 or more"
            raise BadInputError(f"documents_per_cluster = {self.documents_per_cluster}", rule, "try 1000")

    def groups(self, vectors: Vectors) -> Positions:
        """Return for each vector the position of the first member of its group."""
        return first_members(self.group(vectors, None, np.zeros(len(vectors), dtype=np.int64))[0])

    def group(
        self, vectors: Vectors, ranks: Positions | None, parts: Positions
    ) -> tuple[Positions, Positions]:
        """Return each vector's centre, inside its part and at large.

        Args:
            vectors: (n, d).
            ranks: each one's rank; of a group, the lowest is the centre. None: far from the cluster's first.
            parts: each one's source, by number.
        """
        local = np.arange(len(vectors), dtype=np.int64)
        across = local.copy()
        usable = np.flatnonzero(_usable(vectors))
        if not len(usable):
            return local, across
        labels, closeness, keys = self._clusters(vectors, usable)
        ranks = ranks_of(np.lexsort((keys, closeness))) if ranks is None else ranks[usable]
        order = np.lexsort((ranks, labels))
        for rows in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
            inside = usable[rows]
            found = _unit(vectors[inside])
            own, wide = self._grouped(found, parts[inside])
            local[inside], across[inside] = inside[own], inside[wide]
        return local, across

    def _clusters(self, vectors: Vectors, usable: Positions) -> tuple[Positions, Vectors, NDArray[np.uint64]]:
        """Return each usable vector's cluster, its closeness to the centre, and a key of its values."""
        keys = _keys(vectors, usable)
        num_clusters = max(1, len(usable) // self.documents_per_cluster)
        learnt = usable[np.argsort(keys, kind="stable")[: _TRAINED_ON * num_clusters]]
        sample = _unit(vectors[learnt])
        if num_clusters == 1:
            centre = sample.mean(axis=0)
            closeness = np.concatenate([_unit(vectors[some]) @ centre for some in _some(usable)])
            return np.zeros(len(usable), dtype=np.int64), closeness, keys
        import faiss

        means = faiss.Kmeans(vectors.shape[1], num_clusters, niter=20, seed=self.seed, spherical=True)
        means.train(sample)
        found = [means.index.search(_unit(vectors[some]), 1) for some in _some(usable)]
        closeness, labels = (np.concatenate([pair[i][:, 0] for pair in found]) for i in (0, 1))
        return labels.astype(np.int64), closeness, keys

    def _grouped(self, vectors: Vectors, parts: Positions) -> tuple[Positions, Positions]:
        """Group one cluster's unit vectors, best first: inside each part, then those groups across parts."""
        local = np.arange(len(vectors), dtype=np.int64)
        different = np.unique(parts)
        for part in different:
            rows = np.flatnonzero(parts == part)
            local[rows] = rows[self._led(vectors[rows], np.arange(len(rows)), {})]
        if len(different) == 1:
            return local, local
        centres = np.flatnonzero(local == np.arange(len(local)))
        units: dict[int, list[int]] = {}
        for row in np.flatnonzero(local != np.arange(len(local))).tolist():
            units.setdefault(int(local[row]), []).append(row)
        wide = self._led(vectors, centres, units)
        return local, wide[local]

    def _led(self, vectors: Vectors, order: Positions, units: Mapping[int, Sequence[int]]) -> Positions:
        """Let each of `order`, with its unit, join the first centre before it that is close to all of them."""
        least = 1 - self.epsilon
        leaders = np.arange(len(vectors), dtype=np.int64)
        kept = np.zeros(0, dtype=np.int64)
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            before = np.concatenate([kept, block])
            near = vectors[block] @ vectors[before].T >= least
            near[:, len(kept) :] &= np.tri(len(block), k=-1, dtype=np.bool_)
            stays = np.ones(len(before), dtype=np.bool_)
            for i in np.flatnonzero(near.any(axis=1)).tolist():
                own = units.get(int(block[i]), _ALONE)
                for centre in before[near[i] & stays].tolist():
                    if not own or bool((vectors[list(own)] @ vectors[centre] >= least).all()):
                        leaders[block[i]] = centre
                        stays[len(kept) + i] = False
                        break
            kept = before[stays]
        return leaders


def _some(rows: Positions) -> Iterator[Positions]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _usable(vectors: Vectors) -> NDArray[np.bool_]:
    """Which vectors have a direction."""
    found = np.zeros(len(vectors), dtype=np.bool_)
    for start in range(0, len(vectors), _AT_ONCE):
        some = vectors[start : start + _AT_ONCE]
        squares = np.einsum("ij,ij->i", some, some)
        found[start : start + len(some)] = np.isfinite(squares) & (squares > 0)
    return found


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    found: Vectors = vectors / lengths[:, None]
    return found


def _keys(vectors: Vectors, rows: Positions) -> NDArray[np.uint64]:
    """Return a hash of each vector's values: an order that does not depend on where they stand."""
    weights = np.random.default_rng(0).integers(0, 2**64, size=vectors.shape[1], dtype=np.uint64) | np.uint64(
        1
    )
    found = np.empty(len(rows), dtype=np.uint64)
    for start in range(0, len(rows), _BLOCK):
        bits = np.ascontiguousarray(vectors[rows[start : start + _BLOCK]]).view(np.uint32)
        found[start : start + _BLOCK] = mixed((bits * weights).sum(axis=1, dtype=np.uint64))
    return found
