"""How well a set stands for the whole corpus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Cost, Evidence, Need
from core.metrics import _vectors


@dataclass(frozen=True, slots=True)
class FacilityLocation:
    """Mean cosine of the corpus's documents to the one of the set that is most like each: its coverage.

    Source: Nemhauser et al. 1978; Lin and Bilmes 2011; in QDIT (Bukharin and Zhao 2023) the diversity that
    selection raises. Range: -1 to 1, 1 where everything has its like in the set. It never falls as a set
    grows, so only sets of one size compare. Cost: n m d, m the documents of the corpus that are drawn to
    stand for it. NaN without an embedding.
    """

    name: ClassVar[str] = "facility_location"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("vectors", "reference")
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (-1, 1)

    def measure(self, evidence: Evidence) -> float:
        """Return the mean."""
        if not len(_vectors.own(evidence)) or not len(_vectors.corpus(evidence)):
            return math.nan
        best = np.max([alike.max(axis=0) for alike in _vectors.cosines_to_corpus(evidence)], axis=0)
        return float(best.clip(-1, 1).mean(dtype=np.float64))
