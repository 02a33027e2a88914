"""Interpolated modified Kneser-Ney smoothing, estimated as KenLM's lmplz does.

Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling", equations
(24) to (27); Heafield et al. (2013), "Scalable modified Kneser-Ney language model estimation", section 3.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.signals.ngrams.model import BEGIN, END, UNKNOWN, Grams, Integers, Model, Rows, keys, mixed
from core.signals.ngrams.reference import RESERVED

FALLBACK = (0.5, 1.0, 1.5)  # lmplz --discount_fallback: where the counts of counts give no discount
NO_WEIGHT = -99.0  # log10 of nothing, as ARPA files write it
Floats = NDArray[np.float64]


def fit(
    lines: Iterable[Sequence[str]], order: int = 3, min_count: int = 1, max_words: int = 1_000_000
) -> Model:
    """Estimate a model from lines of words; every line begins with <s> and ends with </s>.

    With no word cut off, <unk> gets its share of the unigrams' interpolation alone, as in KenLM. At its
    peak it holds about 70 bytes a word at order 3, 140 at order 5; five million words take 5 seconds.

    Args:
        lines: the reference, each line a sentence.
        order: the longest n-grams, from 2.
        min_count: words that stand less often are taken for <unk>.
        max_words: of the rest, so many stay words: the most frequent, in alphabetical order among equals.
    """
    words, ids = _numbered(lines, min_count, max_words)
    counted = _counted(ids, order, len(words))
    lower: Floats = np.full(len(words), 1.0 / (len(words) - 1))  # <s> is never predicted
    orders: list[Grams] = []
    weights: Floats = np.ones(1)
    for n, level in enumerate(counted, start=1):
        contexts = 1 if n == 1 else len(counted[n - 2].word)
        share, weights = _discounted(level, contexts)
        lower = share + weights[level.context] * (lower if n == 1 else lower[level.suffix])
        if n > 1:
            orders[-1].backoff[:] = _log10(weights)
        orders.append(Grams(level.context, level.word, _log10(lower), np.zeros(len(lower), np.float32)))
    for grams in orders[:-1]:  # what no word follows is no context
        grams.backoff[grams.word == END] = 0.0
    orders[0].log10[BEGIN] = NO_WEIGHT
    return Model(words, tuple(orders))


def _log10(values: Floats) -> NDArray[np.float32]:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(values), NO_WEIGHT).astype(np.float32)


def _numbered(lines: Iterable[Sequence[str]], min_count: int, max_words: int) -> tuple[tuple[str, ...], Rows]:
    """Return the vocabulary and the whole text in numbers: each line between <s> and </s>."""
    known: dict[str, int] = {word: i for i, word in enumerate(RESERVED)}
    found = array("i")
    for line in lines:
        found.append(BEGIN)
        for word in line:
            found.append(known.setdefault(word, len(known)))
        found.append(END)
    ids = np.frombuffer(found, dtype=np.int32) if found else np.zeros(0, np.int32)
    counts = np.bincount(ids, minlength=len(known)).tolist()
    ranked = sorted((-counts[i], word) for word, i in known.items() if i > END and counts[i] >= min_count)
    words = (*RESERVED, *(word for _, word in ranked[:max_words]))
    new = np.full(len(known), UNKNOWN, dtype=np.int32)
    new[[known[word] for word in words]] = np.arange(len(words))
    return words, new[ids]


@dataclass(frozen=True, slots=True)
class _Level:
    """The distinct n-grams of one order, by the rows of what they begin and end with."""

    context: Rows  # row of the first n-1 words in the order below
    word: Rows
    suffix: Rows  # row of the last n-1 words
    begins: NDArray[np.bool_]  # whether its first word is <s>
    count: Integers  # of the highest order and of those that begin a line: how often; else words before it


def _counted(ids: Rows, order: int, size: int) -> list[_Level]:
    """Count n-grams of every order; those that something stands before by how many things do."""
    at = np.arange(len(ids), dtype=np.int32)
    offset = at - np.maximum.accumulate(np.where(ids == BEGIN, at, np.int32(0)))  # 0 at each <s>
    rows, words = ids, np.arange(size, dtype=np.int32)
    none = np.zeros(size, dtype=np.int32)
    levels = [_Level(none, words, none, words == BEGIN, np.bincount(ids, minlength=size))]
    for n in range(2, order + 1):
        at = np.flatnonzero(offset >= n - 1).astype(np.int32)
        found, inverse = _distinct(keys(rows[at - 1], size, ids[at]))
        suffix, first = np.empty(len(found), np.int32), np.empty(len(found), bool)
        suffix[inverse], first[inverse] = rows[at], offset[at] == n - 1
        context, word = (part.astype(np.int32) for part in np.divmod(found, size))
        levels.append(_Level(context, word, suffix, first, np.bincount(inverse, minlength=len(found))))
        below = levels[-2]
        before = np.bincount(suffix, minlength=len(below.word))
        below.count[:] = np.where(below.begins, below.count, before)
        rows = np.full(len(ids), -1, dtype=np.int32)
        rows[at] = inverse
    levels[0].count[BEGIN] = 0
    return levels


def _distinct(found: Integers) -> tuple[Integers, Rows]:
    """Return the distinct keys in the order of their mixed values, and each key's place among them."""
    spread = mixed(found)
    order = np.argsort(spread)
    spread = spread[order]
    new = np.ones(len(order), dtype=bool)
    np.not_equal(spread[1:], spread[:-1], out=new[1:])
    del spread
    inverse = np.empty(len(order), dtype=np.int32)
    inverse[order] = np.cumsum(new, dtype=np.int32) - 1
    return found[order[new]], inverse


def discounts(counts: Integers) -> Floats:
    """Return what is taken from a count of 0, 1, 2 and 3 or more (Chen and Goodman, equation 26).

    `FALLBACK` where the counts of counts are too few or too odd to tell, as lmplz does when allowed to.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6)[:5].astype(np.float64)
    if n[1:4].all():
        j = np.arange(1, 4)
        found = j - (j + 1) * n[1] / (n[1] + 2 * n[2]) * n[2:5] / n[1:4]
        if (found > 0).all() and (found <= j).all():
            return np.concatenate([[0.0], found])
    return np.array([0.0, *FALLBACK])


def _discounted(level: _Level, contexts: int) -> tuple[Floats, Floats]:
    """Return each n-gram's discounted share of its context, and each context's weight for the order below."""
    taken = discounts(level.count)[np.minimum(level.count, 3)]
    total = np.bincount(level.context, weights=level.count, minlength=contexts)
    weight = np.bincount(level.context, weights=taken, minlength=contexts)
    some = np.maximum(total, 1)
    return (level.count - taken) / some[level.context], np.where(total > 0, weight / some, 1.0)
