"""PASER: spectral clusters, most of those that a model has lost most on (He et al. 2025)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors import _vectors
from core.selectors._order import by_key, in_shares, scores_of, take
from core.types import Columns

MOST_CLUSTERS = 50
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DegradedCapabilities:
    """Gives each spectral cluster a share by its mean degradation, and takes its most degraded documents first.

    `column` is how far a pruned or otherwise changed model's output lies from the original's on a document
    (the Jensen-Shannon divergence in the paper); a cluster's share is the mean over it, and in a cluster
    documents go by degradation over log cost, the cost being tokens². Clusters are found as the paper does: a
    diffusion kernel of the vectors' distances with the median for its width, the leading eigenvectors, and a
    non-negative factorisation of their likeness; on `sample` documents, and each other document joins the
    nearest of these. `clusters` None takes the largest gap of the eigenvalues (the paper the least error of
    the factorisation). The paper's graph against conflicting concepts is not applied. Without a value a
    document counts as undegraded.
    """

    name: ClassVar[str] = "paser"
    version: ClassVar[int] = 1
    obtain: ClassVar[str] = (
        "run both models on the documents, write each one's Jensen-Shannon divergence to a Parquet file with its "
        "id, and hang it with `python -m core add-column NAME --parquet FILE --column degradation`"
    )
    column: str = "degradation"
    clusters: int | None = None
    sample: int = 1000

    def __post_init__(self) -> None:
        if self.clusters is not None and not 1 <= self.clusters <= MOST_CLUSTERS:
            raise BadInputError(f"clusters {self.clusters}", f"must be from 1 to {MOST_CLUSTERS}", "try 10")
        if self.sample < 2:
            raise BadInputError(f"sample {self.sample}", "must be 2 or more", "try 1000")

    @property
    def needs(self) -> tuple[str, ...]:
        """The vectors and the degradation."""
        return ("vectors", self.column)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        scores = scores_of(columns, self.column)
        lost = np.where(np.isfinite(scores), scores, 0.0).clip(min=0)
        labels, count = _grouped(columns["vectors"], self.clusters, self.sample, rng)
        weights = np.bincount(labels, lost, count) / np.maximum(np.bincount(labels, minlength=count), 1)
        tokens = columns["tokens"]
        worth = lost / np.log(np.maximum(np.square(tokens.astype(np.float64)), np.e))
        order = in_shares(labels, weights, by_key(-worth, rng))
        rule = f"Documents of {count} spectral clusters, by how much of {self.column} each holds."
        return take(order, tokens, budget), rule


def _grouped(
    vectors: _vectors.Floats, clusters: int | None, size: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], int]:
    """Return each document's cluster; documents without a vector are the last one."""
    rows, there = _vectors.unit(vectors)
    usable = np.flatnonzero(there)
    labels = np.zeros(len(vectors), dtype=np.int64)
    count = 0
    if len(usable):
        drawn = rows[usable[_vectors.sample(len(usable), size, rng)]]
        found = _spectral(drawn, clusters, int(rng.integers(2**31 - 1)))
        count = int(found.max()) + 1
        for part in _vectors.blocks(len(usable)):
            labels[usable[part]] = found[np.argmax(rows[usable[part]] @ drawn.T, axis=1)]
    labels[~there] = count
    return labels, count + int(not there.all())


def _spectral(vectors: _vectors.Floats, clusters: int | None, seed: int) -> NDArray[np.int64]:
    """Return the vectors' clusters, numbered from 0 without a gap."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    wide = vectors.astype(np.float64)
    squares = (2 - 2 * (wide @ wide.T)).clip(min=0)
    pairs = squares[np.triu_indices(len(wide), 1)]
    width = float(np.median(pairs)) if len(pairs) else 0.0
    if width < 1e-12:  # all alike
        return np.zeros(len(wide), dtype=np.int64)
    kernel = np.exp(-squares / (2 * width))
    scale = 1 / np.sqrt(kernel.sum(axis=1))
    values, axes = np.linalg.eigh(scale[:, None] * kernel * scale)
    values, axes = values[::-1], axes[:, ::-1]
    count = clusters or _largest_gap(values)
    count = min(count, len(wide))
    embedded = axes[:, :count]
    alike = np.abs(embedded @ embedded.T)
    model = NMF(n_components=count, init="nndsvda", random_state=seed, max_iter=100, tol=1e-3)
    with warnings.catch_warnings():  # the largest part is told well before the factors have settled
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = np.argmax(model.fit_transform(alike), axis=1)
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _largest_gap(values: Doubles) -> int:
    """Return after how many of the descending eigenvalues the largest gap is; at least 2."""
    gaps = values[:-1] - values[1:]
    return int(np.argmax(gaps[1:MOST_CLUSTERS])) + 2 if len(gaps) > 1 else 1
