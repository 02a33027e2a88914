"""Texts as sets of hashed n-grams of words or characters, many texts at a time.

A text is folded character by character: lower case, compatibility forms and accents folded. What is neither
letter, digit nor underscore parts words; a character of Chinese or Japanese is a word by itself. A word's
hash, and an n-gram's, is a polynomial modulo 2^64 from sums up to each place, so that a block of texts takes
a few passes over arrays, whatever the words; 32 mixed bits of it are kept. Two n-grams share their bits by
chance with probability 2^-32, which moves the Jaccard of two texts of 1,000 n-grams by 10^-7.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.engines.batches import runs

Hashes = NDArray[np.uint32]
Wide = NDArray[np.uint64]
Codes = NDArray[np.uint8] | NDArray[np.uint32]
Positions = NDArray[np.int64]
Unit = Literal["word", "character"]
BLOCK_CHARACTERS = 250_000  # folded and hashed at once: what the processor's cache holds
_PART, _MARK, _MANY, _UNMET = 0, 1, 2, 0xFFFFFFFF  # parts words; is left out; several characters; not met yet
_ALONE = np.uint32(1 << 30)  # is a word by itself
_FOLDED = np.full(0x110000, _UNMET, dtype=np.uint32)
_BASE = 0x9E3779B97F4A7C15
_SCRIPTS_WITHOUT_SPACES = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    found = "".join(c for c in map(chr, range(0x300, 0x20000)) if unicodedata.combining(c))
    return re.compile(f"[{found}]+")


def folded(text: str) -> str:
    """Lower case, compatibility forms and accents folded, white space to single spaces."""
    if not text.isascii():
        text = _marks().sub("", unicodedata.normalize("NFKD", text))
    return " ".join(text.lower().split())


@dataclass(frozen=True, slots=True)
class Shingles:
    """Shingles of some texts: text i has `hashes[starts[i]:starts[i + 1]]`."""

    hashes: Hashes
    starts: Positions

    def of(self, i: int) -> Hashes:
        """The shingles of text i."""
        return self.hashes[self.starts[i] : self.starts[i + 1]]


@dataclass(frozen=True, slots=True)
class Shingler:
    """Makes shingles of `n` words or characters; a shorter text is one shingle of all that it has."""

    n: int
    unit: Unit = "word"

    def sets(self, texts: Sequence[str]) -> Iterator[Hashes]:
        """Yield the distinct shingles of each text, sorted; none for a text without words."""
        for made in self.blocks(texts):
            owner = np.repeat(np.arange(len(made.starts) - 1, dtype=np.uint64), np.diff(made.starts))
            keys = np.sort(owner << np.uint64(32) | made.hashes)  # several times as fast as np.unique
            first = np.ones(len(keys), dtype=np.bool_)
            np.not_equal(keys[1:], keys[:-1], out=first[1:])
            distinct = keys[first].astype(np.uint32)
            before = np.concatenate([[0], np.cumsum(first)])
            yield from np.split(distinct, before[made.starts[1:-1]])

    def blocks(self, texts: Sequence[str]) -> Iterator[Shingles]:
        """Yield every shingle of the texts in its place, repeated ones too, for some texts at a time."""
        for some in runs(texts, BLOCK_CHARACTERS):
            codes, bounds = _codes(some)
            values, firsts = (_words if self.unit == "word" else _characters)(codes, bounds)
            yield self._windows(values, firsts)

    def _windows(self, values: Wide, firsts: Positions) -> Shingles:
        """Hash the n values from each place on that do not reach into the next text."""
        sizes = np.diff(firsts)
        counts = np.where(sizes >= self.n, sizes - self.n + 1, np.minimum(sizes, 1))
        starts = np.concatenate([[0], np.cumsum(counts)])
        at = np.arange(starts[-1]) + np.repeat(firsts[:-1] - starts[:-1], counts)
        sums, inverses = _sums(values)
        beyond = np.concatenate([sums[self.n :], np.full(min(self.n, len(sums)) - 1, sums[-1])])
        hashed = ((beyond - sums[:-1]) * inverses[: len(values)])[at]
        short = np.flatnonzero((sizes > 0) & (sizes < self.n))
        if len(short):
            hashed[starts[short]] = _spans(values, firsts[short], firsts[short + 1])
        return Shingles((mixed(hashed) >> np.uint64(32)).astype(np.uint32), starts)


# --- characters -------------------------------------------------------------------------------------


def _codes(texts: Sequence[str]) -> tuple[Codes, Positions]:
    """Return the folded characters, each text with what parts it from the next, and where texts begin."""
    joined = "\n".join([*texts, ""])
    if joined.isascii():
        plain = np.frombuffer(joined.encode().translate(_ascii()), dtype=np.uint8)
        return plain, _bounds([len(text) + 1 for text in texts])
    codes = _looked_up(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4"))
    if (codes == _MANY).any():  # ligatures, fractions: as the characters that they stand for
        texts = [unicodedata.normalize("NFKC", text) for text in texts]
        joined = "\n".join([*texts, ""])
        codes = _looked_up(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4"))
    bounds = _bounds([len(text) + 1 for text in texts])
    kept = codes != _MARK
    if kept.all():
        return codes, bounds
    before = np.concatenate([[0], np.cumsum(kept)])
    return codes[kept], before[bounds]


@lru_cache(maxsize=1)
def _ascii() -> bytes:
    return bytes(_code(chr(point)) if point < 128 else 0 for point in range(256))


def _bounds(sizes: Sequence[int]) -> Positions:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _looked_up(points: NDArray[Any]) -> NDArray[np.uint32]:
    found: NDArray[np.uint32] = _FOLDED[points]
    unmet = found == _UNMET
    if unmet.any():
        for point in np.unique(points[unmet]).tolist():
            _FOLDED[point] = _code(chr(point))
        found = _FOLDED[points]
    return found


def _code(char: str) -> int:
    """Say what a character is folded to."""
    if unicodedata.combining(char):
        return _MARK
    plain = "".join(c for c in unicodedata.normalize("NFKD", char).lower() if not unicodedata.combining(c))
    if len(plain) != 1:
        if unicodedata.normalize("NFKC", char) != char:
            return _MANY if plain.strip() else _PART
        plain = char  # Hangul, and vowels of two parts: themselves
    if not (plain.isalnum() or plain == "_" or unicodedata.category(plain).startswith("M")):
        return _PART
    return ord(plain) | int(_ALONE) * bool(_SCRIPTS_WITHOUT_SPACES.match(plain))


# --- words and n-grams ------------------------------------------------------------------------------


def _words(codes: Codes, bounds: Positions) -> tuple[Wide, Positions]:
    """Return a hash for each word, and where each text's words begin, and at last their number."""
    word = codes != _PART
    begins = word.copy()
    begins[1:] &= ~word[:-1]
    if codes.dtype != np.uint8 and (alone := codes >= _ALONE).any():
        begins |= alone
        begins[1:] |= alone[:-1] & word[1:]
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(codes))  # what parts words is 0 and adds nothing
    return mixed(_spans(codes.astype(np.uint64), starts, ends)), np.searchsorted(starts, bounds)


def _characters(codes: Codes, bounds: Positions) -> tuple[Wide, Positions]:
    """Return the characters, words parted by one space, and where each text's begin, and their number."""
    word = codes != _PART
    begins = word.copy()
    begins[1:] &= ~word[:-1]
    starts = np.flatnonzero(begins)
    firsts = np.searchsorted(starts, bounds)
    kept = word.copy()
    kept[starts[starts > 0] - 1] = True  # one space before each word …
    opening = starts[firsts[:-1][np.diff(firsts) > 0]]
    kept[opening[opening > 0] - 1] = False  # … but for a text's first
    before = np.concatenate([[0], np.cumsum(kept)])
    values = codes[kept].astype(np.uint64)
    values[values == _PART] = ord(" ")
    return values, before[bounds]


def _spans(values: Wide, starts: Positions, ends: Positions) -> Wide:
    """Hash the values from each start to its end: the same values, the same hash, wherever they stand."""
    sums, inverses = _sums(values)
    return (sums[ends] - sums[starts]) * inverses[starts]


def _sums(values: Wide) -> tuple[Wide, Wide]:
    """Return the polynomial's value up to each place, and what undoes a place's power."""
    powers, inverses = _powers(max(1 << 19, 1 << len(values).bit_length()))
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    return sums, inverses


@lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Wide, Wide]:
    """Return the base's powers modulo 2^64, and their inverses."""
    found = []
    for base in (_BASE, pow(_BASE, -1, 2**64)):
        powers = np.ones(size, dtype=np.uint64)
        done = 1
        while done < size:
            powers[done : 2 * done] = powers[: min(done, size - done)] * np.uint64(pow(base, done, 2**64))
            done *= 2
        found.append(powers)
    return found[0], found[1]


def mixed(values: Wide) -> Wide:
    """Spread every bit over all bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def jaccard(one: Hashes, other: Hashes) -> float:
    """Shared shingles over all shingles of two sorted sets; 0 where one is empty."""
    if not len(one) or not len(other):
        return 0.0
    both = np.concatenate([one, other])
    both.sort(kind="stable")  # two sorted runs: merged
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / (len(both) - shared)
