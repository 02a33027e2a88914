"""Groups around a centre: nobody joins through a weak link, and what is grouped by source is grouped at large.

Documents come in the order in which they would survive. Each joins the first centre that it was proposed to
and that its verified similarity with reaches the threshold, or becomes a centre itself; so the centre is the
document that survives, and whoever is dropped was verified against it. That is done inside each part (source)
first. Across parts, a part's group then joins another's centre whole, if every member of it is verified
against that centre, or stays: hence every local group lies within one global group, and every local duplicate
is a global one.

The Jaccard distance 1 - J is a metric, so two members whose similarities with the centre are s and t have a
Jaccard of s + t - 1 at least: no pair of a group lies below 2 * threshold - 1. Where that is below `floor`,
members that it leaves in doubt are compared with each other, so that no pair lies below `floor`. Of more than
`MOST_CHECKED` in doubt, those farthest from the centre are compared, so that the time grows with the members
and not with their pairs; such a large group keeps to 2 * threshold - 1 for the rest.

Texts made from one template meet in buckets of thousands of centres and yet are no copies. A document is
compared with `MOST_TRIED` centres at most, those of its smallest buckets first: copies share the small ones
too, where what is their own decides, so the time does not grow with the pairs of such texts either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CHECKED = 32  # members compared for one joining, the farthest from the centre first
MOST_TRIED = 2048  # centres that a document is compared with, counted by bucket
AT_ONCE = 256  # documents placed before what was read of them may leave memory
Positions = NDArray[np.int64]
Numbers = NDArray[np.int32]
Closeness = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sets:
    """Sorted sets of some documents, one after another: document i has `values[at[i]:at[i + 1]]`.

    `release` is called now and then, for values that lie in a file and need not stay in memory.
    """

    values: NDArray[np.uint32]
    at: Positions
    release: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Stars:
    """Groups documents, the best first, by the buckets that propose pairs and the sets that verify them."""

    buckets: Numbers  # (n, bands); -1 for none
    sets: Sets
    order: Positions  # which of the sets each one's is
    threshold: float
    floor: float

    def led(self, parts: Positions) -> tuple[Positions, Positions]:
        """Return each document's centre, itself where it is one, inside its part and at large."""
        count = len(self.buckets)
        each = np.arange(count, dtype=np.int32)
        local, close = self._placed(each, np.zeros(count), np.arange(count + 1), parts)
        if (parts == parts[:1]).all():
            return local.astype(np.int64), local.astype(np.int64)
        lone = local != each  # a centre's unit: itself, then its members, the farthest first
        order = np.lexsort((-each, close, lone, local)).astype(np.int32)
        at = np.concatenate([[0], np.cumsum(np.bincount(local, minlength=count))])
        across, _ = self._placed(order, close[order], at, np.zeros(count, dtype=np.int64))
        return local.astype(np.int64), across.astype(np.int64)

    def _placed(
        self, units: Numbers, close: Closeness, unit_at: Positions, parts: Positions
    ) -> tuple[Numbers, Closeness]:
        """Place every unit; return each document's centre and its closeness with it."""
        from core.matchers import _leading

        count, nobody = len(self.buckets), np.int32(-1)
        sizes = np.bincount(self.buckets[self.buckets >= 0])
        starts, filled = np.cumsum(sizes) - sizes, np.zeros(len(sizes), dtype=np.int32)
        slots = np.empty(int(sizes.sum()), dtype=np.int32)
        leader, ring = np.arange(count, dtype=np.int32), np.ones(count)
        first, after = np.full(count, nobody), np.full(count, nobody)
        begins, ends = self.sets.at[self.order], self.sets.at[self.order + 1]
        unit_at, part = unit_at.astype(np.int64, copy=False), parts.astype(np.int32)
        for begin in range(0, count, AT_ONCE):
            _leading.lead(
                begin, min(count, begin + AT_ONCE),
                units, close, unit_at,
                part, self.buckets, slots, starts, filled,
                self.sets.values, begins, ends,
                leader, first, after, ring,
                self.threshold, self.floor, MOST_CHECKED, MOST_TRIED,
            )  # fmt: skip
            self.sets.release()
        return leader, ring


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
