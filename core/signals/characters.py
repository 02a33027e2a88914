"""Which characters a document is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("letter_share", "digit_share", "uppercase_share", "symbol_share", "replacement_share")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_SYMBOL = re.compile(r"[^\w\s]|_")
_DAMAGE = re.compile(r"[\ufffd\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Characters:
    r"""Shares of letters, digits, symbols and damage among the characters that are no white space.

    Damage is the replacement character, a control character or a lone surrogate. `uppercase_share`
    is over letters, and null where there is none; the rest are null for a blank text.
    """

    name: ClassVar[str] = "characters"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return five shares a text."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[float, ...]:
    dense = "".join(text.split())
    letters = _LETTER.findall(dense)
    return (
        _words.ratio(len(letters), len(dense)),
        _words.ratio(len(_DIGIT.findall(dense)), len(dense)),
        _words.ratio(sum(map(str.isupper, letters)), len(letters)),
        _words.ratio(len(_SYMBOL.findall(dense)), len(dense)),
        _words.ratio(len(_DAMAGE.findall(dense)), len(dense)),
    )
