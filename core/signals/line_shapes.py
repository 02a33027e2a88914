"""What a document's lines begin and end with: prose, lists, menus and cut-off teasers differ here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.errors import BadInputError
from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("terminal_punctuation_share", "bullet_line_share", "short_line_share", "duplicate_line_share")
_TERMINAL = (".", "!", "?", '"', "'", "”", "’", "。", "！", "？", "؟", "।", "…")
_BULLETS = ("-", "*", "•", "‣", "▶", "◀", "◦", "■", "□", "▪", "▫", "–")


@dataclass(frozen=True, slots=True)
class LineShapes:
    """Shares of lines that end as sentences do, start as list items do, are short, or stand twice.

    Lines of white space alone do not count; all shares are null where no other line is left.
    `short_line` is the most characters a short line has. A line that stands k times counts as
    k − 1 duplicates.
    """

    name: ClassVar[str] = "line_shapes"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"
    short_line: int = 30

    def __post_init__(self) -> None:
        """Refuse a length that no line has."""
        if self.short_line < 1:
            raise BadInputError(f"{self.name}.short_line = {self.short_line}", "is at least 1", "set 30")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return four shares a text."""
        return _words.table(_NAMES, [self._row(text) for text in texts])

    def _row(self, text: str) -> tuple[float, ...]:
        lines = [stripped for line in text.splitlines() if (stripped := line.strip())]
        counts = (
            sum(line.endswith(_TERMINAL) for line in lines),
            sum(line.startswith(_BULLETS) for line in lines),
            sum(len(line) <= self.short_line for line in lines),
            len(lines) - len(set(lines)),
        )
        return tuple(_words.ratio(count, len(lines)) for count in counts)
