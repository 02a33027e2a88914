"""How well each document could be told from all others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Cost, Evidence, Need
from core.metrics import _vectors


@dataclass(frozen=True, slots=True)
class DCScore:
    """Trace of the row-wise softmax of K / tau, K the cosine kernel.

    Source: Zhu et al. 2025, DCScore, whose tau is 1. Range: 1 (copies) to n e / (e + n - 1) for n orthogonal
    texts at tau 1, near e for many; a smaller tau tells kinds apart more sharply and reaches up to n. Cost:
    n² d. NaN without an embedding.
    """

    name: ClassVar[str] = "dc_score"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("vectors",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, math.inf)
    tau: float = 1.0

    def measure(self, evidence: Evidence) -> float:
        """Return the trace."""
        if not len(_vectors.own(evidence)):
            return math.nan
        # a vector's cosine with itself is 1 and the largest of its row, so no exponent is above 0
        rows = [
            np.exp((alike - 1) / self.tau).sum(axis=1, dtype=np.float64)
            for alike in _vectors.cosines_to_others(evidence)
        ]
        return float((1 / (1 + np.concatenate(rows))).sum())
