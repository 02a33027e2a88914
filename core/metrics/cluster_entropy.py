"""How evenly documents spread over the clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Cost, Evidence, Need
from core.metrics import _shares


@dataclass(frozen=True, slots=True)
class ClusterEntropy:
    """Entropy of the clusters' shares over the entropy of even shares: 0 all in one, 1 spread evenly.

    Source: Shannon 1948; Pielou's evenness 1966. Range: 0 to 1. Cost: one count of the labels. Even shares
    are over all clusters of the corpus, so a domain is judged against all there is. Noise does not count.
    NaN without clusters, and where the corpus has only one.
    """

    name: ClassVar[str] = "cluster_entropy"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("clusters",)
    cost: ClassVar[Cost] = "whole"
    span: ClassVar[tuple[float, float]] = (0, 1)

    def measure(self, evidence: Evidence) -> float:
        """Return the normalised entropy."""
        counts = _shares.of_counts(evidence.clusters)
        if counts is None or evidence.num_clusters < 2:
            return math.nan
        return _shares.entropy(counts / counts.sum()) / math.log(evidence.num_clusters)


@dataclass(frozen=True, slots=True)
class EffectiveClusters:
    """How many clusters of equal size would be as varied: Hill's number of the clusters' shares.

    Source: Hill 1973, at order 1 exp of the entropy. Range: 1 to the number of clusters. Cost: one count of
    the labels. Noise does not count. NaN without clusters.
    """

    name: ClassVar[str] = "effective_clusters"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("clusters",)
    cost: ClassVar[Cost] = "whole"
    span: ClassVar[tuple[float, float]] = (1, math.inf)
    q: float = 1.0

    def measure(self, evidence: Evidence) -> float:
        """Return the effective number."""
        counts = _shares.of_counts(evidence.clusters)
        return math.nan if counts is None else _shares.effective_number(counts / counts.sum(), self.q)
