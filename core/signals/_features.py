"""DSIR's features, words and pairs of words, by the bucket of their SHA-256; many texts are looked at at once.

Words are found on the characters' numbers by a table, and a feature is known again by a 64-bit hash of its own:
only one that has not been met, or has been pushed out since, is hashed by SHA-256.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engines.batches import runs

BUCKETS = 10_000
PART_CHARACTERS = 1 << 18  # looked at at once: the arrays of a larger part leave the processor's cache
LONGEST_KNOWN = 100  # characters; a longer word hardly comes again
_SLOT_BITS = 23  # features remembered: 8 million, 84 MB a process
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_CODES = 0x110000
Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Features:
    """The features of some texts: how many words each text has, and the buckets of all words, then of all pairs."""

    counts: Integers
    buckets: NDArray[np.uint16]

    def summed(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each text's sum of weights, which stand by bucket; added one by one, whatever stands beside it."""
        size, words = len(self.counts), int(self.counts.sum())
        found = np.zeros(size)
        for counts, buckets in (
            (self.counts, self.buckets[:words]),
            (np.maximum(self.counts - 1, 0), self.buckets[words:]),
        ):
            found += np.bincount(np.repeat(np.arange(size), counts), weights[buckets], size)
        return found


def features(texts: Sequence[str]) -> Features:
    """Return the features of all the texts, found run by run: three bytes or so for a character."""
    found = [_of(some) for some in runs(texts, PART_CHARACTERS)]
    words = [buckets[: int(counts.sum())] for counts, buckets in found]
    pairs = [buckets[int(counts.sum()) :] for counts, buckets in found]
    none = np.empty(0, np.uint16)
    return Features(
        np.concatenate([np.empty(0, np.int64), *(counts for counts, _ in found)]),
        np.concatenate([none, *words, *pairs]),
    )


def _of(texts: Sequence[str]) -> tuple[Integers, NDArray[np.uint16]]:
    r"""Lower the texts and cut them into runs of `\w` and runs of what is neither that nor white space."""
    lowered = [text.lower() for text in texts]
    joined = "\n".join([*lowered, ""])
    codes = _codes(joined)
    kinds = _kinds(128 if codes.dtype == np.uint8 else _CODES)[codes]
    edges = np.flatnonzero(kinds[1:] != kinds[:-1]) + 1
    starts = np.concatenate([[0], edges])
    ends = np.append(edges, len(kinds))
    is_word = kinds[starts] != 0
    starts, ends = starts[is_word], ends[is_word]
    whose = _whose(lowered, starts)
    hashes = _hashes(codes, starts, ends)
    first = np.flatnonzero(whose[1:] == whose[:-1])  # of a pair, whose second word follows
    pairs = _mixed(hashes[first] * _PAIR + hashes[first + 1])
    raw = joined.encode("ascii") if joined.isascii() else joined
    words = _Words(raw, starts, ends, ends - starts > LONGEST_KNOWN)
    memory = _memory()
    found = memory.buckets(hashes, words, 1, np.arange(len(starts)))
    counts = np.bincount(whose, minlength=len(texts))
    return counts, np.concatenate([found, memory.buckets(pairs, words, 2, first)])


def _codes(joined: str) -> NDArray[np.uint8] | NDArray[np.uint32]:
    if joined.isascii():
        return np.frombuffer(joined.encode("ascii"), np.uint8)
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)


@functools.lru_cache(maxsize=2)
def _kinds(codes: int) -> NDArray[np.uint8]:
    """Return for the first so many characters 0 where it is white space, 1 where it is part of a word, else 2.

    All of Unicode takes a third of a second, once a process, and a megabyte.
    """
    found = np.full(codes, 2, dtype=np.uint8)
    for code, character in enumerate(map(chr, range(codes))):
        if character.isspace():
            found[code] = 0
        elif character.isalnum() or character == "_":
            found[code] = 1
    return found


def _whose(texts: Sequence[str], starts: Integers) -> Integers:
    """Return the position of the text that each word is of; each has a line feed after it."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    return np.searchsorted(ends, starts, side="right")


def _hashes(codes: NDArray[np.uint8] | NDArray[np.uint32], starts: Integers, ends: Integers) -> Hashes:
    """Return for each word the sum of its characters times rising powers of an odd number, modulo 2^64."""
    powers, inverses = _powers(len(codes))
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    values = _mixed(codes.astype(np.uint64) + np.uint64(1)) if codes.dtype == np.uint32 else _ascii()[codes]
    np.cumsum(values * powers, out=sums[1:])
    return _mixed((sums[ends] - sums[starts]) * inverses[starts])


@functools.lru_cache(maxsize=1)
def _ascii() -> Hashes:
    return _mixed(np.arange(256, dtype=np.uint64) + np.uint64(1))


def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the powers of the base and of its inverse, from the power of 0 on."""
    whole = _all_powers(max(PART_CHARACTERS * 2, 1 << (size - 1).bit_length()))
    return whole[0][:size], whole[1][:size]


@functools.lru_cache(maxsize=1)
def _all_powers(size: int) -> tuple[Hashes, Hashes]:
    found = []
    for base in (_BASE, _INVERSE):
        powers = np.full(size, base, dtype=np.uint64)
        powers[0] = 1
        found.append(np.cumprod(powers, out=powers))
    return found[0], found[1]


def _mixed(keys: Hashes) -> Hashes:
    """The finaliser of SplitMix64: every bit of the input moves every bit of the output."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = keys ^ (keys >> np.uint64(31))
    return mixed


class _Memory:
    """Features met, each in one of two slots that its hash names.

    A new one goes to the second, and to the first when it is met again: what comes once does not push out what
    comes often.
    """

    def __init__(self, bits: int) -> None:
        self._shift = np.uint64(64 - bits)
        self._keys = np.zeros(1 << bits, dtype=np.uint64)
        self._buckets = np.zeros(1 << bits, dtype=np.uint16)

    def buckets(self, keys: Hashes, words: _Words, span: int, at: Integers) -> NDArray[np.uint16]:
        """Return the bucket of each feature: `span` words from each word `at`, with a space between.

        One of a long word is not remembered: no two such are taken for one, however like their hashes.
        """
        slots = (keys >> self._shift).astype(np.int64)
        found = self._buckets[slots]
        missing = np.flatnonzero(self._keys[slots] != keys)
        second = slots[missing] ^ 1
        is_there = self._keys[second] == keys[missing]
        found[missing] = self._buckets[second]
        self._promote(second[is_there])
        missing = missing[~is_there]
        long = words.long[at] | words.long[at + span - 1]
        short, rest = missing[~long[missing]], np.flatnonzero(long)
        _, first, inverse = np.unique(keys[short], return_index=True, return_inverse=True)
        new = short[first]
        hashed = _sha256(words.texts(span, at[new]))
        found[short] = hashed[inverse]
        found[rest] = _sha256(words.texts(span, at[rest]))
        places, once = np.unique(slots[new] ^ 1, return_index=True)
        self._keys[places], self._buckets[places] = keys[new][once], hashed[once]
        return found

    def _promote(self, slots: Integers) -> None:
        """Change places with the other slot of each."""
        slots = np.unique(slots)
        slots = slots[~np.isin(slots ^ 1, slots) | (slots & 1 == 0)]  # two that would change twice do once
        for held in (self._keys, self._buckets):
            held[slots], held[slots ^ 1] = held[slots ^ 1], held[slots]


@dataclass(frozen=True, slots=True)
class _Words:
    """A run's texts in one, and where its words begin and end; texts in ASCII are held as bytes."""

    joined: str | bytes
    starts: Integers
    ends: Integers
    long: NDArray[np.bool_]

    def texts(self, span: int, at: Integers) -> list[bytes]:
        """Return the words, or pairs of words with a space between, as UTF-8."""
        begins, stops = self.starts[at], self.ends[at + span - 1]
        spaced = np.ones(len(at), dtype=bool)
        if span == 2:  # most stand there as they are wanted
            gaps = self.ends[at]
            spaced = self.starts[at + 1] == gaps + 1
        joined = self.joined
        found = [joined[a:b] for a, b in zip(begins.tolist(), stops.tolist(), strict=True)]
        if span == 2:
            space = " " if isinstance(joined, str) else 32
            gap = gaps.tolist()
            for i, is_spaced in enumerate(spaced.tolist()):
                if not is_spaced or joined[gap[i]] != space:
                    low, high = gap[i], int(self.starts[at[i] + 1])
                    between = " " if isinstance(joined, str) else b" "
                    found[i] = joined[begins[i] : low] + between + joined[high : stops[i]]  # type: ignore[operator]
        if isinstance(joined, str):
            return [one.encode("utf-8", "surrogatepass") for one in found]  # type: ignore[union-attr]
        return found  # type: ignore[return-value]


def _sha256(features_: Sequence[bytes]) -> NDArray[np.uint16]:
    """Return each feature's SHA-256 as one large number, modulo 10,000."""
    sha256 = hashlib.sha256
    digests = b"".join([sha256(feature).digest() for feature in features_])
    words = np.frombuffer(digests, ">u8").reshape(-1, 4).astype(np.uint64) % np.uint64(BUCKETS)
    powers = np.array([pow(2, 64 * place, BUCKETS) for place in (3, 2, 1, 0)], dtype=np.uint64)
    found: NDArray[np.uint64] = (words * powers).sum(axis=1) % np.uint64(BUCKETS)
    return found.astype(np.uint16)


@functools.lru_cache(maxsize=1)
def _memory() -> _Memory:
    return _Memory(_SLOT_BITS)
