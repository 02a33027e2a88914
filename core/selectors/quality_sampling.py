"""QuRating: sample by quality without giving up the rest (Wettig et al. 2024, section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors._order import scores_of, take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class QualitySampling:
    """Samples without replacement with probability proportional to exp(z-score / temperature).

    Drawn by Gumbel top-k: the highest z / T + Gumbel noise. Temperature 0 is top-k, a large one is
    random; the paper finds 2 best. Scores are normalised within the pool, which is one domain;
    documents without a score count as average.
    """

    name: ClassVar[str] = "quality_sampling"
    version: ClassVar[int] = 1
    column: str = "educational_value"
    temperature: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < np.inf:
            raise BadInputError(f"temperature {self.temperature}", "must be 0 or above", "try 2")

    @property
    def needs(self) -> tuple[str, ...]:
        """The column of scores."""
        return (self.column,)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        logits = _z_scores(scores_of(columns, self.column))
        noise = rng.gumbel(size=len(logits))
        keys = logits / self.temperature + noise if self.temperature > 0 else logits
        order = np.lexsort((noise, -keys))
        rule = f"Documents sampled in proportion to exp(z of {self.column} / {self.temperature:g})."
        return take(order, columns["tokens"], budget), rule


def _z_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores with mean 0 and deviation 1; NaN becomes 0, and all alike become all 0."""
    known = scores[np.isfinite(scores)]
    deviation = float(known.std()) if len(known) else 0.0
    if deviation == 0:
        return np.zeros_like(scores)
    clipped = np.clip(scores, known.min(), known.max())  # an infinite score is the best or worst finite one
    return np.asarray(np.nan_to_num((clipped - known.mean()) / deviation, nan=0.0))
