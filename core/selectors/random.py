"""The baseline that every other selector must be shown beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.selectors._order import take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class RandomSample:
    """Takes documents at random, each alike whatever its length, until the budget is met."""

    name: ClassVar[str] = "random"
    version: ClassVar[int] = 1

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing beside `tokens`."""
        return ()

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        tokens = columns["tokens"]
        return take(rng.permutation(len(tokens)), tokens, budget), "Documents at random."
