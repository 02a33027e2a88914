"""How far documents lie from the one most like them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Cost, Evidence, Need
from core.metrics import _vectors


@dataclass(frozen=True, slots=True)
class NearestNeighbourDistance:
    """Mean cosine distance to the nearest other document: 0 copies, near 1 nothing alike.

    Source: Clark and Evans 1954; for text Stasaski and Hearst 2022. Range: 0 to 2. Cost: n² d. It falls as a
    set grows denser, so only sets of one size compare. NaN without an embedding or a second document.
    """

    name: ClassVar[str] = "nearest_neighbour_distance"
    version: ClassVar[int] = 2
    needs: ClassVar[tuple[Need, ...]] = ("vectors",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, 2)

    def measure(self, evidence: Evidence) -> float:
        """Return the mean distance."""
        if len(_vectors.own(evidence)) < 2:
            return math.nan
        nearest = np.concatenate([alike.max(axis=1) for alike in _vectors.cosines_to_others(evidence)])
        return float((1 - nearest).clip(min=0).mean(dtype=np.float64))
