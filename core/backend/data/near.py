"""Near copies of a few texts among many: the share of common 5-grams of words, counted and not guessed.

Every text's distinct 5-grams are hashed to 64 bits. Of a text that copies are looked for, those with the
smallest hashes are kept, all of them up to 512, and every other text's are looked up among them. So the
Jaccard similarity is exact for texts of up to 512 distinct 5-grams, and for longer ones right to about 0.03.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
THRESHOLD = 0.7  # of common 5-grams to all of the two: from here on a text is a near copy
_N = 5
_KEPT = 512
_TABLE = 1 << 24
_BASE = 0x9E3779B97F4A7C15  # odd, so that its powers can be undone


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text that copies are looked for: its smallest hashes, and how many it has."""

    hashes: Hashes
    size: int


def sketch(text: str) -> Sketch:
    """Return a text's sketch; a text without words has none and no copies."""
    (hashes,) = shingles([text])
    return Sketch(hashes[:_KEPT], len(hashes))


class Near:
    """Sketches of some texts, in which others are looked up."""

    def __init__(self, sketches: Sequence[Sketch]) -> None:
        """Sort all hashes: twelve bytes each, and sixteen megabytes for a table of those that are there."""
        self._sizes = np.array([one.size for one in sketches], dtype=np.float64)
        kept = np.array([len(one.hashes) for one in sketches], dtype=np.int64)
        self._weights = self._sizes / np.maximum(kept, 1)  # of a common hash: how many it stands for
        hashes = np.concatenate([np.zeros(0, np.uint64), *(one.hashes for one in sketches)])
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._owners = np.repeat(np.arange(len(sketches), dtype=np.int32), kept)[order]
        self._there = np.zeros(_TABLE, dtype=np.bool_)
        self._there[self._places(hashes)] = True

    @staticmethod
    def _places(hashes: Hashes) -> NDArray[np.int64]:
        return (hashes & np.uint64(_TABLE - 1)).astype(np.int64)

    def copies(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield (which text, which sketch) of every pair of `THRESHOLD` or more."""
        found = shingles(texts)
        sizes = np.array([len(one) for one in found], dtype=np.int64)
        hashes = np.concatenate([np.zeros(0, np.uint64), *found])
        hits = np.flatnonzero(self._there[self._places(hashes)])
        first = np.searchsorted(self._hashes, hashes[hits], side="left")
        counts = np.searchsorted(self._hashes, hashes[hits], side="right") - first
        total = int(counts.sum())
        inside = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        owners = self._owners[np.repeat(first, counts) + inside].astype(np.int64)
        texts_hit = np.repeat(np.searchsorted(np.cumsum(sizes), hits, side="right"), counts)
        pairs, common = np.unique(texts_hit * max(1, len(self._sizes)) + owners, return_counts=True)
        rows, columns = np.divmod(pairs, max(1, len(self._sizes)))
        shared = common * self._weights[columns]
        similar = shared >= THRESHOLD * (sizes[rows] + self._sizes[columns] - shared) - 1e-9
        yield from zip(rows[similar].tolist(), columns[similar].tolist(), strict=True)


def shingles(texts: Iterable[str]) -> list[Hashes]:
    """Return each text's distinct 5-grams of words, hashed, in order of hash.

    Words are runs of letters and digits in lower case; in the scripts of East Asia each character is one.
    A text of fewer words is one n-gram of all of them, and a text without words has none.
    """
    encoded = [text.lower().encode("utf-8", "replace") for text in texts]
    bounds = np.concatenate([[0], np.cumsum([len(one) + 1 for one in encoded], dtype=np.int64)])
    codes = np.frombuffer(b" ".join([*encoded, b""]), dtype=np.uint8)
    words, firsts = _words(codes, bounds)
    sizes = np.diff(firsts)
    sums, inverses = _sums(words)
    ends = np.minimum(np.arange(len(words)) + _N, np.repeat(firsts[1:], sizes))
    hashed = _mixed((sums[ends] - sums[:-1]) * inverses[: len(words)])
    counts = np.where(sizes >= _N, sizes - _N + 1, np.minimum(sizes, 1))
    pairs = zip(firsts[:-1].tolist(), counts.tolist(), strict=True)
    return [np.unique(hashed[first : first + count]) for first, count in pairs]


def _words(codes: NDArray[np.uint8], bounds: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.int64]]:
    """Return a hash for each word of all texts, and where each text's words begin, and their number."""
    kinds = _kinds()[codes]
    for lead, size in ((0xC2, 2), (0xE2, 3)):  # the characters that these begin are signs, not letters
        signs = np.flatnonzero(codes == lead)
        for byte in range(size):
            kinds[signs + byte] = 0
    word = kinds > 0
    begins = word.copy()
    begins[1:] &= ~word[:-1]
    begins |= kinds == 2
    starts = np.flatnonzero(begins)
    firsts = np.searchsorted(starts, bounds)
    sums, inverses = _sums(np.where(word, codes, 0).astype(np.uint64))
    ends = np.append(starts[1:], len(codes))[: len(starts)]  # what parts words adds nothing to a sum
    return _mixed((sums[ends] - sums[starts]) * inverses[starts]), firsts


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """By byte of UTF-8: 0 parts words, 1 is of a word, 2 begins a character of East Asia, a word by itself."""
    kinds = np.array([chr(b).isalnum() for b in range(128)] + [True] * 128, dtype=np.uint8)
    kinds[0xE3:0xEE] = 2
    return kinds


def _sums(values: NDArray[np.uint64]) -> tuple[Hashes, Hashes]:
    """Return the polynomial's value up to each place modulo 2^64, and what undoes a place's power."""
    powers, inverses = _powers(max(1 << 20, 1 << len(values).bit_length()))
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    return sums, inverses


@lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    found = []
    for base in (_BASE, pow(_BASE, -1, 2**64)):
        powers, done = np.ones(size, dtype=np.uint64), 1
        while done < size:
            powers[done : 2 * done] = powers[: min(done, size - done)] * np.uint64(pow(base, done, 2**64))
            done *= 2
        found.append(powers)
    return found[0], found[1]


def _mixed(values: Hashes) -> Hashes:
    """Spread every bit over all bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
