"""How evenly documents spread over the clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Evidence
from core.metrics import _sample


@dataclass(frozen=True, slots=True)
class ClusterEntropy:
    """Entropy of the clusters' shares over the entropy of even shares: 0 all in one, 1 spread evenly.

    Even shares are over all clusters of the corpus, so a domain is judged against all there is. Noise does
    not count. NaN without clusters, and where the corpus has only one.
    """

    name: ClassVar[str] = "cluster_entropy"
    version: ClassVar[int] = 1

    def measure(self, evidence: Evidence) -> float:
        """Return the normalised entropy."""
        entropy = _entropy(evidence)
        return entropy / math.log(evidence.num_clusters) if evidence.num_clusters > 1 else math.nan


@dataclass(frozen=True, slots=True)
class EffectiveClusters:
    """How many clusters of equal size would be as varied: exp of the entropy of the clusters' shares.

    From 1 to the number of clusters. Noise does not count. NaN without clusters.
    """

    name: ClassVar[str] = "effective_clusters"
    version: ClassVar[int] = 1

    def measure(self, evidence: Evidence) -> float:
        """Return the effective number."""
        return math.exp(_entropy(evidence))


def _entropy(evidence: Evidence) -> float:
    if evidence.clusters is None or not (evidence.clusters >= 0).any():
        return math.nan
    counts = np.bincount(evidence.clusters[evidence.clusters >= 0])
    return _sample.entropy(counts / counts.sum())
