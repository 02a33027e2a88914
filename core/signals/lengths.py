"""How long a document is, in the units that people set limits in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("char_count", "word_count", "line_count", "mean_word_length", "mean_line_length")


@dataclass(frozen=True, slots=True)
class Lengths:
    """Characters, words (split at white space), lines that hold more than white space, and their means.

    Counts are 0 for an empty text; the means, in characters, are null where there is no word or line.
    """

    name: ClassVar[str] = "lengths"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return the five columns."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[float, ...]:
    words = text.split()
    filled = [line for line in text.splitlines() if line and not line.isspace()]
    return (
        len(text),
        len(words),
        len(filled),
        _words.ratio(sum(map(len, words)), len(words)),
        _words.ratio(sum(map(len, filled)), len(filled)),
    )
