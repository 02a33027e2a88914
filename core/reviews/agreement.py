"""How far reviewers agree beyond chance: Cohen's and Fleiss' kappa, Krippendorff's alpha.

1 is perfect, 0 is what chance gives, below 0 is worse. Where everybody gave one and the same label, chance
alone explains it and the figure is undefined: NaN.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Return kappa of two reviewers' labels for the same documents (Cohen 1960)."""
    num = len(first)
    if num == 0 or num != len(second):
        return math.nan
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / num
    theirs = Counter(second)
    by_chance = sum(count * theirs[label] for label, count in Counter(first).items()) / num**2
    return _beyond(observed, by_chance)


def fleiss_kappa(counts: Iterable[Mapping[str, int]]) -> float:
    """Return kappa of documents with the same number of verdicts each, two or more (Fleiss 1971).

    Args:
        counts: For every document, how many reviewers gave each label.
    """
    rows = [Counter(count) for count in counts]
    sizes = {row.total() for row in rows}
    if len(sizes) != 1 or (size := sizes.pop()) < 2:
        return math.nan
    agreeing = sum(n * (n - 1) for row in rows for n in row.values())
    totals = sum(rows, Counter())
    by_chance = sum((n / totals.total()) ** 2 for n in totals.values())
    return _beyond(agreeing / (len(rows) * size * (size - 1)), by_chance)


def krippendorff_alpha(counts: Iterable[Mapping[str, int]]) -> float:
    """Return alpha for labels without order (Krippendorff 2011); documents with one verdict tell nothing.

    Args:
        counts: For every document, how many reviewers gave each label; the numbers may differ.
    """
    rows = [row for count in counts if (row := Counter(count)).total() > 1]
    totals = sum(rows, Counter())
    num = totals.total()
    if not num:
        return math.nan
    apart = sum((row.total() ** 2 - sum(n * n for n in row.values())) / (row.total() - 1) for row in rows)
    by_chance = (num * num - sum(n * n for n in totals.values())) / (num - 1)
    return 1 - apart / by_chance if by_chance else math.nan


def _beyond(observed: float, by_chance: float) -> float:
    return (observed - by_chance) / (1 - by_chance) if by_chance < 1 else math.nan
