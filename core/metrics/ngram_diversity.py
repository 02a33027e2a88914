"""How many of a sample's word n-grams are new ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Evidence
from core.metrics import _sample


@dataclass(frozen=True, slots=True)
class DistinctN:
    """Distinct word n-grams over all n-grams of a sample of `words` words (Li et al. 2016), 0 to 1.

    The share falls as text grows, so every set is measured on as many words, at most `words_per_text` from
    each text; NaN where a set has fewer.
    """

    name: ClassVar[str] = "distinct_2"
    version: ClassVar[int] = 1
    n: int = 2
    words: int = 5000
    words_per_text: int = 200
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the share."""
        sample = _sample.words(evidence.texts, self.words, self.words_per_text, self.seed)
        return _distinct(sample, self.n) if _enough(sample, self.words) else math.nan


@dataclass(frozen=True, slots=True)
class NgramDiversity:
    """Sum over n = 1 to `longest` of the share of distinct word n-grams (Padmakumar and He 2023).

    From near 0 to `longest`. Measured on a sample as `distinct_2` is; NaN where a set has fewer words.
    """

    name: ClassVar[str] = "ngram_diversity"
    version: ClassVar[int] = 1
    longest: int = 4
    words: int = 5000
    words_per_text: int = 200
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the sum."""
        sample = _sample.words(evidence.texts, self.words, self.words_per_text, self.seed)
        if not _enough(sample, self.words):
            return math.nan
        return sum(_distinct(sample, n) for n in range(1, self.longest + 1))


def _enough(sample: list[list[str]], words: int) -> bool:
    return sum(map(len, sample)) >= words


def _distinct(sample: list[list[str]], n: int) -> float:
    """N-grams do not reach from one text into the next."""
    grams = [tuple(text[i : i + n]) for text in sample for i in range(len(text) - n + 1)]
    return len(set(grams)) / len(grams) if grams else math.nan
