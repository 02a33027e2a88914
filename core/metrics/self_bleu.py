"""How much each text is written in the words of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.doors import Cost, Evidence, Need
from core.metrics import _texts

_ORDERS = 4
_EPSILON = 0.1  # for an order without a match: Chen and Cherry 2014, method 1


@dataclass(frozen=True, slots=True)
class SelfBleu:
    """Mean BLEU-4 of each text against all others of a sample: 0 nothing shared, 1 copies.

    Source: Zhu et al. 2018, Texygen; BLEU of Papineni et al. 2002, smoothed by method 1 of Chen and Cherry
    2014. Range: 0 to 1. Cost: one sort of the n-grams, not a comparison of all pairs, since of the other
    texts only the largest count of an n-gram matters. It rises with the number of texts, so it takes
    `documents` of them, the first `words` words of each, drawn by `seed`. NaN where there are fewer than two
    of at least four words.
    """

    name: ClassVar[str] = "self_bleu"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("words",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, 1)
    documents: int = 100
    words: int = 100
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the mean."""
        texts = _texts.Texts.of(evidence.texts)
        order = np.random.default_rng(self.seed).permutation(len(texts))[: self.documents]
        pieces = [p[: self.words] for p in texts.take(order).words() if len(p) >= _ORDERS]
        return float(_bleu(pieces).mean()) if len(pieces) > 1 else math.nan


def _bleu(pieces: Sequence[_texts.Ids]) -> NDArray[np.float64]:
    logs = np.zeros(len(pieces))
    none = np.zeros(len(pieces), dtype=np.bool_)
    for n in range(1, _ORDERS + 1):
        matches, total = _matches(pieces, n)
        logs += np.log(np.where(matches > 0, matches, _EPSILON) / total) / _ORDERS
        none |= (n == 1) & (matches == 0)  # without a word in common nothing is smoothed
    scores: NDArray[np.float64] = np.exp(logs + _brevity(pieces))
    scores[none] = 0
    return scores


def _matches(pieces: Sequence[_texts.Ids], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """By text: its n-grams, each counted up to the most that any other text has, and all its n-grams."""
    grams, owner = _texts.ngrams(pieces, n)
    width = len(pieces)
    cells, counts = np.unique(grams * width + owner, return_counts=True)
    gram, text = cells // width, cells % width
    order = np.lexsort((-counts, gram))
    first = np.flatnonzero(np.diff(gram[order], prepend=-1))
    num = np.diff(np.append(first, len(order)))
    largest, second = counts[order[first]], np.zeros(len(first), dtype=np.int64)
    second[num > 1] = counts[order[first[num > 1] + 1]]
    place = np.searchsorted(gram[order[first]], gram)
    holder = np.zeros(len(cells), dtype=np.bool_)
    holder[order[first]] = True
    most = np.where(holder, second[place], largest[place])
    matched = np.bincount(text, np.minimum(counts, most), width).astype(np.int64)
    return matched, np.bincount(text, counts, width).astype(np.int64)


def _brevity(pieces: Sequence[_texts.Ids]) -> NDArray[np.float64]:
    """Log of the brevity penalty against the other text whose length is closest, the shorter of two."""
    lengths = np.array([len(piece) for piece in pieces])
    apart = np.abs(lengths[:, None] - lengths[None, :]) * 2 + (lengths[None, :] > lengths[:, None])
    np.fill_diagonal(apart, np.iinfo(apart.dtype).max)
    penalty: NDArray[np.float64] = np.minimum(0.0, 1 - lengths[apart.argmin(axis=1)] / lengths)
    return penalty
