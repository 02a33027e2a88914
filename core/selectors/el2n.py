"""EL2N: the documents that are hardest early in training (Paul et al. 2021, Deep Learning on a Data Diet)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors._columns import matrix_of, names_of
from core.selectors._order import by_key, take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class EarlyErrors:
    """Takes the documents of the largest error norm ‖p − y‖₂ early in training, averaged over runs.

    `column` holds the norm (the EL2N score): several columns with commas between, or a column of lists, are
    the runs to average (the paper takes 10). Works as well for gradient norms (GraNd). `skip` is the share of
    the documents, the hardest of all, that is left for last: the paper finds noise and wrong labels there. A
    document without a score comes after even those.
    """

    name: ClassVar[str] = "el2n"
    version: ClassVar[int] = 1
    obtain: ClassVar[str] = (
        "train a small model on an export with `document_losses: true` in its config, which keeps each "
        "document's error norm early in training, and hang it with `python -m core take NAME RUN`; or hang norms "
        "of your own with `python -m core add-column NAME --parquet FILE --column el2n`"
    )
    column: str = "el2n"
    skip: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.skip < 1:
            raise BadInputError(f"skip {self.skip}", "is a share from 0 to below 1", "try 0.05")

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of error norms."""
        return names_of(self.column)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        scores = _means(matrix_of(columns, self.column))
        order = by_key(-scores, rng)
        known = int((~np.isnan(scores)).sum())
        skipped = int(self.skip * known)
        order = np.concatenate([order[skipped:known], order[:skipped], order[known:]])
        rule = f"Documents of the highest {self.column}"
        rule += f", less the hardest {self.skip:.0%}." if self.skip else "."
        return take(order, columns["tokens"], budget), rule


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row's mean over what is there, NaN where nothing is."""
    there = ~np.isnan(values)
    total = np.where(there, values, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / np.where(there.any(axis=1), there.sum(axis=1), np.nan))
