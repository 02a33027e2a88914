"""A Gaussian process over the square roots of the weights: the most exact of the surrogates here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.optimisers._search import propose_by_search
from core.optimisers._surrogate import Floats, Runs, Surrogate, one_thread, spread

_BLOCK = 8192  # rows predicted at a time: bounds the memory of kernel rows
_SAMPLE = 192  # runs in the first ascent
_TOLERANCE = 1e-5  # relative gain in likelihood below which the ascent ends
_BOUNDS = {"signal": (1e-2, 1e4), "length": (1e-2, 1e3), "noise": (1e-8, 1e1)}
_EXPECTED = {"signal": (1.0, 1.0), "length": (1.0, 1.0), "noise": (1e-2, 1.5)}  # median, deviation of the log


@dataclass(frozen=True, slots=True)
class _Process:
    """The posterior: points seen and alpha = K⁻¹y, for y of mean 0 and deviation 1."""

    points: Floats  # (n, d), square roots of weights over their lengths
    lengths: Floats  # (d,)
    signal: float
    noise: float
    alpha: Floats  # (n,)
    factor: Floats  # (n, n), lower Cholesky factor of K
    centre: float
    scale: float
    errors: Floats

    def mean(self, weights: Floats) -> Floats:
        means = np.empty(len(weights))
        for low in range(0, len(weights), _BLOCK):
            here = slice(low, low + _BLOCK)
            means[here] = self._kernel(weights[here]) @ self.alpha
        return self.centre + self.scale * means

    def predict(self, weights: Floats) -> tuple[Floats, Floats]:
        from scipy.linalg import solve_triangular

        deviations = np.empty(len(weights))
        for low in range(0, len(weights), _BLOCK):
            here = slice(low, low + _BLOCK)
            kernel = self._kernel(weights[here])
            known = np.square(solve_triangular(self.factor, kernel.T, lower=True, check_finite=False)).sum(0)
            deviations[here] = np.sqrt(np.maximum(self.signal - known, 0.0) + self.noise)
        return self.mean(weights), self.scale * deviations

    def _kernel(self, weights: Floats) -> Floats:
        return self.signal * _matern(_distances(np.sqrt(weights) / self.lengths, self.points))


@dataclass(frozen=True, slots=True)
class GaussianProcess:
    """Fits a Gaussian process with an ARD Matérn-5/2 kernel, a length a domain, and a noise term.

    Lengths, signal and noise maximise the marginal likelihood (Rasmussen and Williams 2006, eq. 5.8 and
    5.9) times wide log-normal priors, by L-BFGS; of many runs, a sample is climbed first, which saves most
    of the time. Without the priors, intervals from 16 runs over 17 domains cover half of what they should.

    Attributes:
        max_steps: The longest ascent.
    """

    name: ClassVar[str] = "gp"
    version: ClassVar[int] = 1
    max_steps: int = 200

    @staticmethod
    def needs(num_domains: int) -> int:  # noqa: ARG004 its priors fill what runs leave open
        """Return the fewest runs it can be fitted to."""
        return 3

    def fit(self, runs: Runs, rng: np.random.Generator) -> _Process:
        """Return the process."""
        with one_thread():
            return self._fit(runs, rng)

    def _fit(self, runs: Runs, rng: np.random.Generator) -> _Process:
        points = np.sqrt(runs.weights)
        centre, scale = float(runs.losses.mean()), spread(runs.losses)
        values = (runs.losses - centre) / scale
        logs = _expected(len(runs.domains))[0]
        if len(values) > 2 * _SAMPLE:
            few = np.sort(rng.permutation(len(values))[:_SAMPLE])
            logs = self._climb(logs, points[few], values[few])
        signal, lengths, noise = _unpacked(self._climb(logs, points, values))
        scaled = points / lengths
        factor, alpha = _solved(signal * _matern(_distances(scaled, scaled)), noise, values)
        # What each run's loss is off when the others foretell it (eq. 5.12), without fitting n times.
        errors = scale * alpha / np.diag(_inverse(factor))
        return _Process(scaled, lengths, signal, noise, alpha, factor, centre, scale, errors)

    def _climb(self, start: Floats, points: Floats, values: Floats) -> Floats:
        from scipy.optimize import minimize

        bounds = [_BOUNDS["signal"], *[_BOUNDS["length"]] * points.shape[1], _BOUNDS["noise"]]
        found = minimize(
            _negative_posterior,
            start,
            args=(points, values),
            jac=True,
            method="L-BFGS-B",
            bounds=np.log(bounds),
            options={"maxiter": self.max_steps, "ftol": _TOLERANCE},
        )
        return np.asarray(found.x)

    def propose(
        self, runs: Runs, rng: np.random.Generator, surrogate: Surrogate | None = None
    ) -> tuple[dict[str, float], str]:
        """Return weights by a search over the process, and why."""
        return propose_by_search(self, runs, rng, surrogate, "A Gaussian process")


def _unpacked(logs: Floats) -> tuple[float, Floats, float]:
    values = np.exp(logs)
    return float(values[0]), values[1:-1], float(values[-1])


def _distances(a: Floats, b: Floats) -> Floats:
    squares = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None, :] - 2 * (a @ b.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _matern(distances: Floats) -> Floats:
    scaled = np.sqrt(5.0) * distances
    return np.asarray((1 + scaled + scaled**2 / 3) * np.exp(-scaled))


def _solved(kernel: Floats, noise: float, values: Floats) -> tuple[Floats, Floats]:
    """Return the Cholesky factor of kernel + noise, and its solution for the values."""
    from scipy.linalg import cho_solve, cholesky

    jitter = noise + 1e-10 * float(kernel[0, 0])
    factor = cholesky(kernel + jitter * np.eye(len(kernel)), lower=True, check_finite=False)
    return factor, np.asarray(cho_solve((factor, True), values, check_finite=False))


def _expected(num_domains: int) -> tuple[Floats, Floats]:
    """Return the priors' medians and deviations, in logs, in the order of the parameters."""
    rows = [_EXPECTED["signal"], *[_EXPECTED["length"]] * num_domains, _EXPECTED["noise"]]
    medians, deviations = np.array(rows).T
    return np.log(medians), deviations


def _negative_posterior(logs: Floats, points: Floats, values: Floats) -> tuple[float, Floats]:
    """Return minus the log posterior of the parameters but for a constant, and its gradient."""
    value, gradient = _negative_likelihood(logs, points, values)
    medians, deviations = _expected(points.shape[1])
    away = (logs - medians) / deviations
    return value + 0.5 * float(away @ away), gradient + away / deviations


def _inverse(factor: Floats) -> Floats:
    """Return K⁻¹ from K's lower Cholesky factor, in half the time of solving for the identity."""
    from scipy.linalg.lapack import dpotri

    lower, status = dpotri(factor, lower=1)
    assert status == 0, "a Cholesky factor has no zero on its diagonal"
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def _negative_likelihood(logs: Floats, points: Floats, values: Floats) -> tuple[float, Floats]:
    """Return minus the log marginal likelihood, and its gradient in the logs of the parameters.

    The gradient in all lengths takes one matrix product: with M symmetric,
    Σ M_ij (x_i - x_j)² = 2 Σ x_i² ΣM_i - 2 x'Mx.
    """
    signal, lengths, noise = _unpacked(logs)
    scaled = points / lengths
    distances = _distances(scaled, scaled)
    kernel = signal * _matern(distances)
    factor, alpha = _solved(kernel, noise, values)
    likelihood = -0.5 * values @ alpha - np.log(np.diag(factor)).sum() - 0.5 * len(values) * np.log(2 * np.pi)
    pull = np.outer(alpha, alpha) - _inverse(factor)
    root = np.sqrt(5.0) * distances
    slope = pull * (signal * 5.0 / 3.0) * (1 + root) * np.exp(-root)
    by_length = np.square(scaled).T @ slope.sum(1) - np.einsum(
        "id,ij,jd->d", scaled, slope, scaled, optimize=True
    )
    gradient = np.concatenate(
        [[0.5 * np.sum(pull * kernel)], by_length, [0.5 * noise * float(np.trace(pull))]]
    )
    return -float(likelihood), -gradient
