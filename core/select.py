"""Which documents: a selector run over a corpus, or over one part of it, by itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.bricks import make
from core.errors import BadInputError
from core.pool import selector_columns
from core.selectors import SELECTORS
from core.types import Scalar
from core.workspace import Workspace


def select(
    workspace: Workspace,
    name: str,
    method: str,
    settings: Mapping[str, Scalar] | None = None,
    *,
    share: float = 0.5,
    where: str | None = None,
    seed: int = 0,
) -> tuple[NDArray[np.bool_], str]:
    """Select `share` of a corpus's tokens; returns a mask over all its rows, and the rule in one sentence.

    Args:
        workspace: Holds the corpus.
        name: The corpus.
        method: A selector's name; run `random` beside it to see what the method itself is worth.
        settings: The selector's settings.
        share: Of the pool's tokens, above 0 and at most 1.
        where: A boolean SQL expression; only documents for which it is true are in the pool.
        seed: The same seed selects the same documents.

    Raises:
        BadInputError: an unknown corpus, method, setting or column, or a share out of range.
    """
    if not 0 < share <= 1:
        raise BadInputError(f"share {share}", "a share is above 0 and at most 1", "try 0.5")
    corpus = workspace.corpus(name)
    selector = make(SELECTORS, method, settings)
    columns = selector_columns(workspace, corpus, selector)
    pool = np.arange(corpus.documents)
    if where is not None:
        pool = np.flatnonzero(workspace.keep_mask(corpus, where))
    inside = {column: values[pool] for column, values in columns.items()}
    budget = round(share * int(inside["tokens"].sum()))
    chosen, rule = selector.select(inside, budget, np.random.default_rng(seed))
    mask = np.zeros(corpus.documents, dtype=np.bool_)
    mask[pool[chosen]] = True
    return mask, rule
