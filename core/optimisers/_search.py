"""The search for good weights over a fitted surrogate: RegMix's, kept inside the cloud of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.optimisers._surrogate import Floats, Optimiser, Runs, Surrogate, fitted

NUM_DRAWS = 100_000  # RegMix (Liu et al. 2024), section 3.3
NUM_BEST = 128
NUM_SHORT = 2048  # lowest means, for which the deviation is worked out, too
REACH = 0.9  # quantile of the runs' distances to their nearest: how far from a run is still known ground


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where the runs are: their square roots, and how near to one of them a mixture must be.

    Distances are Euclidean between square roots of weights (Hellinger's, times the root of 2): a step from
    0 to 0.01 counts more than one from 0.5 to 0.51, as it does for the loss.
    """

    roots: Floats  # (n, d)
    reach: float

    @classmethod
    def of(cls, runs: Runs) -> Cloud:
        """Measure the runs: nine in ten have another run within the reach."""
        roots = np.sqrt(np.unique(runs.weights, axis=0))
        if len(roots) < 2:
            return cls(roots, 0.0)
        return cls(roots, float(np.quantile(_tree(roots).query(roots, k=2)[0][:, 1], REACH)))

    def distances(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return each row's distance to its nearest run, and that run's weights."""
        found, nearest = _tree(self.roots).query(np.sqrt(weights))
        return found, np.square(self.roots[nearest])

    def pulled(self, weights: Floats) -> Floats:
        """Return the weights, drawn straight towards the nearest run until they are within reach."""
        _, nearest = self.distances(weights[None, :])
        low, high = 0.0, 1.0  # shares of the way to that run: `high` is within reach
        while high - low > 1e-6:
            share = (low + high) / 2
            inside = self.distances((1 - share) * weights[None, :] + share * nearest)[0][0] <= self.reach
            low, high = (low, share) if inside else (share, high)
        return np.asarray((1 - high) * weights + high * nearest[0])


def _tree(roots: Floats) -> Any:
    from scipy.spatial import cKDTree

    return cKDTree(roots)


def draw(runs: Runs, rng: np.random.Generator) -> Floats:
    """Return candidates: the runs, RegMix's Dirichlet(prior), and mixtures of two or three runs.

    RegMix's draws alone miss runs that were all tried near one mixture.
    """
    between = NUM_DRAWS // 2
    broad = rng.dirichlet(np.maximum(runs.prior, 1e-4), size=NUM_DRAWS - between)
    shares = rng.dirichlet([1.0, 1.0, 0.5], size=between)
    chosen = rng.integers(len(runs.weights), size=(between, 3))
    mixed = np.einsum("mk,mkd->md", shares, runs.weights[chosen])
    return np.concatenate([runs.weights, broad, mixed])


def search(surrogate: Surrogate, runs: Runs, rng: np.random.Generator, caution: float = 1.0) -> Floats:
    """Return the average of the best 128 of 100,000 mixtures within reach of a run.

    Best is the lowest mean plus `caution` deviations among the 2,048 lowest means: of two equal promises
    the surer one.
    """
    cloud, drawn = Cloud.of(runs), draw(runs, rng)
    drawn = drawn[cloud.distances(drawn)[0] <= cloud.reach + 1e-9]
    short = drawn[np.argsort(surrogate.mean(drawn), kind="stable")[:NUM_SHORT]]
    mean, deviation = surrogate.predict(short)
    best = short[np.argsort(mean + caution * deviation, kind="stable")[:NUM_BEST]]
    found = best.mean(axis=0)
    if cloud.distances(found[None, :])[0][0] > cloud.reach + 1e-9:
        found = cloud.pulled(found)
    return np.asarray(found / found.sum())


def propose_by_search(
    optimiser: Optimiser, runs: Runs, rng: np.random.Generator, surrogate: Surrogate | None, model: str
) -> tuple[dict[str, float], str]:
    """Search, and tell the loss expected there beside the runs' own, and what the search may not do."""
    surrogate = surrogate or fitted(optimiser, runs, rng)
    weights = search(surrogate, runs, rng)
    mean, deviation = surrogate.predict(weights[None, :])
    reach = Cloud.of(runs).reach
    few = "" if len(runs.losses) > len(runs.domains) else " There are no more runs than domains: train more."
    rationale = (
        f"{model} fitted to {len(runs.losses)} runs; of {NUM_DRAWS:,} mixtures drawn around and between the runs, "
        f"the {NUM_BEST} with the lowest expected loss plus one deviation were averaged. It does not extrapolate: "
        f"a mixture counts only within {reach:.3f} of a run (between square roots of weights), the distance in "
        f"which {REACH:.0%} of the runs have a neighbour. Predicted loss {mean[0]:.4f} ± {deviation[0]:.4f}; "
        f"the best run had {runs.losses.min():.4f}, the median run {np.median(runs.losses):.4f}.{few}"
    )
    return dict(zip(runs.domains, weights.tolist(), strict=True)), rationale
