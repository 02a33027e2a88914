"""GOT-D: documents that draw the corpus towards a target (Kang et al. 2024, Get more for less)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors import _vectors
from core.selectors._order import by_key, take
from core.types import Columns

LEAST_EPSILON = 0.005  # below, exp(-2 / epsilon) is 0 in 64 bits
ITERATIONS = 1000
TOLERANCE = 1e-4  # of the marginals, in sum of absolute differences
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TransportGradient:
    """Takes the documents whose mass lowers the optimal-transport distance to the target fastest.

    `target` is a file of text (one a line, or JSON Lines with the field `text`), embedded as the corpus is.
    The distance is entropic, of cost 1 − cosine and regulariser `epsilon` (0.05 of a cost from 0 to 2), by
    Sinkhorn's iterations between a sample of the pool and one of the target, `sample` each. Its gradient in a
    document's mass is the dual potential there, −ε log Σⱼ vⱼ exp(−cost / ε), which holds for any document, in
    the sample or not; calibrating it (less the others' mean) leaves the order as it is. The most negative
    come first. A document without a vector comes last.
    """

    name: ClassVar[str] = "got_d"
    version: ClassVar[int] = 1
    target: str = field(default="", metadata={"file": True})
    epsilon: float = 0.05
    sample: int = 4000

    def __post_init__(self) -> None:
        if not LEAST_EPSILON <= self.epsilon < np.inf:
            raise BadInputError(f"epsilon {self.epsilon}", f"must be {LEAST_EPSILON} or more", "try 0.05")
        if self.sample < 1:
            raise BadInputError(f"sample {self.sample}", "must be 1 or more", "try 4000")

    @property
    def needs(self) -> tuple[str, ...]:
        """The vectors of the documents and of the target."""
        return ("vectors", "target_vectors")

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        vectors, there = _vectors.unit(columns["vectors"])
        wanted = _vectors.target(columns["target_vectors"], "target")
        wanted = wanted[_vectors.sample(len(wanted), self.sample, rng)]
        usable = np.flatnonzero(there)
        gradients = np.full(len(vectors), np.nan)
        if len(usable):
            drawn = vectors[usable[_vectors.sample(len(usable), self.sample, rng)]]
            scaling = _sinkhorn(_kernel(drawn, wanted, self.epsilon))
            for part in _vectors.blocks(len(usable)):
                rows = usable[part]
                mass = _kernel(vectors[rows], wanted, self.epsilon) @ scaling
                gradients[rows] = -self.epsilon * np.log(mass)
        rule = f"Documents that bring the pool closest to the target by transport (epsilon {self.epsilon:g})."
        return take(by_key(gradients, rng), columns["tokens"], budget), rule


def _kernel(vectors: _vectors.Floats, wanted: _vectors.Floats, epsilon: float) -> Doubles:
    cosines = (vectors @ wanted.T).astype(np.float64).clip(-1, 1)
    return np.asarray(np.exp((cosines - 1) / epsilon))


def _sinkhorn(kernel: Doubles) -> Doubles:
    """Return the target's scaling v: diag(u) K diag(v) has uniform marginals."""
    rows, columns = 1 / kernel.shape[0], 1 / kernel.shape[1]
    scaling = np.ones(kernel.shape[1])
    for _ in range(ITERATIONS):
        left = rows / (kernel @ scaling)
        given = kernel.T @ left
        if np.abs(scaling * given - columns).sum() < TOLERANCE:
            break
        scaling = columns / given
    return scaling
