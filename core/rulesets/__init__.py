"""Published filter rule sets: each names the first of its rules that a text breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from core.rulesets._page import Page
from core.rulesets.c4 import C4
from core.rulesets.fineweb import FineWeb
from core.rulesets.gopher_quality import GopherQuality
from core.rulesets.gopher_repetition import GopherRepetition
from core.types import Scalar


class Ruleset(Protocol):
    """Rules in order, with thresholds as settings; each text is judged by itself."""

    name: ClassVar[str]
    version: ClassVar[int]
    all_reasons: ClassVar[tuple[str, ...]]  # in the order in which the rules are tried

    def reasons(self, texts: Sequence[str]) -> list[str | None]:
        """Return for each text the first rule that it breaks, or None where it is kept."""

    def reason(self, page: Page) -> str | None:
        """Return the same for one text whose words several rule sets share."""

    def passed_on(self, page: Page) -> Page:
        """Return what the next rule set of a combined preset sees of a text that this one keeps."""


RULESETS: dict[str, type[Ruleset]] = {
    rules.name: rules for rules in (GopherQuality, GopherRepetition, C4, FineWeb)
}
# A preset is rule sets in order, each with the settings in which it differs from its own defaults.
PRESETS: dict[str, Mapping[str, Mapping[str, Scalar]]] = {
    **{name: {name: {}} for name in RULESETS},
    "gopher": {"gopher_quality": {}, "gopher_repetition": {}},
    # the order and the one changed setting of datatrove's examples/fineweb.py
    "fineweb_recipe": {
        "gopher_repetition": {},
        "gopher_quality": {},
        "c4": {"filter_no_terminal_punct": False},
        "fineweb": {},
    },
}


def first_reasons(rulesets: Sequence[Ruleset], texts: Sequence[str]) -> list[str | None]:
    """Return for each text the first rule that it breaks in rule sets one behind the other."""
    return [_first_reason(rulesets, text) for text in texts]


def _first_reason(rulesets: Sequence[Ruleset], text: str) -> str | None:
    page = Page(text)
    for rules in rulesets:
        reason = rules.reason(page)
        if reason is not None:
            return reason
        page = rules.passed_on(page)
    return None
