"""RedPajama-V2's signals of placeholder text, code and cut-off lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

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
        return _words.scored(_NAMES, texts, _values)


def _values(part: _words.Part) -> Sequence[NDArray[Any]]:
    placeholders = [text.count("lorem ipsum") / max(1, len(text)) for text in part.clean]
    brackets = [(text.count("{") + text.count("}")) / max(1, len(text)) for text in part.texts]
    return (
        _words.rounded(np.array(placeholders)),
        _words.rounded(np.array(brackets)),
        _words.rounded(np.array([_ellipses(text) for text in part.texts])),
    )


def _ellipses(text: str) -> float:
    """Return the share of lines that end in an ellipsis."""
    if not text:
        return _words.NULL
    if "..." not in text and "…" not in text:
        return 0.0
    lines = _words.lines(text)
    return sum(line.rstrip().endswith(_ELLIPSES) for line in lines) / len(lines)
