"""RedPajama-V2's repetition signals: characters in the top n-gram and in repeated n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _words
from core.types import ColumnKind, Columns

_TOP = (2, 3, 4)
_DUPLICATE = (5, 6, 7, 8, 9, 10)
_NAMES = (
    *(f"rps_doc_frac_chars_top_{n}gram" for n in _TOP),
    *(f"rps_doc_frac_chars_dupe_{n}grams" for n in _DUPLICATE),
)
Integers = NDArray[np.int64]


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
        return _words.table(_NAMES, [_row(_words.normalised(text).split()) for text in texts])


def _row(words: list[str]) -> list[float]:
    known: dict[str, int] = {}
    ids = np.array([known.setdefault(word, len(known)) for word in words], dtype=np.int64)
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    total = int(lengths.sum())
    ends = np.concatenate([[0], np.cumsum(lengths)])
    row, starts, grams = [], np.arange(len(words)), ids
    for n in range(2, _DUPLICATE[-1] + 1):
        starts, grams, counts = _repeated(ids, starts, grams, n)
        if n in _TOP:
            row.append(_top(starts, counts, ends, n) / total if total else 0.0)
        elif n in _DUPLICATE:
            row.append(_covered(starts, lengths, n) / total if total else 0.0)
    return [round(value, 8) for value in row]


def _repeated(
    ids: Integers, starts: Integers, grams: Integers, n: int
) -> tuple[Integers, Integers, Integers]:
    """Return where the n-grams that stand twice or more start, a number for each, and how often it stands.

    `starts` and `grams` are the same of length n - 1; an n-gram is known by its first n - 1 words'
    number and its last word's.
    """
    fits = starts + n <= len(ids)
    starts, grams = starts[fits], grams[fits]
    if not len(starts):
        return starts, grams, starts
    key = grams * (int(ids.max()) + 1) + ids[starts + n - 1]
    _, number, counts = np.unique(key, return_inverse=True, return_counts=True)
    many = counts[number] > 1
    return starts[many], number[many], counts[number[many]]


def _top(starts: Integers, counts: Integers, ends: Integers, n: int) -> int:
    """Characters of the most frequent n-gram times its count; the first met wins a tie."""
    if not len(starts):
        return 0
    best = int(np.argmax(counts))
    return int(ends[starts[best] + n] - ends[starts[best]]) * int(counts[best])


def _covered(starts: Integers, lengths: Integers, n: int) -> int:
    """Characters of the words inside any repeated n-gram, each counted once."""
    change = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.add.at(change, starts, 1)
    np.add.at(change, starts + n, -1)
    return int(lengths[np.cumsum(change[:-1]) > 0].sum())
