"""What a labelled set tells, where labels that lie close tell partly the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Cost, Evidence, Need


@dataclass(frozen=True, slots=True)
class MigInformation:
    """Information of a labelled set: Σ over labels of φ(Σᵢ vᵢ P), φ(x) = (x + 10⁻⁶)^0.8.

    Source: Chen et al. 2025, MIG: vᵢ are a text's labels, P passes each label's mass on to labels like it
    (cosines of at least `threshold`, columns summing to 1; 0.9 in the authors' code), and the concave φ pays
    less for more of the same. The labels are the clusters, their likeness that of the centroids, less what
    all documents share, and every text weighs 1. Range: above 0 to labels^0.2 documents^0.8 or a little
    more; it grows with the set, so only sets of one size compare. Cost: one count and labels². Noise does
    not count. NaN without clusters or vectors.
    """

    name: ClassVar[str] = "mig_information"
    version: ClassVar[int] = 2
    needs: ClassVar[tuple[Need, ...]] = ("clusters", "centroids")
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, math.inf)
    threshold: float = 0.9
    exponent: float = 0.8

    def measure(self, evidence: Evidence) -> float:
        """Return the information."""
        clusters, centroids = evidence.clusters, evidence.centroids
        if clusters is None or centroids is None or not (clusters >= 0).any():
            return math.nan
        counts = np.bincount(clusters[clusters >= 0], minlength=len(centroids)).astype(np.float64)
        wide = centroids.astype(np.float64)
        wide = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
        alike = (wide @ wide.T).clip(min=0)
        alike[alike < self.threshold] = 0.0
        np.fill_diagonal(alike, 1.0)  # an empty cluster has no direction but is like itself
        reached = counts @ (alike / alike.sum(axis=0))
        return float(((reached + 1e-6) ** self.exponent).sum())
