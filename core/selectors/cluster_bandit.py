"""Quad: clusters as the arms of a bandit that pays influence (Zhang et al. 2024)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors._columns import groups_of
from core.selectors._order import scores_of, take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class ClusterBandit:
    """Draws a few documents at a time from the cluster whose influence may be highest.

    A cluster's score is its mean influence so far plus α √(2 ln T / Tᵢ), Tᵢ being how often it was drawn from
    and T how often any was: clusters of high influence, and those seldom looked at. `influence` may be null
    for documents that were not measured: they are drawn, and teach nothing. Influences are counted in
    standard deviations of the pool, so that `alpha` and `threshold` mean the same whatever their unit. Drawn
    documents below `threshold` are left for last, as the paper does with those of low influence.
    """

    name: ClassVar[str] = "cluster_bandit"
    version: ClassVar[int] = 1
    obtain: ClassVar[str] = (
        "for `cluster` run `python -m core cluster NAME`; for `influence` (the gain on a target from a step on "
        "the document) train a small model on an export, run `python -m core.backend influence RUN --target "
        "FILE`, and hang it with `python -m core take NAME RUN`"
    )
    influence: str = "influence"
    clusters: str = "cluster"
    alpha: float = 1.0
    samples: int = 16
    threshold: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.alpha < np.inf:
            raise BadInputError(f"alpha {self.alpha}", "must be 0 or above", "try 1")
        if self.samples < 1:
            raise BadInputError(f"samples {self.samples}", "must be 1 or more", "try 16")

    @property
    def needs(self) -> tuple[str, ...]:
        """The clusters and the influences."""
        return (self.clusters, self.influence)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        worth = _in_deviations(scores_of(columns, self.influence))
        labels, count = groups_of(columns, self.clusters)
        order = _pulled(worth, labels, count, self.alpha, self.samples, rng)
        if self.threshold is not None:
            order = order[np.argsort(worth[order] < self.threshold, kind="stable")]
        rule = f"Documents of {count} clusters, drawn by an upper bound on their {self.influence}."
        return take(order, columns["tokens"], budget), rule


def _in_deviations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values over their deviation, NaN where one is not finite."""
    known = np.isfinite(values)
    deviation = float(values[known].std()) if known.any() else 0.0
    return np.where(known, values / (deviation or 1.0), np.nan)


def _pulled(
    worth: NDArray[np.float64],
    labels: NDArray[np.int64],
    count: int,
    alpha: float,
    samples: int,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Return all positions in the order in which the bandit draws them."""
    queue = rng.permutation(len(labels))
    queue = queue[np.argsort(labels[queue], kind="stable")]
    known = np.concatenate([[0], np.cumsum(np.isfinite(worth[queue]))])
    earned = np.concatenate([[0.0], np.cumsum(np.nan_to_num(worth[queue]))])
    starts = np.searchsorted(labels[queue], np.arange(count + 1))
    ends, at = starts[1:], starts[:-1].copy()
    bounds = np.full(count, np.inf)  # every arm is tried once before any comes again
    means, pulls = np.zeros(count), np.zeros(count, dtype=np.int64)
    ranks = rng.permutation(count)
    pieces = []
    for pull in range(1, int((-(-(ends - at) // samples)).sum()) + 1):
        untried = np.flatnonzero(np.isinf(bounds) & (bounds > 0))
        arm = int(untried[np.argmin(ranks[untried])]) if len(untried) else int(np.argmax(bounds))
        stop = min(int(at[arm]) + samples, int(ends[arm]))
        pieces.append(queue[at[arm] : stop])
        at[arm] = stop
        pulls[arm] += 1
        seen = known[stop] - known[starts[arm]]
        means[arm] = (earned[stop] - earned[starts[arm]]) / seen if seen else 0.0
        tried = pulls > 0
        bounds[tried] = means[tried] + alpha * np.sqrt(2 * np.log(pull) / pulls[tried])
        bounds[at == ends] = -np.inf
    return np.concatenate(pieces) if pieces else queue
