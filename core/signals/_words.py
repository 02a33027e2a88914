"""Words, lines and safe arithmetic that several signals share; what one batch's words are is found once."""

from __future__ import annotations

import math
import operator
import re
import string
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines.batches import runs
from core.signals._combining import decomposed

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_RAW_WORD = re.compile(r"\w+|[^\w\s]+")
PART_CHARACTERS = 500_000  # what is worked on at once: larger parts leave the processor's cache
NULL = math.nan
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def raw_words(text: str) -> list[str]:
    """RedPajama-V2's raw words: runs of word characters, and runs of what is neither word nor space."""
    return _RAW_WORD.findall(text)


def normalised(text: str) -> str:
    """RedPajama-V2's normalised text: no ASCII punctuation, lower case, white space folded, NFD."""
    folded = " ".join(text.translate(_NO_PUNCTUATION).lower().split())
    return folded if folded.isascii() else decomposed(folded)


def lines(text: str) -> list[str]:
    """RedPajama-V2's lines, without their line feeds; empty lines count, but not after the last feed."""
    found = text.split("\n")
    return found if found[-1] else found[:-1]


def ratio(part: float, whole: float) -> float:
    """Return part / whole, or a null where the whole is 0."""
    return part / whole if whole else NULL


def table(names: Sequence[str], rows: Sequence[Sequence[float]]) -> dict[str, NDArray[np.float64]]:
    """Turn one row of values a document into one array a column."""
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
    return {name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(names)}


# --- many documents at once -------------------------------------------------------------------------


def shares(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """Return part / whole, null where the whole is 0."""
    found = np.full(len(part), NULL)
    np.divide(part, whole, out=found, where=whole != 0)
    return found


def rounded(values: Floats) -> Floats:
    """RedPajama-V2's precision, 8 decimals, as Python's `round` does it; a null stays one."""
    found = np.array(values, dtype=np.float64)
    at = np.flatnonzero((found != np.rint(found)) & ~np.isnan(found))  # whole numbers need no rounding
    found[at] = [round(value, 8) for value in found[at].tolist()]
    return found + 0.0  # no minus zero


def sums(values: NDArray[Any], bounds: Integers) -> Integers:
    """Return the sum of whole numbers between each two bounds."""
    total = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=total[1:])
    return np.diff(total[bounds])


class Part:
    """Some documents and, found when first asked for, their normalised words as numbers."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)

    def is_of(self, texts: Sequence[str]) -> bool:
        """Whether these are the very same strings."""
        return len(texts) == len(self.texts) and all(map(operator.is_, texts, self.texts))

    @cached_property
    def clean(self) -> list[str]:
        """The normalised texts."""
        return [normalised(text) for text in self.texts]

    @cached_property
    def _words(self) -> tuple[Integers, Integers, list[str]]:
        known: dict[str, int] = _Numbering()
        split = [text.split() for text in self.clean]
        bounds = np.zeros(len(split) + 1, dtype=np.int64)
        np.cumsum([len(words) for words in split], out=bounds[1:])
        numbers = map(known.__getitem__, chain.from_iterable(split))
        ids = np.fromiter(numbers, np.int64, int(bounds[-1]))
        return ids, bounds, list(known)

    @property
    def ids(self) -> Integers:
        """Every normalised word of all the texts, one after another, by its number in `vocabulary`."""
        return self._words[0]

    @property
    def bounds(self) -> Integers:
        """Where each text's words begin in `ids`, and at last their number: n + 1 values."""
        return self._words[1]

    @property
    def vocabulary(self) -> list[str]:
        """The different words, by number."""
        return self._words[2]

    @cached_property
    def documents(self) -> Integers:
        """For every word the position of its text."""
        return np.repeat(np.arange(len(self.texts)), np.diff(self.bounds))

    @cached_property
    def lengths(self) -> Integers:
        """For every word its characters."""
        known = np.fromiter(map(len, self.vocabulary), np.int64, len(self.vocabulary))
        return known[self.ids] if len(known) else np.zeros(0, np.int64)

    @cached_property
    def grams(self) -> tuple[Integers, Integers]:
        """Every word by a number for it within its text, and how often it stands there."""
        return numbered(self.documents, max(1, len(self.vocabulary)), self.ids)


class _Numbering(dict[str, int]):
    """Gives each new word the next number."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def numbered(first: Integers, base: int, second: Integers) -> tuple[Integers, Integers]:
    """Number the pairs (first, second), second below base; return each place's number and its pair's count.

    A pair and its place are packed into 64 bits where they fit, for sorting values is several times as
    fast as sorting places.
    """
    size = len(first)
    if not size:
        return first, first
    key = first * base  # worked on in place: a text of ten million words has many arrays as it is
    key += second
    if (int(first.max()) + 1) * base * size < 2**63:
        key *= size
        key += np.arange(size)
        key.sort()
        key, places = np.divmod(key, size)
    else:
        places = np.argsort(key, kind="stable")
        key = key[places]
    new = np.empty(size, dtype=bool)
    new[0] = True
    np.not_equal(key[1:], key[:-1], out=new[1:])
    del key
    number = np.cumsum(new)
    number -= 1
    numbers = np.empty(size, dtype=np.int64)
    numbers[places] = number
    del places, number
    counts = np.diff(np.append(np.flatnonzero(new), size))
    return numbers, counts[numbers]


_last: Part | None = None  # of this process: signals that score the same texts in turn share it


def part(texts: Sequence[str]) -> Part:
    """Return the part that these texts are, the one of the last call where they are the same strings."""
    global _last
    found = _last
    if found is None or not found.is_of(texts):
        found = _last = Part(texts)
    return found


def split(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield runs of the texts of about `PART_CHARACTERS` each; a longer text is a run by itself."""
    return runs(texts, PART_CHARACTERS)


def scored(
    names: Sequence[str], texts: Sequence[str], values: Callable[[Part], Sequence[NDArray[Any]]]
) -> dict[str, NDArray[np.float64]]:
    """Score the texts part by part: `values` gives one array a column."""
    found = [values(part(some)) for some in split(texts)]
    return {
        name: np.concatenate([np.zeros(0), *(columns[i] for columns in found)])
        for i, name in enumerate(names)
    }
