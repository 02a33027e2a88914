"""The best by one column, and nothing else: simple, and known to do worse than sampling by quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.selectors._order import scores_of, take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class TopK:
    """Takes the documents with the highest (or lowest) values of a column until the budget is met.

    Ties fall at random; documents without a value come last.
    """

    name: ClassVar[str] = "top_k"
    version: ClassVar[int] = 1
    column: str = "educational_value"
    descending: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """The column that ranks."""
        return (self.column,)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        values = scores_of(columns, self.column)
        ranked = np.nan_to_num(-values if self.descending else values, nan=np.inf)
        order = np.lexsort((rng.random(len(values)), ranked))
        which = "highest" if self.descending else "lowest"
        return take(order, columns["tokens"], budget), f"Documents of the {which} {self.column}."
