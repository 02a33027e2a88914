"""A domain's samples cut where stages begin, for trainers whose stages each start a data set afresh."""

from __future__ import annotations

import itertools
from collections.abc import Sequence


def segments(samples: int, ends: Sequence[int]) -> tuple[list[tuple[int, int]], list[list[int]]]:
    """Cut a domain so that each stage reads whole segments, one after another as if nothing began afresh.

    Args:
        samples: how many the domain has; they are read again from the first where they end.
        ends: how many of the domain are read by the end of each stage, rising.

    Returns:
        The segments as (first, end), in order, and for each stage how often it reads each of them.
    """
    cuts = sorted({0, samples, *(end % samples for end in ends)})
    found = list(itertools.pairwise(cuts))
    counts = []
    for begin, end in itertools.pairwise([0, *ends]):
        counts.append([_begun(end, first, samples) - _begun(begin, first, samples) for first, _ in found])
    used = [any(row[i] for row in counts) for i in range(len(found))]
    return (
        [one for one, is_used in zip(found, used, strict=True) if is_used],
        [[n for n, is_used in zip(row, used, strict=True) if is_used] for row in counts],
    )


def _begun(position: int, first: int, samples: int) -> int:
    """Return how often the sample `first` has been read when `position` samples have been."""
    return max(0, -(-(position - first) // samples))
