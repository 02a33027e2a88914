"""Pieces of texts: whose, from where to where, and under which hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]
_ROW_BITS = np.uint64(32)  # a document holds fewer than 2^32 characters
VARIOUS = np.uint64(2**64 - 1)  # follows: the end of a text, or not the same everywhere


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces in order of owner and place: `[begin, end)` in characters of the text with the number `owner`.

    Equal pieces have equal keys. A second hash, `check`, tells whether different pieces ever met in a key.
    `follows` is the character behind each, `VARIOUS` where none is.
    """

    owner: Integers
    begin: Integers
    end: Integers
    key: Hashes
    check: Hashes
    follows: Hashes

    @classmethod
    def none(cls) -> Pieces:
        """No piece at all."""
        places, hashes = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        return cls(places, places, places, hashes, hashes, hashes)

    @classmethod
    def joined(cls, some: Sequence[Pieces]) -> Pieces:
        """Put pieces behind one another."""
        if not some:
            return cls.none()
        return cls(*(np.concatenate([getattr(one, name) for one in some]) for name in cls.__slots__))

    def of(self, chosen: NDArray[np.bool_]) -> Pieces:
        """Return the pieces that a mask keeps."""
        return Pieces(*(getattr(self, name)[chosen] for name in self.__slots__))

    def positions(self, rows: Integers) -> Hashes:
        """Return one number a piece, in the order of the corpus; `rows` are the owners' rows there."""
        return position(rows[self.owner], self.begin)


def position(rows: Integers, begin: Integers) -> Hashes:
    """Join a row and a place in its text to one number."""
    found: Hashes = (rows.astype(np.uint64) << _ROW_BITS) | begin.astype(np.uint64)
    return found


def placed(positions: Hashes) -> tuple[Integers, Integers]:
    """Take positions apart again, into rows and places."""
    rows = positions >> _ROW_BITS
    return rows.astype(np.int64), (positions - (rows << _ROW_BITS)).astype(np.int64)


def search(sorted_ones: Hashes, values: Hashes) -> Integers:
    """Return where among the sorted ones each value would stand.

    The values are looked up in their own order, so that neighbours meet in the processor's cache.
    """
    order = np.argsort(values)
    at = np.empty(len(values), dtype=np.int64)
    at[order] = np.searchsorted(sorted_ones, values[order])
    return at


def is_in(values: Hashes, sorted_ones: Hashes) -> NDArray[np.bool_]:
    """Whether each value stands among the sorted ones."""
    at = search(sorted_ones, values)
    found = at < len(sorted_ones)
    found[found] = sorted_ones[at[found]] == values[found]
    return found


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches `[begin, end)` of texts, none overlapping or touching another, in order of owner and place."""

    owner: Integers
    begin: Integers
    end: Integers

    @classmethod
    def of(cls, some: Sequence[Pieces | Spans]) -> Spans:
        """Join what overlaps or touches; together the pieces come in order of owner and place."""
        none = np.zeros(0, np.int64)
        owner = np.concatenate([none, *(one.owner for one in some)])
        begin = np.concatenate([none, *(one.begin for one in some)])
        end = np.concatenate([none, *(one.end for one in some)])
        opens = np.ones(len(owner), dtype=np.bool_)
        opens[1:] = (owner[1:] != owner[:-1]) | (begin[1:] > end[:-1])
        closes = np.ones(len(owner), dtype=np.bool_)
        closes[:-1] = opens[1:]
        return cls(owner[opens], begin[opens], end[closes])

    def characters(self, num_texts: int) -> Integers:
        """Return how many characters of each text they hold."""
        return np.bincount(self.owner, self.end - self.begin, num_texts).astype(np.int64)

    def lists(self, num_texts: int) -> tuple[Integers, Integers]:
        """Return each text's pairs of begin and end as (n, 2), and where in them each text's own begin."""
        starts = np.searchsorted(self.owner, np.arange(num_texts + 1))
        return np.stack([self.begin, self.end], axis=1), starts
