"""Data mixing laws (Ye et al. 2024, eq. 6): loss = c + exp(k + Σ t · weight)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.optimisers._search import propose_by_search
from core.optimisers._surrogate import Floats, Runs, Surrogate, one_thread, spread


@dataclass(frozen=True, slots=True)
class _Law:
    """c + exp(weights · t); k is carried by t, since the weights sum to 1."""

    floor: float
    slopes: Floats
    variance: float
    covariance: Floats  # (1 + d, 1 + d), of floor and slopes, per unit of variance
    errors: Floats

    def mean(self, weights: Floats) -> Floats:
        return np.asarray(self.floor + _curve(weights, self.slopes))

    def predict(self, weights: Floats) -> tuple[Floats, Floats]:
        slopes = _gradient(weights, self.slopes)
        leverage = np.einsum("ij,jk,ik->i", slopes, self.covariance, slopes)
        return self.mean(weights), np.sqrt(self.variance * (1 + np.maximum(leverage, 0.0)))


@dataclass(frozen=True, slots=True)
class LogLinear:
    """Fits the law by Huber loss and L-BFGS from many starts, and keeps the best fit.

    The deviation of a prediction is the delta method's: that of the residuals, and what the runs leave
    open about the parameters.

    Attributes:
        starts: Starts of the search, with floors spread from 0 to just below the lowest loss.
        huber: Where the penalty turns from square to straight, in standard deviations of the losses.
        max_steps: The longest search from one start.
    """

    name: ClassVar[str] = "log_linear"
    version: ClassVar[int] = 1
    starts: int = 4
    huber: float = 0.05
    max_steps: int = 500

    @staticmethod
    def needs(num_domains: int) -> int:
        """Return the fewest runs it can be fitted to: one more than it has parameters."""
        return num_domains + 2

    def fit(self, runs: Runs, rng: np.random.Generator) -> _Law:
        """Return the law."""
        with one_thread():
            return self._fit(runs, rng)

    def _fit(self, runs: Runs, rng: np.random.Generator) -> _Law:
        from scipy.optimize import minimize

        weights, losses = runs.weights, runs.losses
        scale = spread(losses)
        width = self.huber * scale

        def objective(parameters: Floats) -> tuple[float, Floats]:
            curve = _curve(weights, parameters[1:])
            error = parameters[0] + curve - losses
            inside = np.abs(error) <= width
            penalty = np.where(inside, 0.5 * error**2, width * (np.abs(error) - 0.5 * width))
            slope = np.clip(error, -width, width) / len(losses)
            gradient = np.concatenate([[slope.sum()], weights.T @ (slope * curve)])
            return float(penalty.mean()) / scale**2, gradient / scale**2

        # A surface that hardly bends would send the floor to minus infinity, in ever smaller steps.
        bounds = [(float(losses.min()) - 20 * scale, None), *[(None, None)] * weights.shape[1]]
        best = None
        for share in np.linspace(0.0, 0.98, self.starts):
            floor = share * float(losses.min())
            logs = np.log(np.maximum(losses - floor, 1e-3 * scale))
            slopes = np.linalg.lstsq(weights, logs, rcond=1e-3)[0]
            start = np.concatenate([[floor], slopes + rng.normal(0, 0.01, weights.shape[1])])
            found = minimize(
                objective,
                start,
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"maxiter": self.max_steps},
            )
            if best is None or found.fun < best.fun:
                best = found
        assert best is not None, "there is at least one start"
        return _law(float(best.x[0]), np.asarray(best.x[1:]), runs)

    def propose(
        self, runs: Runs, rng: np.random.Generator, surrogate: Surrogate | None = None
    ) -> tuple[dict[str, float], str]:
        """Return weights by a search over the law, and why."""
        return propose_by_search(self, runs, rng, surrogate, "The log-linear law of data mixing")


def _curve(weights: Floats, slopes: Floats) -> Floats:
    return np.asarray(np.exp(np.minimum(weights @ slopes, 50.0)))  # a cap, so that a wild step is finite


def _gradient(weights: Floats, slopes: Floats) -> Floats:
    """Return what a step of floor and slopes changes: the loss's derivatives, (m, 1 + d)."""
    curve = _curve(weights, slopes)
    return np.column_stack([np.ones(len(weights)), weights * curve[:, None]])


def _law(floor: float, slopes: Floats, runs: Runs) -> _Law:
    gradient = _gradient(runs.weights, slopes)
    covariance = np.asarray(np.linalg.pinv(gradient.T @ gradient, rcond=1e-8, hermitian=True), np.float64)
    residuals = runs.losses - floor - _curve(runs.weights, slopes)
    leverage = np.einsum("ij,jk,ik->i", gradient, covariance, gradient)
    freedom = max(1, len(runs.losses) - len(slopes) - 1)
    errors = residuals / np.maximum(1 - leverage, 1e-3)
    return _Law(floor, slopes, float(residuals @ residuals) / freedom, covariance, errors)
