"""MetaCLIP's balancing: no entry of a list may crowd out the others (Xu et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.selectors._order import by_key, take
from core.types import Columns


@dataclass(frozen=True, slots=True)
class EntryBalance:
    """Keeps a document with probability t / max(count, t) for each entry that it matches.

    `target` is a file of entries, one a line: words or phrases, which match where their words stand in a text
    next to one another, whatever their case. An entry's count is how many documents of the pool match it; a
    document stays if any of its entries keeps it. t is the one that meets the budget: with a draw u for each
    match, a document stays from t = min u · count on, so documents are taken in this order. Those that match
    no entry come last; the paper drops them. t is 20,000 in the paper, of 1.6 billion pairs.
    """

    name: ClassVar[str] = "metaclip"
    version: ClassVar[int] = 1
    target: str = field(default="", metadata={"file": True})

    @property
    def needs(self) -> tuple[str, ...]:
        """The entries that stand in each document."""
        return ("target_matches",)

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        keys = _keys(columns["target_matches"], rng)
        mask = take(by_key(keys, rng), columns["tokens"], budget)
        known = keys[mask & np.isfinite(keys)]
        threshold = float(known.max(initial=0.0))
        unmatched = int(mask.sum()) - len(known)
        if not np.isfinite(keys).any():
            return mask, "No document of the pool matches an entry of the target: all are taken at random."
        rule = f"Documents balanced over the entries at t = {threshold:.4g}"
        return mask, f"{rule}, and {unmatched:,} that match none." if unmatched else f"{rule}."


def _keys(matches: NDArray[np.object_], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the t from which on each document stays; infinity where it matches nothing."""
    sizes = np.fromiter(map(len, matches), np.int64, len(matches))
    keys = np.full(len(matches), np.inf)
    there = np.flatnonzero(sizes)
    if len(there):
        entries = np.concatenate(matches[there].tolist()).astype(np.int64)
        drawn = rng.random(len(entries)) * np.bincount(entries)[entries]
        keys[there] = np.minimum.reduceat(drawn, np.cumsum(sizes[there]) - sizes[there])
    return keys
