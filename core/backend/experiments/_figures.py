"""Figures about runs: intervals over seeds, rank correlation, areas under a curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95


class Interval(TypedDict):
    """A mean over seeds and the interval in which it lies at 95 %; one seed alone has no interval."""

    mean: float
    low: float | None
    high: float | None
    seeds: int
    told_apart: bool | None  # whether the interval leaves out 0; None where there is none


def interval(differences: Sequence[float]) -> Interval:
    """Return the mean of paired differences with Student's t interval (n - 1 degrees of freedom)."""
    from scipy.stats import t

    values = np.asarray(differences, dtype=np.float64)
    mean, number = float(values.mean()), len(values)
    if number < 2:
        return {"mean": mean, "low": None, "high": None, "seeds": number, "told_apart": None}
    half = float(t.ppf(0.5 + CONFIDENCE / 2, number - 1)) * float(values.std(ddof=1)) / math.sqrt(number)
    low, high = mean - half, mean + half
    return {"mean": mean, "low": low, "high": high, "seeds": number, "told_apart": not low <= 0 <= high}


def in_words(found: Interval, better: str, worse: str) -> str:
    """Say whether a difference of losses can be told from noise; below 0 the second is `better`."""
    if found["told_apart"] is None:
        return "One seed says nothing about noise: give two or more."
    span = f"{found['mean']:+.4f} nats a token, {found['low']:+.4f} to {found['high']:+.4f} at 95 %"
    if not found["told_apart"]:
        return f"The difference ({span}) cannot be told from noise with {found['seeds']} seeds."
    return f"{better if found['mean'] < 0 else worse}: {span} over {found['seeds']} seeds."


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return the rank correlation, ties at their average rank; None where one side is all alike."""
    from scipy.stats import rankdata

    left, right = rankdata(a), rankdata(b)
    if len(left) < 2 or left.std() == 0 or right.std() == 0:
        return None
    return float(np.corrcoef(left, right)[0, 1])


def area_under_curve(scores: NDArray[np.float64], member: NDArray[np.bool_]) -> float | None:
    """Return the chance that a member scores above a stranger, ties half; None without both kinds."""
    from scipy.stats import rankdata

    members, strangers = int(member.sum()), int((~member).sum())
    if not members or not strangers:
        return None
    above = float(rankdata(scores)[member].sum()) - members * (members + 1) / 2
    return above / (members * strangers)


def found_at(scores: NDArray[np.float64], member: NDArray[np.bool_], false_rate: float) -> float | None:
    """Return the share of members found where at most `false_rate` of strangers are taken for members."""
    strangers = np.sort(scores[~member])[::-1]
    if not len(strangers) or not member.any():
        return None
    allowed = math.floor(false_rate * len(strangers))
    bar = strangers[allowed] if allowed < len(strangers) else -math.inf
    return float((scores[member] > bar).mean())
