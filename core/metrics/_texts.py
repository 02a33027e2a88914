"""Texts, and what has been found about each: looked at once, kept for every metric and every sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_CHARACTERS = 40  # of a text for each word asked for: a longer run is no word, and must not fill the memory

WORDS = 200  # of each text, unless said otherwise

S = TypeVar("S")
T = TypeVar("T")
Ids = NDArray[np.int32]


class Texts(Sequence[str]):
    """Some rows of a sequence of texts; all parts taken of one share what was found about its rows."""

    def __init__(
        self, root: Sequence[str], rows: NDArray[np.int64] | None = None, found: dict[Any, Any] | None = None
    ) -> None:
        self._root = root
        self._rows = np.arange(len(root)) if rows is None else rows
        self._found: dict[Any, Any] = {_VOCABULARY: {}} if found is None else found

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """Return the texts as they are where they are `Texts`, else wrapped."""
        return texts if isinstance(texts, Texts) else cls(texts)

    def take(self, at: NDArray[np.int64]) -> Texts:
        """Return the texts at these positions, which share what is found."""
        return Texts(self._root, self._rows[at], self._found)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return self.take(np.arange(*at.indices(len(self))))
        return self._root[int(self._rows[at])]

    def each(self, key: Hashable, look: Callable[[str], T]) -> list[T]:
        """Return what `look` finds in each text; under the same key it looks at a text once."""
        known = self._found.setdefault(key, {})
        result = []
        for row in self._rows.tolist():
            if row not in known:
                known[row] = look(self._root[row])
            result.append(known[row])
        return result

    def derived(
        self, key: Hashable, base: Hashable, look: Callable[[str], S], then: Callable[[S], T]
    ) -> list[T]:
        """Return what `then` makes of what `look` finds; both are kept, each under its own key."""
        seen = dict(zip(self._rows.tolist(), self.each(base, look), strict=True))
        known = self._found.setdefault(key, {})
        for row, value in seen.items():
            if row not in known:
                known[row] = then(value)
        return [known[row] for row in self._rows.tolist()]

    def words(self, most: int = WORDS) -> list[Ids]:
        """Return the first `most` lower-case words of each text, by their numbers in `vocabulary`."""
        return self.each(("words", most), partial(self._numbered, most))

    def from_words(self, key: Hashable, then: Callable[[Ids], T]) -> list[T]:
        """Return what `then` makes of the first words of each text."""
        return self.derived(key, ("words", WORDS), partial(self._numbered, WORDS), then)

    def _numbered(self, most: int, text: str) -> Ids:
        numbers: dict[str, int] = self._found[_VOCABULARY]
        found = _WORD.findall(text[: most * _CHARACTERS].lower())[:most]
        return np.array([numbers.setdefault(word, len(numbers)) for word in found], dtype=np.int32)

    @property
    def vocabulary(self) -> list[str]:
        """The words met so far, by number."""
        words: list[str] = self._found.setdefault(_IN_ORDER, [])
        words += islice(self._found[_VOCABULARY], len(words), None)
        return words


_VOCABULARY, _IN_ORDER = "vocabulary", "words in order"


def drawn_words(texts: Sequence[str], total: int, per_text: int, seed: int) -> list[Ids]:
    """Return `total` words, at most `per_text` from the beginning of each text, texts in a drawn order.

    The last text is cut. Fewer than `total` words are none: the list is empty, since shares of distinct
    words fall as text grows and can be compared at one length only.
    """
    found, left = [], total
    everything = Texts.of(texts)
    for at in np.random.default_rng(seed).permutation(len(everything)):
        piece = everything.take(np.array([at])).words(per_text)[0][:left]
        if len(piece):
            found.append(piece)
            left -= len(piece)
        if not left:
            return found
    return []


def ngrams(pieces: Sequence[Ids], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every n-gram as a number, equal ones alike, and the position of the piece that holds it.

    N-grams do not reach from one piece into the next.
    """
    lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
    owner = np.repeat(np.arange(len(pieces)), lengths)
    flat = np.concatenate(pieces).astype(np.int64) if len(pieces) else np.empty(0, np.int64)
    count = max(len(flat) - n + 1, 0)
    codes = flat[:count]
    base = int(flat.max(initial=0)) + 1
    for i in range(1, n):  # numbered anew at each step, so that the product stays within 64 bits
        codes = np.unique(codes * base + flat[i : i + count], return_inverse=True)[1]
    inside = owner[:count] == owner[n - 1 :][:count]
    return codes[inside], owner[:count][inside]
