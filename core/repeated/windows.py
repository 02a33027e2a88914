"""Every stretch of L characters of many texts as a hash, and the few of them that can stand elsewhere too.

A window's hash is doubled up from single characters: two neighbours of m characters make one of 2 m (Karp,
Miller & Rosenberg 1972), and the last step lays two overlapping halves over any length. Each step multiplies
and shifts, so no text made on purpose cancels out as it does in a polynomial modulo 2^64.

Seeds are fingerprints by winnowing (Schleimer, Wilkerson & Aiken 2003): of every run of k-grams in L
characters the smallest is taken, so that two equal stretches of L characters hold a seed in common. A
window without a seed that stands twice stands once, and need not be counted; that leaves two seeds for
each L - k + 2 characters in place of a window for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.repeated.pieces import VARIOUS, Hashes, Integers, Pieces, is_in

Words = NDArray[np.uint32]
SHORTEST, LONGEST = 8, 100_000
AT_ONCE = 1 << 16  # characters hashed together: the arrays stay in the processor's cache
# One odd factor for each of the four 32-bit hashes: a processor multiplies eight of those at once.
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint32)
_SPREAD, _SHIFT = np.uint32(0x2C1B3C6D), np.uint32(15)


@dataclass(frozen=True, slots=True)
class Windows:
    """Finds windows of `length` characters (Unicode code points), 8 to 100,000."""

    length: int

    @property
    def seed_length(self) -> int:
        """Characters of a seed: the largest power of two within three quarters of a window."""
        return 1 << ((3 * self.length // 4).bit_length() - 1)

    def seeds(self, texts: Sequence[str], sources: Hashes) -> Iterator[Pieces]:
        """Yield the seeds of texts, some at a time; those of other `sources` have other keys, none a check."""
        for owners, offsets, parts in self._runs(texts):
            joined = _Joined.of(parts)
            hashes, at = self._seeds(joined)
            part = joined.owner(at)
            owner, begin = owners[part], at - joined.begins[part] + offsets[part]
            none = np.zeros(len(at), np.uint64)
            yield Pieces(owner, begin, begin + self.seed_length, hashes ^ sources[owner], none, none)

    def find(self, texts: Sequence[str], sources: Hashes, repeated: Hashes) -> Iterator[Pieces]:
        """Yield, some at a time, the windows that hold one of the `repeated` seeds (sorted).

        No other can stand twice. They come in order of text and place.
        """
        for owners, offsets, parts in self._runs(texts):
            joined = _Joined.of(parts)
            hashes, at = self._seeds(joined)
            at = at[is_in(hashes ^ sources[owners[joined.owner(at)]], repeated)]
            windows, letters, place = self._around(joined, at)
            if not len(windows):
                continue
            part = joined.owner(windows)
            owner, begin = owners[part], windows - joined.begins[part] + offsets[part]
            lanes = [_hashes(letters, self.length, lane)[place] for lane in range(4)]
            key, check = _wide(lanes[0], lanes[1]), _wide(lanes[2], lanes[3])
            follows = joined.behind(windows + self.length, part)
            cut = follows == VARIOUS  # the part ends there, the text maybe not
            follows[cut] = _at(texts, owner[cut], begin[cut] + self.length)
            yield Pieces(owner, begin, begin + self.length, key ^ sources[owner], check, follows)

    def _runs(self, texts: Sequence[str]) -> Iterator[tuple[Integers, Integers, list[str]]]:
        """Yield texts in runs of `AT_ONCE` characters, long ones in stretches that hold every window once.

        With each run comes whose text each part is, and at which of its characters it begins.
        """
        step = max(AT_ONCE, self.length)
        owners: list[int] = []
        offsets: list[int] = []
        parts: list[str] = []
        size = 0
        for owner, text in enumerate(texts):
            for offset in range(0, len(text) - self.length + 1, step):
                part = text[offset : offset + step + self.length - 1]
                if parts and size + len(part) > step:
                    yield np.array(owners), np.array(offsets), parts
                    owners, offsets, parts, size = [], [], [], 0
                owners.append(owner)
                offsets.append(offset)
                parts.append(part)
                size += len(part)
        if parts:
            yield np.array(owners), np.array(offsets), parts

    def _seeds(self, joined: _Joined) -> tuple[Hashes, Integers]:
        """Return the seeds and their places: k-grams that are the least of some window's.

        Where two texts meet there may be seeds that stand in neither; they cost a look and change nothing.
        """
        half = self.seed_length // 2
        halves = _hashes(joined.letters, half, 0)
        hashes = _paired(halves, half, 0)
        span = self.length - self.seed_length + 1
        border = np.zeros(span - 1, np.uint32)
        least = np.concatenate([border, _sliding(np.minimum, hashes, span), border])
        at = np.flatnonzero(_sliding(np.maximum, least, span) == hashes)
        return _wide(halves[at], halves[at + half]), at

    def _around(self, joined: _Joined, at: Integers) -> tuple[Integers, Words, Integers]:
        """Return where the windows begin that hold a seed, their letters alone, and where they begin there."""
        part = joined.owner(at)
        first = np.maximum(at + self.seed_length - self.length, joined.begins[part])
        last = np.minimum(at, joined.ends[part] - self.length)
        there = first <= last  # else the seed stands across two texts
        first, last, size = first[there], last[there], len(joined.letters)
        windows = np.flatnonzero(_covered(first, last + 1, size))
        needed = _covered(first, last + self.length, size)
        return windows, joined.letters[needed], np.cumsum(needed)[windows] - 1


@dataclass(frozen=True, slots=True)
class _Joined:
    """Texts behind one another as code points, and where each begins and ends."""

    letters: Words
    begins: Integers
    ends: Integers

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Joined:
        letters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        ends = np.cumsum(sizes)
        return cls(letters, ends - sizes, ends)

    def owner(self, at: Integers) -> Integers:
        """Return which text each place stands in."""
        found: Integers = np.searchsorted(self.ends, at, side="right")
        return found

    def behind(self, at: Integers, part: Integers) -> Hashes:
        """Return the characters at these places, `VARIOUS` where the part that each is of has ended."""
        inside = at < self.ends[part]
        found = np.full(len(at), VARIOUS)
        found[inside] = self.letters[at[inside]]
        return found


def _at(texts: Sequence[str], owner: Integers, at: Integers) -> Hashes:
    """Return the characters at places of texts, `VARIOUS` at their ends."""
    places = zip(owner.tolist(), at.tolist(), strict=True)
    found = [ord(texts[i][place]) if place < len(texts[i]) else int(VARIOUS) for i, place in places]
    return np.array(found, dtype=np.uint64)


def _hashes(letters: Words, length: int, lane: int) -> Words:
    """Return 32 bits of the `length` characters from each place on; other lanes, other bits."""
    found, size = _mixed(letters * _FACTORS[lane] + _FACTORS[lane]), 1
    while 2 * size <= length:
        found, size = _paired(found, size, lane), 2 * size
    return _paired(found, length - size, lane) if size < length else found


def _paired(hashes: Words, apart: int, lane: int) -> Words:
    """Return the hashes of each two that stand so far apart."""
    found = hashes[:-apart] * _FACTORS[lane]
    found += hashes[apart:]
    return _mixed(found)


def _mixed(values: Words) -> Words:
    """Spread the bits, in place."""
    values ^= values >> _SHIFT
    values *= _SPREAD
    return values


def _covered(begins: Integers, ends: Integers, size: int) -> NDArray[np.bool_]:
    """Whether each of the places up to `size` lies in one of the stretches."""
    opened = np.bincount(begins, minlength=size + 1) - np.bincount(ends, minlength=size + 1)
    covered: NDArray[np.bool_] = np.cumsum(opened)[:size] > 0
    return covered


def _wide(high: Words, low: Words) -> Hashes:
    found: Hashes = (high.astype(np.uint64) << np.uint64(32)) | low
    return found


def _sliding(least: Callable[..., Any], values: Words, span: int) -> Words:
    """Return the least (or largest) of each `span` neighbours, in log2(span) steps."""
    size = 1
    while 2 * size <= span:
        values, size = least(values[:-size], values[size:]), 2 * size
    if size < span:
        values = least(values[: size - span], values[span - size :])
    return values
