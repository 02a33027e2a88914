"""RedPajama-V2's share of stop words, of a list that the user names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _lists, _words
from core.types import ColumnKind, Columns


@dataclass(frozen=True, slots=True)
class RpsStopWords:
    """Raw words on a list of stop words, over raw words: `rps_doc_stop_word_fraction`.

    `words` names the list: a text file of a word a line, a JSON list, or a JSON object of lists by
    language (stopwords-json, which RedPajama-V2 uses) of which `language` is taken. Words are matched
    case and all, as in the reference; 0 where normalisation leaves no word.
    """

    name: ClassVar[str] = "rps_stop_words"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"
    words: str = ""
    language: str = "en"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column's name."""
        return ("rps_doc_stop_word_fraction",)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The list's hash: another list under the same path is another signal."""
        return _lists.signed(self.words, self.name)

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one column."""
        listed = _lists.listed(self.words, self.language, self.name)

        def values(part: _words.Part) -> Sequence[NDArray[Any]]:
            pairs = zip(part.texts, part.clean, strict=True)
            raw = [_words.raw_words(text) if clean else [] for text, clean in pairs]
            shares = [sum(map(listed.__contains__, words)) / max(1, len(words)) for words in raw]
            return (_words.rounded(np.array(shares)),)

        return _words.scored(self.columns, texts, values)
