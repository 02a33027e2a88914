"""How new each document is beside the others, near ones counting most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.doors import Cost, Evidence, Need
from core.metrics import _vectors

_SAME = 1e-6  # a distance that is rounding: the reference holds each vector once


@dataclass(frozen=True, slots=True)
class NovelSum:
    """Mean over documents of cosine distances to the others, nearest first, weighted 1 / rank^alpha.

    Source: Yang et al. 2025, "Measuring Data Diversity for Instruction Tuning", as their code has it: a
    document's distances are scaled by its density^beta, density the inverse of the mean squared distance to
    its `neighbours` nearest in the corpus (a sample of it), so that differences count for more where much
    is said; weights sum to 1; a document is not compared with itself. Range: from 0 (copies) up. Cost: n² d
    and n m d. NaN without an embedding or a second document.
    """

    name: ClassVar[str] = "novel_sum"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("vectors", "reference")
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, math.inf)
    alpha: float = 1.0
    beta: float = 0.5
    neighbours: int = 10

    def measure(self, evidence: Evidence) -> float:
        """Return the mean."""
        count = len(_vectors.own(evidence))
        if count < 2 or not len(_vectors.corpus(evidence)):
            return math.nan
        weights = np.arange(1, count, dtype=np.float64) ** -self.alpha
        novelty = [
            np.sort(1 - alike, axis=1)[:, :-1].clip(min=0) @ (weights / weights.sum())  # itself sorts last
            for alike in _vectors.cosines_to_others(evidence)
        ]
        return float((np.concatenate(novelty) * self._density(evidence) ** self.beta).mean())

    def _density(self, evidence: Evidence) -> NDArray[np.float64]:
        """The inverse of the mean squared distance to the nearest in the corpus; 0 where there is none."""
        found = []
        for alike in _vectors.cosines_to_corpus(evidence):
            squares = 2 * (1 - alike)
            squares[squares < _SAME] = np.inf
            k = min(self.neighbours, squares.shape[1])
            near = np.partition(squares, k - 1, axis=1)[:, :k]
            known = np.isfinite(near)
            total = np.where(known, near, 0).sum(axis=1, dtype=np.float64)
            found.append(np.divide(known.sum(axis=1), total, out=np.zeros(len(total)), where=total > 0))
        return np.concatenate(found)
