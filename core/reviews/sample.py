"""Which documents a review session is about, and its labels, checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, NotFoundError

MAX_LABELS = 40


def checked_labels(labels: Sequence[str]) -> list[str]:
    """Return the labels without spaces around them; there must be two or more, all different."""
    found = [label.strip() for label in labels]
    if not 2 <= len(found) <= MAX_LABELS or len(set(found)) != len(found) or not all(found):
        rule = f"a session needs 2 to {MAX_LABELS} different labels"
        raise BadInputError(", ".join(found) or "no label", rule, "name each once")
    return found


def given(ids: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return the rows of the wanted ids, in their order."""
    row_of = {identifier: row for row, identifier in reversed(list(enumerate(ids)))}
    missing = [identifier for identifier in wanted if identifier not in row_of]
    if missing or not wanted:
        remedy = "give ids of documents of the corpus"
        raise NotFoundError(next(iter(missing), "no id"), "no such document in the corpus", remedy)
    return [row_of[identifier] for identifier in dict.fromkeys(wanted)]


def sample(ids: Sequence[str], strata: Sequence[object] | None, size: int, seed: int) -> list[int]:
    """Draw rows at random; with strata, one of each in turn until the sample is full."""
    rows = list({identifier: row for row, identifier in reversed(list(enumerate(ids)))}.values())
    if not 1 <= size <= len(rows):
        raise BadInputError(f"a sample of {size}", f"the corpus holds {len(rows)} documents", "draw fewer")
    rng = np.random.default_rng(seed)
    order: NDArray[np.int64] = rng.permutation(np.sort(rows))
    if strata is None:
        return [int(row) for row in order[:size]]
    turn: Counter[object] = Counter()
    ranked = []
    for place, row in enumerate(order):
        ranked.append((turn[strata[row]], place, int(row)))
        turn[strata[row]] += 1
    return [row for _, _, row in sorted(ranked)[:size]]
