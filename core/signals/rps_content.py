"""RedPajama-V2's signals of placeholder text, code and cut-off lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("rps_doc_lorem_ipsum", "rps_doc_curly_bracket", "rps_doc_frac_lines_end_with_ellipsis")
_ELLIPSES = ("...", "…")


@dataclass(frozen=True, slots=True)
class RpsContent:
    """Placeholder text, curly brackets, and lines that end in an ellipsis.

    Values are RedPajama-V2's, rounded to 8 decimals. For an empty text the first two are 0, as in the
    reference, and the share of lines is null.
    """

    name: ClassVar[str] = "rps_content"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return three columns."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[float, ...]:
    clean = _words.normalised(text)
    lines = _words.lines(text)
    ellipses = sum(line.rstrip().endswith(_ELLIPSES) for line in lines)
    return (
        round(clean.count("lorem ipsum") / len(clean), 8) if clean else 0.0,
        round((text.count("{") + text.count("}")) / len(text), 8) if text else 0.0,
        _words.rounded(_words.ratio(ellipses, len(lines))),
    )
