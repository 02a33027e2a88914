"""What a ranker may look at, and what a ranker's brick is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from core.doors import Ranker

Ranking = tuple[NDArray[np.int64], NDArray[np.float32]]  # positions and scores, best first


class Shelf(Protocol):
    """A set of documents, ready to be searched."""

    @property
    def indexes(self) -> Path:
        """A folder for indexes, which goes when the documents change."""

    def texts(self) -> Iterator[Any]:
        """Yield the texts in row order, as Arrow string arrays."""

    def vectors(self) -> NDArray[np.float32]:
        """Return the documents' vectors, (n, d), of unit length."""

    def vector_of(self, query: str) -> NDArray[np.float32]:
        """Return the query's vector, (d,), by the embedder that made the documents'."""

    def ranker(self, name: str) -> Ranker:
        """Return another ranker of these documents, with its default settings."""


class RankerBrick(Protocol):
    """A way to rank, as settings; `over` makes the ranker of one set of documents."""

    name: ClassVar[str]
    version: ClassVar[int]

    def over(self, shelf: Shelf) -> Ranker:
        """Return the ranker; an index that takes long to build is kept in the shelf's folder."""


def best(scores: NDArray[np.float32], k: int) -> Ranking:
    """Return the k positions of highest score above 0; of equal scores the first document wins."""
    there = np.flatnonzero(scores > 0)
    if len(there) > k:
        least = np.partition(scores[there], len(there) - k)[len(there) - k]
        there = there[scores[there] >= least]
    order = there[np.argsort(-scores[there], kind="stable")][:k].astype(np.int64)
    return order, scores[order].astype(np.float32)
