"""Documents that mean the like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.rankers._shelf import Ranking, Shelf


@dataclass(frozen=True, slots=True)
class Nearest:
    """Finds documents whose vectors point the way of the query's: alike in meaning, not in words."""

    name: ClassVar[str] = "nearest"
    version: ClassVar[int] = 1

    def over(self, shelf: Shelf) -> NearestRanker:
        """Return the ranker; faiss compares with every vector, exactly."""
        return NearestRanker(shelf)


@dataclass(frozen=True, slots=True)
class NearestRanker:
    """Ranks one set of documents by cosine."""

    name: ClassVar[str] = "nearest"
    version: ClassVar[int] = 1
    shelf: Shelf

    def rank(self, query: str, k: int) -> Ranking:
        """Return the k documents of highest cosine; none for a query without a known word."""
        import faiss

        vectors, wanted = self.shelf.vectors(), self.shelf.vector_of(query)[None]
        if not wanted.any():
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, rows = faiss.knn(wanted, vectors, min(k, len(vectors)), metric=faiss.METRIC_INNER_PRODUCT)
        return rows[0].astype(np.int64), scores[0].astype(np.float32)
