"""The effective number of different documents, by their embeddings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Evidence
from core.metrics import _sample


@dataclass(frozen=True, slots=True)
class VendiScore:
    """exp of the entropy of the eigenvalues of K / n, K the cosine kernel (Friedman and Dieng 2023, eq. 1).

    n orthogonal texts give n, n copies 1; never more than the sample or the embedding's dimensions. With
    fewer dimensions than texts the eigenvalues come from the d × d matrix XᵀX / n, which has the same
    non-zero ones: d³ + n d² instead of n³. A sample of `documents`; zero vectors are left out; NaN without
    an embedding.
    """

    name: ClassVar[str] = "vendi_score"
    version: ClassVar[int] = 1
    documents: int = 2000
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the score, from 1."""
        vectors = _sample.usable(evidence.vectors)
        if vectors is None:
            return math.nan
        vectors = _sample.rows(vectors, self.documents, self.seed)
        num_texts, width = vectors.shape
        kernel = vectors.T @ vectors if width < num_texts else vectors @ vectors.T
        eigenvalues = np.linalg.eigvalsh(kernel / num_texts).clip(min=0)
        return math.exp(_sample.entropy(eigenvalues / eigenvalues.sum()))
