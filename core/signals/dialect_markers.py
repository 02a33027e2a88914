"""How often a text shows marks of African American English: a proxy for whom a filter removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _words
from core.types import ColumnKind, Columns

# Spellings of how a word is said (Blodgett, Green and O'Connor 2016, section 4.1; Jones 2015), without apostrophes.
_SPELLINGS = """
    sholl iont yeen wea talmbout sumn sumthin nuttin nuffin finna tryna boutta bouta imma aint yall dat dis dem
    dey dese dose wit wat wen whateva eva neva ova brotha brutha sista gotta gon lil cuz tha thang skool homie
    bruh"""
SPELLINGS = frozenset(_SPELLINGS.split())
_PRONOUNS = frozenset(("i", "you", "he", "she", "it", "we", "they", "folks", "people"))


@dataclass(frozen=True, slots=True)
class DialectMarkers:
    """Marks of African American English in every 100 words: spellings, habitual be, completive done.

    A few dozen spellings of how words are said, and two constructions that Blodgett, Green and O'Connor
    (2016, Demographic Dialectal Variation in Social Media, section 4) test: a pronoun with "be" and a verb
    in -in(g), "done" and a verb in -ed. It says nothing of who wrote a text; it shows whether a filter
    falls on one way of writing. Null for a text without words.
    """

    name: ClassVar[str] = "dialect_markers"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "risk"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column's name."""
        return (self.name,)

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one rate a text."""
        return _words.scored(self.columns, texts, _rates)


def _rates(part: _words.Part) -> Sequence[NDArray[np.float64]]:
    """Count marks by word, and constructions where three words of one text follow one another."""
    size, words = len(part.texts), part.vocabulary
    spelled = _having(part, [word in SPELLINGS for word in words])
    pronoun = _having(part, [word in _PRONOUNS for word in words])
    be, done = (_having(part, [word == one for word in words]) for one in ("be", "done"))
    going = _having(part, [len(word) > 4 and word.endswith(("in", "ing")) for word in words])
    past = _having(part, [len(word) > 3 and word.endswith("ed") for word in words])
    documents = part.documents
    marks = np.bincount(documents[spelled], minlength=size)
    together = documents[2:] == documents[:-2]
    built = together & pronoun[:-2] & ((be[1:-1] & going[2:]) | (done[1:-1] & past[2:]))
    marks = marks + np.bincount(documents[2:][built], minlength=size)
    return (100 * _words.shares(marks, np.bincount(documents, minlength=size)),)


def _having(part: _words.Part, known: list[bool]) -> NDArray[np.bool_]:
    """Return for every word whether it is one of those chosen from the vocabulary."""
    chosen: NDArray[np.bool_] = np.array(known, dtype=np.bool_)
    return chosen[part.ids]
