"""The places of a text that make it break a rule, or that a signal's value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import bricks
from core.evidence._columns import COLUMNS
from core.evidence._rules import RULES
from core.evidence._spans import MOST_SPANS, Span, merged
from core.rulesets import RULESETS
from core.signals import SIGNALS
from core.signals.toxicity import Toxicity, ToxicityDimensions, _judge
from core.types import Scalar

__all__ = ["MOST_SPANS", "Span", "contributing", "explained", "offending", "unscored"]


def offending(text: str, reason: str, settings: Mapping[str, Scalar] | None = None) -> list[Span]:
    """Return the places that make a text break a rule, in order; none where the rule is about all of it.

    Rule sets' own helpers find them, so they are what the rule counted. A preset of several rule sets
    may judge a text that C4 has rewritten: its places are those of the text given here. Time is linear.

    Args:
        text: as it was judged.
        reason: one of the `all_reasons` of a rule set; any other has no places.
        settings: of the rule set or preset; what belongs to other rule sets is passed over.

    Returns:
        At most 2,000 spans that do not overlap.
    """
    if reason not in RULES:
        return []
    kind, find, _ = RULES[reason]
    return merged(find(text, bricks.make(RULESETS, kind.name, _own(kind(), settings))))


def contributing(text: str, column: str, settings: Mapping[str, Scalar] | None = None) -> list[Span]:
    """Return the places that a signal's value comes from, in order; none where no place stands out.

    Args:
        text: as it was scored.
        column: a column of a signal; any other has no places.
        settings: of the signal where they differ from its own. The columns of words on a user's list
            have places only where `words` names that list.

    Returns:
        At most 2,000 spans that do not overlap.

    Raises:
        BadInputError: where `words` names no file of words.
    """
    if column not in COLUMNS:
        return []
    kind, find, _ = COLUMNS[column]
    return merged(find(text, bricks.make(SIGNALS, kind.name, _own(kind(), settings))))


def unscored(text: str, column: str, settings: Mapping[str, Scalar] | None = None) -> str | None:
    """Return why a toxicity column has no value for a text: "no words" or "language not covered".

    None where it has one, and for the columns of other signals. Arguments are those of `contributing`.
    """
    kind = COLUMNS[column][0] if column in COLUMNS else None
    if kind not in (Toxicity, ToxicityDimensions):
        return None
    signal: Any = bricks.make(SIGNALS, kind.name, _own(kind(), settings))
    return _judge.unscored(text, signal.max_other_language)


def explained(name: str) -> str:
    """Return one sentence on what is marked for a reason or a column."""
    if name in RULES:
        return f"Marked: {RULES[name][2]}."
    if name in COLUMNS:
        return f"Marked: {COLUMNS[name][2]}."
    return "Nothing is marked: no single place of the text shows it."


def _own(brick: object, settings: Mapping[str, Scalar] | None) -> dict[str, Scalar]:
    return {key: value for key, value in (settings or {}).items() if key in bricks.settings_of(brick)}
