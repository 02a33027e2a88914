"""What optimisers share: the evidence and the door."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Runs:
    """What small runs showed: n mixtures over d domains, and the loss that each ended with.

    Where that loss is a mean of several, `parts` holds them: each is simpler than their mean, so each gets
    a surrogate of its own.
    """

    domains: tuple[str, ...]
    weights: Floats  # (n, d), rows on the simplex
    losses: Floats  # (n,)
    prior: Floats  # (d,), the proportions that proposals are drawn around
    parts: Floats | None = None  # (n, l)

    def subset(self, rows: NDArray[np.intp]) -> Runs:
        """Return some of the runs, with the same prior."""
        parts = None if self.parts is None else self.parts[rows]
        return Runs(self.domains, self.weights[rows], self.losses[rows], self.prior, parts)


class Surrogate(Protocol):
    """A fitted guess of the loss at any weights."""

    @property
    def errors(self) -> Floats:
        """The (n,) errors at the runs fitted to, each as if that run had been left out."""

    def mean(self, weights: Floats) -> Floats:
        """Return the loss expected at each row of (m, d) weights."""

    def predict(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the mean and the standard deviation of the loss of a run at each row of (m, d) weights."""


class Optimiser(Protocol):
    """Fits a surrogate to runs and proposes weights."""

    name: ClassVar[str]
    version: ClassVar[int]

    @staticmethod
    def needs(num_domains: int) -> int:
        """Return the fewest runs it can be fitted to."""

    def fit(self, runs: Runs, rng: np.random.Generator) -> Surrogate:
        """Return the surrogate of the runs' losses (not of their parts)."""

    def propose(
        self, runs: Runs, rng: np.random.Generator, surrogate: Surrogate | None = None
    ) -> tuple[Mapping[str, float], str]:
        """Return weights by domain, and why, in a sentence; a surrogate given is not fitted again."""


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of several losses, each with its surrogate."""

    surrogates: tuple[Surrogate, ...]
    correlations: Floats  # (l, l), of the surrogates' errors

    @property
    def errors(self) -> Floats:
        """The mean of the errors."""
        return np.asarray(np.mean([surrogate.errors for surrogate in self.surrogates], axis=0))

    def mean(self, weights: Floats) -> Floats:
        """Return the mean of the means."""
        return np.asarray(np.mean([surrogate.mean(weights) for surrogate in self.surrogates], axis=0))

    def predict(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the mean and its deviation, for errors that go together as they did at the runs."""
        found = [surrogate.predict(weights) for surrogate in self.surrogates]
        means, deviations = (np.array([pair[i] for pair in found]) for i in (0, 1))
        variance = np.einsum("im,ij,jm->m", deviations, self.correlations, deviations)
        return means.mean(axis=0), np.sqrt(np.maximum(variance, 0.0)) / len(found)


def one_thread() -> AbstractContextManager[object]:
    """Return a context in which linear algebra runs in one thread.

    Matrices this small gain nothing from more (a fit took 15 times as long on a busy machine), and sums in
    threads differ in their last bits.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it comes with sklearn

    limit: AbstractContextManager[object] = threadpool_limits(1)
    return limit


def fitted(optimiser: Optimiser, runs: Runs, rng: np.random.Generator) -> Surrogate:
    """Fit the optimiser's surrogate to the loss, or one to each part of it."""
    if runs.parts is None:
        return optimiser.fit(runs, rng)
    alone = [Runs(runs.domains, runs.weights, part, runs.prior) for part in runs.parts.T]
    surrogates = tuple(optimiser.fit(part, rng) for part in alone)
    return Average(surrogates, _correlations(np.array([surrogate.errors for surrogate in surrogates])))


def _correlations(errors: Floats) -> Floats:
    """Return how the (l, n) errors go together about 0; a part without errors goes with nothing."""
    scale = np.sqrt(np.mean(errors**2, axis=1, keepdims=True))
    unit = np.divide(errors, scale, out=np.zeros_like(errors), where=scale > 0)
    found = unit @ unit.T / errors.shape[1]
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def spread(losses: Floats) -> float:
    """Return the losses' deviation, or 1 where they are all alike but for rounding."""
    deviation = float(losses.std())
    return deviation if deviation > 1e-12 * float(np.abs(losses).max()) else 1.0
