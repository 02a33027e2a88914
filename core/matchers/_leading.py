"""The groups that `_stars` describes, over n-grams that lie one text after another in one array; compiled.

Texts are numbered in the order in which they would survive, so that a lower number is a better one. Imported
where it is used, for it loads a compiler.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.matchers._compiled import compiled

Narrow = NDArray[np.uint32]
Numbers = NDArray[np.int32]
Positions = NDArray[np.int64]
Closeness = NDArray[np.float64]


@compiled
def jaccard(one: Narrow, other: Narrow, least: float) -> float:
    """Shared n-grams over all of two sorted sets; 0 where it lies below `least`, or one is empty."""
    both = len(one) + len(other)
    if min(len(one), len(other)) < least * max(len(one), len(other)) or len(one) == 0 or len(other) == 0:
        return 0.0
    most_lone = both * (1 - least) / (1 + least) + 1
    i, j, shared = 0, 0, 0
    while i < len(one) and j < len(other):
        a, b = one[i], other[j]
        i += a <= b
        j += b <= a
        shared += a == b
        if i + j - 2 * shared > most_lone:
            return 0.0
    found = shared / (both - shared)
    return found if found >= least else 0.0


@compiled
def _limit(own: Numbers, filled: Numbers, most: int, limits: Numbers) -> None:
    """Write how many centres of each own bucket to look at: all, or `most` together, the smallest first."""
    total = 0
    for band in range(len(own)):
        limits[band] = filled[own[band]] if own[band] >= 0 else 0
        total += limits[band]
    if total <= most:
        return
    left = most
    for band in np.argsort(limits, kind="mergesort"):  # stable: the same whatever sort the compiler has
        limits[band] = min(limits[band], left)
        left -= limits[band]


@compiled
def _next(own: Numbers, slots: Numbers, starts: Positions, limits: Numbers, seen: Numbers, last: int) -> int:
    """Return the first centre after `last` in a text's buckets, -1 at the end; `seen` moves on in each."""
    found = -1
    for band in range(len(own)):
        bucket = own[band]
        if bucket < 0:
            continue
        while seen[band] < limits[band] and slots[starts[bucket] + seen[band]] <= last:
            seen[band] += 1
        if seen[band] < limits[band]:
            centre = slots[starts[bucket] + seen[band]]
            if found < 0 or centre < found:
                found = centre
    return found


@compiled
def _verified(
    unit: Numbers,
    centre: int,
    grams: Narrow,
    begins: Positions,
    ends: Positions,
    threshold: float,
    close: Closeness,
) -> bool:
    """Whether all of the unit are close enough to a centre; writes how close."""
    for k in range(len(unit)):
        one = unit[k]
        close[k] = jaccard(grams[begins[one] : ends[one]], grams[begins[centre] : ends[centre]], threshold)
        if close[k] < threshold:
            return False
    return True


@compiled
def _no_pair_too_far(
    unit: Numbers, close: Closeness, first: int, after: Numbers, ring: Closeness,
    grams: Narrow, begins: Positions, ends: Positions, floor: float, most: int,
) -> bool:  # fmt: skip
    """Compare each of the unit with the members that the bound leaves in doubt, the `most` farthest."""
    for k in range(len(unit)):
        one, member, left = unit[k], first, most
        while member >= 0 and left > 0 and ring[member] < floor + 1 - close[k]:
            if jaccard(grams[begins[one] : ends[one]], grams[begins[member] : ends[member]], floor) < floor:
                return False
            left -= 1
            member = after[member]
    return True


@compiled
def _add(
    unit: Numbers, close: Closeness, centre: int, leader: Numbers, first: Numbers, after: Numbers,
    ring: Closeness, most: int,
) -> None:  # fmt: skip
    """Make the unit members of a centre; its `most` farthest stay in reach of `first`, the farthest first."""
    for k in range(len(unit)):
        one = unit[k]
        leader[one], ring[one] = centre, close[k]
        before, behind, steps = -1, first[centre], 0
        while behind >= 0 and ring[behind] < close[k] and steps < most:
            before, behind, steps = behind, after[behind], steps + 1
        if steps == most:
            continue
        after[one] = behind
        if before < 0:
            first[centre] = one
        else:
            after[before] = one


@compiled
def lead(
    begin: int, end: int,
    units: Numbers, unit_close: Closeness, unit_at: Positions,
    parts: Numbers, buckets: Numbers, slots: Numbers, starts: Positions, filled: Numbers,
    grams: Narrow, begins: Positions, ends: Positions,
    leader: Numbers, first: Numbers, after: Numbers, ring: Closeness,
    threshold: float, floor: float, most: int, most_tried: int,
) -> None:  # fmt: skip
    """Let the units of the texts from `begin` to `end` join the first centre that takes them, or be groups.

    Text i's unit is `units[unit_at[i]:unit_at[i + 1]]`, itself the first, or nothing where it follows another.
    """
    longest = 1
    for one in range(begin, end):
        longest = max(longest, unit_at[one + 1] - unit_at[one])
    close, bands = np.empty(longest, dtype=np.float64), buckets.shape[1]
    seen, limits = np.empty(bands, dtype=np.int32), np.empty(bands, dtype=np.int32)
    for one in range(begin, end):
        unit = units[unit_at[one] : unit_at[one + 1]]
        if len(unit) == 0:
            continue
        seen[:] = 0
        own, joined = buckets[one], False
        _limit(own, filled, most_tried, limits)
        centre = _next(own, slots, starts, limits, seen, -1)
        while centre >= 0 and not joined:
            if (
                parts[centre] == parts[one]
                and _verified(unit, centre, grams, begins, ends, threshold, close)
                and _no_pair_too_far(
                    unit, close, first[centre], after, ring, grams, begins, ends, floor, most
                )
            ):
                _add(unit, close, centre, leader, first, after, ring, most)
                joined = True
            centre = _next(own, slots, starts, limits, seen, centre)
        if joined:
            continue
        _add(unit[1:], unit_close[unit_at[one] + 1 : unit_at[one + 1]], one, leader, first, after, ring, most)
        for bucket in own:
            if bucket >= 0:
                slots[starts[bucket] + filled[bucket]] = one
                filled[bucket] += 1
