"""RedPajama-V2's repetition signals: characters in the top n-gram and in repeated n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _words
from core.signals._words import Integers
from core.types import ColumnKind, Columns

_TOP = (2, 3, 4)
_DUPLICATE = (5, 6, 7, 8, 9, 10)
_NAMES = (
    *(f"rps_doc_frac_chars_top_{n}gram" for n in _TOP),
    *(f"rps_doc_frac_chars_dupe_{n}grams" for n in _DUPLICATE),
)


@dataclass(frozen=True, slots=True)
class RpsRepetition:
    """Fractions of characters in the most frequent word 2- to 4-gram, and in repeated 5- to 10-grams.

    Values are RedPajama-V2's (`quality_signals/repetitions.py`), rounded to 8 decimals: a top n-gram's
    characters times its count may pass 1, and every copy of a repeated n-gram counts, the first too.
    0 below n words. An n-gram can only be repeated where its (n-1)-grams are, so each length looks
    at what the last one left: time is linear in practice, and a million copies of a word take seconds.
    """

    name: ClassVar[str] = "rps_repetition"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return nine columns."""
        return _words.scored(_NAMES, texts, _values)


def _values(part: _words.Part) -> Sequence[NDArray[Any]]:
    total = np.maximum(_words.sums(part.lengths, part.bounds), 1)
    grams, counts = part.grams
    starts = np.flatnonzero(counts > 1)
    grams = grams[starts]
    last = np.repeat(part.bounds[1:], np.diff(part.bounds))  # where each word's text ends
    found = []
    for n in range(2, _DUPLICATE[-1] + 1):
        fits = starts + n <= last[starts]
        starts, grams = starts[fits], grams[fits]
        grams, counts = _words.numbered(grams, max(1, len(part.vocabulary)), part.ids[starts + n - 1])
        many = np.flatnonzero(counts > 1)
        starts, grams, counts = starts[many], grams[many], counts[many]
        if n in _TOP:
            found.append(_words.rounded(_top(part, starts, counts, n) / total))
        elif n in _DUPLICATE:
            found.append(_words.rounded(_covered(part, starts, n) / total))
    return found


def _top(part: _words.Part, starts: Integers, counts: Integers, n: int) -> Integers:
    """Characters of each text's most frequent n-gram times its count; the first met wins a tie."""
    characters = np.zeros(len(part.texts), dtype=np.int64)
    if not len(starts):
        return characters
    documents = part.documents[starts]
    filled, first = np.unique(documents, return_index=True)
    size = len(starts)
    best = np.maximum.reduceat(counts * size + np.arange(size - 1, -1, -1), first)
    count, place = best // size, size - 1 - best % size
    words = starts[place][:, None] + np.arange(n)
    characters[filled] = part.lengths[words].sum(axis=1) * count
    return characters


def _covered(part: _words.Part, starts: Integers, n: int) -> Integers:
    """Characters of each text's words inside any repeated n-gram, each counted once."""
    if not len(starts):
        return np.zeros(len(part.texts), dtype=np.int64)
    inside = np.zeros(len(part.ids), dtype=bool)
    for offset in range(n):
        inside[starts + offset] = True
    places = np.flatnonzero(inside)
    documents = part.documents[places]
    found = np.bincount(documents, weights=part.lengths[places], minlength=len(part.texts))
    return found.astype(np.int64)
