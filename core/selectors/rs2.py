"""RS2: a fresh random subset every epoch (Okanovic et al. 2023, Repeated Random Sampling)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors._order import take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class RepeatedRandom:
    """Draws the budget anew every epoch, without replacement, and returns the union of the `epochs` subsets.

    Hence `epochs` times the budget is selected, or the whole pool. A mixture sees a domain's documents in an
    order that a hash decides, one after another before any comes again, so in one pass over the union the
    k-th run of `budget` tokens is the k-th epoch's subset: a fresh one, as in the paper's variant without
    replacement. Where `epochs` budgets are more than the pool, a mixture's further passes show the same
    documents in the same order; the paper would shuffle them again. Train for epochs · budget tokens.
    """

    name: ClassVar[str] = "rs2"
    version: ClassVar[int] = 1
    epochs: int = 4

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise BadInputError(f"epochs {self.epochs}", "must be 1 or more", "try 4")

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing beside `tokens`."""
        return ()

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `epochs` times `budget` tokens, and the rule in one sentence."""
        tokens = columns["tokens"]
        rule = f"Documents at random: {self.epochs} fresh subsets, one an epoch."
        return take(rng.permutation(len(tokens)), tokens, self.epochs * budget), rule
