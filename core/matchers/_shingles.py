"""Texts as sets of hashed word n-grams, many at a time."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_WORD = re.compile(r"\w+")
_FACTOR = 0x9E3779B97F4A7C15
_CACHED_WORDS = 1_000_000


def folded(text: str) -> str:
    """Lower case, compatibility forms and accents folded, white space to single spaces."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(text.lower().split())


@dataclass(frozen=True, slots=True)
class Shingles:
    """Distinct shingles of some texts: text i has `hashes[starts[i]:starts[i + 1]]`, sorted."""

    hashes: Hashes
    starts: NDArray[np.int64]

    def of(self, i: int) -> Hashes:
        """The shingles of text i."""
        return self.hashes[self.starts[i] : self.starts[i + 1]]


class Shingler:
    """Makes shingles of `n` words; remembers words' hashes. A shorter text is one shingle of all its words."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._known: dict[str, int] = {}

    def __call__(self, texts: Sequence[str]) -> Shingles:
        """Return the distinct shingles of each text; none for a text without words."""
        made = self.all(texts)
        owner = np.repeat(np.arange(len(texts)), np.diff(made.starts))
        order = np.lexsort((made.hashes, owner))
        hashes = made.hashes[order]
        first = np.ones(len(hashes), dtype=np.bool_)
        first[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])  # order keeps owners in place
        return Shingles(hashes[first], np.searchsorted(owner[first], np.arange(len(texts) + 1)))

    def all(self, texts: Sequence[str]) -> Shingles:
        """Return every shingle of each text in its order, repeated ones too: quicker, as good for minima."""
        if len(self._known) > _CACHED_WORDS:
            self._known = {}
        known, numbers, sizes = self._known, [], []
        for text in texts:
            words = _WORD.findall(folded(text))
            sizes.append(len(words))
            try:
                numbers += [known[word] for word in words]
            except KeyError:
                for word in words:
                    if word not in known:
                        known[word] = _word_hash(word)
                numbers += [known[word] for word in words]
        return self._roll(np.array(numbers, dtype=np.uint64), np.array(sizes, dtype=np.int64))

    def _roll(self, words: Hashes, sizes: NDArray[np.int64]) -> Shingles:
        """Hash the n words from each position on, and leave out what reaches into the next text."""
        ends = np.cumsum(sizes)
        counts = np.where(sizes >= self.n, sizes - self.n + 1, np.minimum(sizes, 1))
        owner = np.repeat(np.arange(len(sizes)), sizes)
        position = np.arange(len(words)) - (ends - sizes)[owner]
        rolled, factor = np.zeros(len(words), dtype=np.uint64), 1
        for step in range(self.n):
            rolled[: max(0, len(words) - step)] += words[step:] * np.uint64(factor)
            factor = factor * _FACTOR % 2**64
        chosen = position <= sizes[owner] - self.n
        for text in np.flatnonzero((sizes > 0) & (sizes < self.n)):
            first = ends[text] - sizes[text]
            rolled[first], chosen[first] = self._whole(words[first : ends[text]]), True
        return Shingles(mixed(rolled[chosen]), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))

    @staticmethod
    def _whole(words: Hashes) -> int:
        """One hash for a text shorter than a shingle; its length keeps it apart from true shingles."""
        number = len(words)
        for word in words.tolist():
            number = (number * _FACTOR + word) % 2**64
        return number


def _word_hash(word: str) -> int:
    data = word.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def mixed(values: Hashes) -> Hashes:
    """Spread every bit over all bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def jaccard(one: Hashes, other: Hashes) -> float:
    """Shared shingles over all shingles of two sorted sets."""
    if not len(one) or not len(other):
        return 0.0
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    places = np.searchsorted(large, small)
    shared = int(np.count_nonzero(large[np.minimum(places, len(large) - 1)] == small))
    return shared / (len(one) + len(other) - shared)


def canonical_order(texts: Sequence[str]) -> NDArray[np.int64]:
    """Positions by falling length, then by content: the same whatever order the texts come in."""
    keys = [(-len(text), hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest()) for text in texts]
    return np.array(sorted(range(len(texts)), key=keys.__getitem__), dtype=np.int64)


def first_members(leaders: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn each text's leader into the position of the first text that has the same leader."""
    _, firsts, group = np.unique(leaders, return_index=True, return_inverse=True)
    result: NDArray[np.int64] = firsts[group].astype(np.int64)
    return result
