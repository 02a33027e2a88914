"""Personal data and secrets: how many, of which kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.signals.personal import Kind, found
from core.types import ColumnKind, Columns

_KINDS: tuple[Kind, ...] = ("email", "ip", "phone", "card", "iban", "national_id", "secret")
_NAMES = (*(f"pii_{kind}" for kind in _KINDS), "pii_count")


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Counts of e-mail and public IP addresses, telephone, card and account numbers, identifiers, secrets.

    By patterns and, where a number has them, its check digits; each kind's file under `personal` states
    what is not counted: what is kept for examples and tests, versions, private networks. National
    identifiers of digits alone count in their usual written form or after their name. Names and
    postal addresses are not looked for. A blank text has none.

    About 6,000 documents of 2 kB a second a core, prose or code; 700 where each holds fifty long numbers.
    """

    name: ClassVar[str] = "personal_data"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "risk"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return seven counts a text, and their sum."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[int, ...]:
    counts = Counter(one.kind for one in found(text))
    return (*(counts[kind] for kind in _KINDS), counts.total())
