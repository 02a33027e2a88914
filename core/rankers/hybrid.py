"""Words and meaning together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Ranker
from core.errors import BadInputError
from core.rankers._shelf import Ranking, Shelf

PARTS = ("keyword", "nearest")


@dataclass(frozen=True, slots=True)
class Hybrid:
    """Puts the lists of keyword and nearest together by reciprocal rank fusion.

    A document's score is Σ 1 / (constant + rank) over the lists that hold it (Cormack, Clarke and
    Büttcher 2009, constant 60), ranks from 1, the first `depth` of each list.
    """

    name: ClassVar[str] = "hybrid"
    version: ClassVar[int] = 1
    constant: int = 60
    depth: int = 100

    def __post_init__(self) -> None:
        """Refuse settings that leave nothing to fuse."""
        if self.constant < 0 or self.depth < 1:
            value = f"constant = {self.constant}, depth = {self.depth}"
            raise BadInputError(value, "constant is 0 or more, depth 1 or more", "raise them")

    def over(self, shelf: Shelf) -> HybridRanker:
        """Return the ranker, over the shelf's other rankers."""
        return HybridRanker(tuple(shelf.ranker(part) for part in PARTS), self.constant, self.depth)


@dataclass(frozen=True, slots=True)
class HybridRanker:
    """Ranks one set of documents by several rankers at once."""

    name: ClassVar[str] = "hybrid"
    version: ClassVar[int] = 1
    parts: tuple[Ranker, ...]
    constant: int
    depth: int

    def rank(self, query: str, k: int) -> Ranking:
        """Return at most k documents of the fused list; of equal scores the first document wins."""
        fused: defaultdict[int, float] = defaultdict(float)
        for part in self.parts:
            rows, _ = part.rank(query, max(k, self.depth))
            for rank, row in enumerate(rows.tolist(), 1):
                fused[row] += 1 / (self.constant + rank)
        order = sorted(fused, key=lambda row: (-fused[row], row))[:k]
        return np.array(order, dtype=np.int64), np.array([fused[row] for row in order], dtype=np.float32)
