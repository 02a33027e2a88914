"""Loss as a straight line in the weights: RegMix's simplest regressor, the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.optimisers._search import propose_by_search
from core.optimisers._surrogate import Floats, Runs, Surrogate


@dataclass(frozen=True, slots=True)
class _Line:
    coefficients: Floats  # (d,): the weights sum to 1, so they carry the intercept
    spread: Floats  # (d, d), the pseudo-inverse of W'W
    variance: float
    errors: Floats

    def mean(self, weights: Floats) -> Floats:
        return np.asarray(weights @ self.coefficients)

    def predict(self, weights: Floats) -> tuple[Floats, Floats]:
        leverage = np.einsum("ij,jk,ik->i", weights, self.spread, weights)
        return self.mean(weights), np.sqrt(self.variance * (1 + np.maximum(leverage, 0.0)))


@dataclass(frozen=True, slots=True)
class Linear:
    """Fits loss = Σ coefficient · weight by least squares; the shortest solution where runs leave it open.

    Its proposal leans towards the domains of the lowest coefficients as far as runs reach.
    """

    name: ClassVar[str] = "linear"
    version: ClassVar[int] = 1

    @staticmethod
    def needs(num_domains: int) -> int:
        """Return the fewest runs it can be fitted to: one more than it has coefficients."""
        return num_domains + 1

    def fit(self, runs: Runs, rng: np.random.Generator) -> _Line:  # noqa: ARG002 the door's signature
        """Return the line, with the usual prediction variance of least squares."""
        weights, centre = runs.weights, float(runs.losses.mean())
        # About the mean, so that a domain never tried counts as an average one.
        shifts, _, rank, _ = np.linalg.lstsq(weights, runs.losses - centre, rcond=1e-10)
        coefficients = centre + shifts
        residuals = runs.losses - weights @ coefficients
        variance = float(residuals @ residuals) / max(1, len(runs.losses) - int(rank))
        spread = np.linalg.pinv(weights.T @ weights)
        leverage = np.einsum("ij,jk,ik->i", weights, spread, weights)
        errors = residuals / np.maximum(1 - leverage, 1e-3)
        return _Line(np.asarray(coefficients, np.float64), np.asarray(spread), variance, errors)

    def propose(
        self, runs: Runs, rng: np.random.Generator, surrogate: Surrogate | None = None
    ) -> tuple[dict[str, float], str]:
        """Return weights by a search over the line, and why."""
        return propose_by_search(self, runs, rng, surrogate, "A linear model")
