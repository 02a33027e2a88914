"""How a policy judges documents: totals, levels, actions, and the words of a warning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.policies.value import ACTIONS, LEVELS, Exempt, Levels, Policy

KEEP, ANNEAL = ACTIONS.index("keep"), ACTIONS.index("anneal")
UNSCORED = LEVELS.index("unscored")
HELD = " (annealing)"  # ends the domain of what is held for annealing
HALF = 0.5  # of a level
_WORDS = {
    "toxicity_race_origin": "race or origin",
    "toxicity_gender_sex": "gender or sex",
    "toxicity_religion": "religion",
    "toxicity_ability": "ability",
    "toxicity_violence": "violence",
}


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A policy's verdicts, an array (documents,) each.

    `totals` are sums of the scores, NaN where one is missing; `levels` and `actions` are positions in
    `LEVELS` and `ACTIONS`.
    """

    totals: NDArray[np.float64]
    levels: NDArray[np.int8]
    actions: NDArray[np.int8]

    @property
    def removed(self) -> NDArray[np.bool_]:
        """Which documents are not in training from its start."""
        return np.asarray(self.actions != KEEP)


def judge(policy: Policy, scores: NDArray[np.float64], exempt: Sequence[NDArray[np.bool_]]) -> Judged:
    """Judge documents by their scores (documents, columns), NaN where there is none.

    Args:
        policy: the policy.
        scores: its columns' values.
        exempt: for each of its exceptions, where its condition holds (documents,).
    """
    values = np.rint(scores) if policy.rounded else scores
    totals = values.sum(axis=1)
    highest = values.max(axis=1)
    levels = _levels(policy.levels, totals, highest)
    rules: list[Exempt | None] = [None, *policy.exceptions]
    lookup = [[ACTIONS.index(policy.action(level, one)) for level in LEVELS] for one in rules]
    rule = np.zeros(len(totals), dtype=np.int64)  # 0: none of the exceptions
    for place in range(len(exempt), 0, -1):  # the first that holds is written last
        rule[exempt[place - 1]] = place
    for place, one in enumerate(policy.exceptions, start=1):
        here = rule == place
        if one.levels is not None and here.any():
            levels[here] = _levels(one.levels, totals[here], highest[here])
    actions = np.array(lookup, dtype=np.int8)[rule, levels]
    return Judged(totals, levels, actions)


def _levels(borders: Levels, totals: NDArray[np.float64], highest: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return positions in `LEVELS`; comparisons with NaN are False, so what is unscored comes last."""
    mild = totals >= borders.mild
    if borders.mild_single is not None:
        mild |= highest >= borders.mild_single
    levels = mild.astype(np.int8)
    levels[totals >= borders.toxic] = LEVELS.index("toxic")
    levels[np.isnan(totals)] = UNSCORED
    return levels


def warning(columns: Sequence[str], values: Sequence[float]) -> str:
    """Return the sentence that stands before a text held for annealing: what it may demean.

    Args:
        columns: the policy's columns.
        values: the document's score in each; dimensions of half a level or more are named.
    """
    words = [_WORDS.get(column.replace("celadon_", "toxicity_")) for column in columns]
    named = [word for word, value in zip(words, values, strict=True) if word and value >= HALF]
    what = f" ({', '.join(named)})" if named else ""
    return f"Content warning: the text that follows may be hateful, biased or violent{what}."
