"""DSIR: resample by how much more like a target a text is than like the pool (Xie et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.selectors._order import by_key, scores_of, take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class ImportanceResampling:
    """Samples without replacement in proportion to the importance weight of hashed n-grams.

    Drawn by Gumbel top-k over the log weights, as the paper does. With `target`, a file of text (one a line,
    or JSON Lines with the field `text`), the weight is log p_target − log p_corpus over the 10,000 hashed
    words and pairs of words, fitted on the file and on the whole corpus the first time it is asked for;
    without, it is read from `column`, which the signal `importance` makes. The weight is a sum over the text,
    so of texts unlike the target the short ones lose least: select among texts of like length, or by
    `importance_per_word`. A document without a weight comes last.
    """

    name: ClassVar[str] = "dsir"
    version: ClassVar[int] = 1
    obtain: ClassVar[str] = (
        "set target=FILE, a file of text like what you want, or run "
        "`python -m core score NAME --signal importance` with its target and raw"
    )
    target: str = field(default="", metadata={"file": True})
    column: str = "importance"

    @property
    def needs(self) -> tuple[str, ...]:
        """The column of log weights, or what the target gives."""
        return ("target_importance",) if self.target else (self.column,)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        weights = scores_of(columns, self.needs[0])
        keys = weights + rng.gumbel(size=len(weights))
        like = "the target" if self.target else f"exp({self.column})"
        rule = f"Documents sampled in proportion to {'their likeness to ' if self.target else ''}{like}."
        return take(by_key(-keys, rng), columns["tokens"], budget), rule
