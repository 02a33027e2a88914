"""Groups around a centre: nobody joins through a weak link, and what is grouped by source is grouped at large.

Documents come in the order in which they would survive. Each joins the first centre that it was proposed to
and that its verified similarity with reaches the threshold, or becomes a centre itself; so the centre is the
document that survives, and whoever is dropped was verified against it. That is done inside each part (source)
first. Across parts, a part's group then joins another's centre whole, if every member of it is verified
against that centre, or stays: hence every local group lies within one global group, and every local duplicate
is a global one.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST_CHECKED = 32  # members compared for one joining, the farthest from the centre first
Positions = NDArray[np.int64]


@dataclass(slots=True)
class Ring:
    """A centre's members, the farthest first, with their closeness to it; 16 bytes each."""

    close: array[float] = field(default_factory=lambda: array("d"))
    rows: array[int] = field(default_factory=lambda: array("q"))

    def add(self, row: int, close: float) -> None:
        """Put a member in its place."""
        at = bisect_left(self.close, close)
        self.close.insert(at, close)
        self.rows.insert(at, row)

    def below(self, close: float) -> int:
        """How many members are farther from the centre than that: the first ones."""
        return bisect_left(self.close, close)


@dataclass(slots=True)
class Stars:
    """Groups as they grow; `leader` names each document's centre.

    The Jaccard distance 1 - J is a metric, so two members whose similarities with the centre are s and t have
    a Jaccard of s + t - 1 at least: no pair of a group lies below 2 * threshold - 1. Where that is below
    `floor`, members that it leaves in doubt are compared with each other, so that no pair lies below `floor`.
    Of more than `MOST_CHECKED` in doubt, those farthest from the centre are compared, so that the time grows
    with the members and not with their pairs; such a large group keeps to 2 * threshold - 1 for the rest.
    """

    leader: Positions
    similar: Callable[[int, int], float]
    threshold: float
    floor: float
    rings: dict[int, Ring] = field(default_factory=dict)  # by centre

    def place(self, unit: Sequence[int], met: Iterable[int], within: Sequence[float] = ()) -> bool:
        """Let documents join the first centre met that takes them all; else the first is a centre, of the rest.

        `within` gives the closeness of the unit's other documents with its first. Returns whether it joined.
        """
        for centre in met:
            close = self._verified(unit, centre)
            if close is not None and self._no_pair_too_far(unit, close, centre):
                self._add(unit, close, centre)
                return True
        if len(unit) > 1:
            self._add(unit[1:], within, unit[0])
        return False

    def _verified(self, unit: Sequence[int], centre: int) -> list[float] | None:
        close = []
        for one in unit:
            close.append(self.similar(one, centre))
            if close[-1] < self.threshold:
                return None
        return close

    def _no_pair_too_far(self, unit: Sequence[int], close: Sequence[float], centre: int) -> bool:
        ring, left = self.rings.get(centre), MOST_CHECKED
        if ring is None:
            return True
        for one, own in zip(unit, close, strict=True):
            doubtful = ring.rows[: min(left, ring.below(self.floor + 1 - own))]
            if any(self.similar(one, other) < self.floor for other in doubtful):
                return False
            left -= len(doubtful)
        return True

    def _add(self, unit: Sequence[int], close: Sequence[float], centre: int) -> None:
        ring = self.rings.setdefault(centre, Ring())
        for one, own in zip(unit, close, strict=True):
            self.leader[one] = centre
            ring.add(one, own)


def first_members(leaders: Positions) -> Positions:
    """Turn each document's leader into the position of the first document that has the same leader."""
    _, firsts, group = np.unique(leaders, return_index=True, return_inverse=True)
    result: Positions = firsts[group].astype(np.int64)
    return result


def canonical_ranks(texts: Sequence[str]) -> Positions:
    """Rank texts by falling length, then by content: the same whatever order the texts come in."""
    keys = [(-len(text), hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest()) for text in texts]
    return ranks_of(np.array(sorted(range(len(texts)), key=keys.__getitem__), dtype=np.int64))


def ranks_of(order: Positions) -> Positions:
    """Turn positions in order into each position's rank."""
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
