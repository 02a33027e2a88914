"""Texts as sets of word n-grams, 64 bits each: alike in every text, corpus and process."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from core.overlap.index import Hashes, Integers, hashes, word_bits
from core.overlap.words import words

_REMEMBERED = 1_000_000  # words, beyond which their hashes are made anew


class _Codes(dict[str, int]):
    """Hashes of words, made when they are first met."""

    def __missing__(self, word: str) -> int:
        self[word] = code = word_bits(word)
        return code


_CODES = _Codes()


def ngrams(texts: Sequence[str], n: int) -> tuple[Hashes, Integers]:
    """Return the distinct n-grams of each text, sorted, one text after another, and where each text's begin.

    Words are runs of letters, digits and underscores in lower case, compatibility forms folded. A text of
    fewer than n words is one n-gram of all its words; one without words has none.
    """
    if len(_CODES) > _REMEMBERED:
        _CODES.clear()
    split = [words(text) for text in texts]
    sizes = np.fromiter(map(len, split), np.int64, len(split))
    codes = np.fromiter(map(_CODES.__getitem__, chain.from_iterable(split)), np.uint64, int(sizes.sum()))
    short = np.flatnonzero((sizes > 0) & (sizes < n))
    # Behind a short text stand zeros, which add nothing to the hash of what stands before them.
    codes = np.insert(codes, np.repeat(np.cumsum(sizes)[short], n - sizes[short]), np.uint64(0))
    sizes[short] = n
    counts = np.maximum(sizes - n + 1, 0)
    starts = np.concatenate([[0], np.cumsum(counts)])
    at = np.arange(starts[-1]) + np.repeat(np.cumsum(sizes) - sizes - starts[:-1], counts)
    hashed = hashes(codes, at, n)
    sets = [np.unique(hashed[a:b]) for a, b in pairwise(starts.tolist())]
    ends = np.cumsum([0, *map(len, sets)])
    return np.concatenate([np.zeros(0, np.uint64), *sets]), ends
