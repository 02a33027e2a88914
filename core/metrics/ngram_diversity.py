"""How many of a sample's word n-grams are new ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Cost, Evidence, Need
from core.metrics import _texts


@dataclass(frozen=True, slots=True)
class DistinctN:
    """Distinct word n-grams over all n-grams of `words` words.

    Source: Li et al. 2016. Range: near 0 (one text again and again) to 1 (nothing twice). Cost: one sort of
    the words drawn. The share falls as text grows, so every set is measured on as many words, at most
    `words_per_text` from each text; NaN where a set has fewer.
    """

    name: ClassVar[str] = "distinct_2"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("words",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, 1)
    n: int = 2
    words: int = 5000
    words_per_text: int = 200
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the share."""
        drawn = _texts.drawn_words(evidence.texts, self.words, self.words_per_text, self.seed)
        return _distinct(drawn, self.n)


@dataclass(frozen=True, slots=True)
class NgramDiversity:
    """Sum over n = 1 to `longest` of the share of distinct word n-grams.

    Source: Padmakumar and He 2023. Range: near 0 to `longest`. Cost: `longest` sorts of the words drawn.
    Measured on as many words as `distinct_2`; NaN where a set has fewer.
    """

    name: ClassVar[str] = "ngram_diversity"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("words",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, math.inf)
    longest: int = 4
    words: int = 5000
    words_per_text: int = 200
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the sum."""
        drawn = _texts.drawn_words(evidence.texts, self.words, self.words_per_text, self.seed)
        return sum(_distinct(drawn, n) for n in range(1, self.longest + 1))


def _distinct(drawn: Sequence[_texts.Ids], n: int) -> float:
    grams, _ = _texts.ngrams(drawn, n)
    return len(np.unique(grams)) / len(grams) if len(grams) else math.nan
