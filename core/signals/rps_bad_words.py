"""RedPajama-V2's count of bad words, of a list that the user names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _lists, _words
from core.types import ColumnKind, Columns


@dataclass(frozen=True, slots=True)
class RpsBadWords:
    """N-grams of normalised words that are on a list of bad words: `rps_doc_ldnoobw_words`.

    `words` names the list, a word or phrase a line; RedPajama-V2 uses LDNOOBW's of the text's language.
    As in the reference, entries are not normalised: one with a capital or a hyphen is never met.
    """

    name: ClassVar[str] = "rps_bad_words"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"
    words: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The column's name."""
        return ("rps_doc_ldnoobw_words",)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The list's hash: another list under the same path is another signal."""
        return _lists.signed(self.words, self.name)

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one column."""
        listed = _lists.listed(self.words, "", self.name)
        lengths = {1 + entry.count(" ") for entry in listed}

        def values(part: _words.Part) -> Sequence[NDArray[Any]]:
            return (np.array([_met(text.split(), listed, lengths) for text in part.clean], dtype=np.float64),)

        return _words.scored(self.columns, texts, values)


def _met(words: list[str], listed: frozenset[str], lengths: set[int]) -> int:
    """Count the n-grams on the list, every one where it stands."""
    grams = (zip(*(words[i:] for i in range(n)), strict=False) for n in lengths)
    return sum(" ".join(gram) in listed for some in grams for gram in some)
