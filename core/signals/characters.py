"""Which characters a document is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from core.signals import _codes, _words
from core.types import ColumnKind, Columns

_NAMES = ("letter_share", "digit_share", "uppercase_share", "symbol_share", "replacement_share")


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
        return _words.scored(_NAMES, texts, _values)


def _values(part: _words.Part) -> Sequence[NDArray[Any]]:
    codes = _codes.of(part)

    def count(flag: int, value: int | None = None) -> _words.Integers:
        return _words.sums((codes.flags & flag) == (flag if value is None else value), codes.bounds)

    dense, letters = count(_codes.SPACE, 0), count(_codes.LETTER)
    return (
        _words.shares(letters, dense),
        _words.shares(count(_codes.DIGIT), dense),
        _words.shares(count(_codes.LETTER | _codes.UPPER), letters),
        _words.shares(count(_codes.SYMBOL), dense),
        _words.shares(count(_codes.DAMAGE), dense),
    )
