"""How far documents lie from the one most like them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Evidence
from core.metrics import _sample

_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class NearestNeighbourDistance:
    """Mean cosine distance to the nearest other document of a sample: 0 copies, near 1 nothing alike.

    The distance falls as a set grows denser, hence the sample of `documents`; a set with fewer scores a
    little high. NaN without an embedding or a second document.
    """

    name: ClassVar[str] = "nearest_neighbour_distance"
    version: ClassVar[int] = 1
    documents: int = 2000
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the mean distance, 0 to 2."""
        vectors = _sample.usable(evidence.vectors)
        if vectors is None or len(vectors) < 2:
            return math.nan
        vectors = _sample.rows(vectors, self.documents, self.seed)
        nearest = []
        for start in range(0, len(vectors), _BLOCK):
            alike = vectors[start : start + _BLOCK] @ vectors.T
            own = np.arange(len(alike))
            alike[own, start + own] = -np.inf
            nearest.append(alike.max(axis=1))
        return float((1 - np.concatenate(nearest)).clip(min=0).mean())
