"""S2L: even samples of the ways in which losses fall (Yang et al. 2024, SmallToLarge)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors._columns import matrix_of, names_of
from core.selectors._order import in_shares, take
from core.selectors._vectors import clusters
from core.types import Columns


@dataclass(frozen=True, slots=True)
class LossTrajectories:
    """Clusters the loss trajectories of a small model by k-means, and samples evenly over the clusters.

    `losses` names each document's losses at several checkpoints: a column of lists, or columns with commas
    between, in the order of training. Clusters give documents at random, one each in turn, so that a small
    one is taken whole and the others share what is left, as in the paper. A document that lacks a loss
    belongs to a cluster of such. `clusters` is 100 in the paper.
    """

    name: ClassVar[str] = "s2l"
    version: ClassVar[int] = 1
    obtain: ClassVar[str] = (
        "train a small model on an export with `document_losses: true` in its config, and hang what it kept with "
        "`python -m core take NAME RUN`; or hang losses of your own, a column a checkpoint, with `python -m core "
        "add-column NAME --parquet FILE --column loss_1`, and name them: losses=loss_1,loss_2"
    )
    losses: str = "losses"
    clusters: int = 100

    def __post_init__(self) -> None:
        if self.clusters < 1:
            raise BadInputError(f"clusters {self.clusters}", "must be 1 or more", "try 100")

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of losses."""
        return names_of(self.losses)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        losses = matrix_of(columns, self.losses).astype(np.float32)
        labels, count = clusters(losses, self.clusters, rng, spherical=False)
        order = in_shares(labels, np.ones(count), rng.permutation(len(labels)))
        rule = f"Documents sampled evenly over {count} clusters of the trajectories of {self.losses}."
        return take(order, columns["tokens"], budget), rule
