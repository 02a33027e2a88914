"""How long texts go on before they repeat their words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Cost, Evidence, Need
from core.metrics._texts import Ids, Texts


@dataclass(frozen=True, slots=True)
class LexicalDiversity:
    """MTLD: how many words run on, on average, until fewer than 72 % of them are new ones.

    Source: McCarthy and Jarvis 2010: a text is cut into factors, each ending where its type-token ratio
    falls below 0.72, not before its tenth word, the rest counting in part; words over factors, the mean of
    both directions. Over a set the words and the factors are added up, since a single short text may have
    next to no factor. It hardly depends on the texts' length. Range: near 10 (one word again and again) to
    the words of a text (none twice); the Brown corpus has 87. Cost: two passes over the first 200 words of
    each text, kept for every sample. Texts of fewer than `least` words are left out; NaN where none is left.
    """

    name: ClassVar[str] = "lexical_diversity"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("words",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, math.inf)
    least: int = 50
    threshold: float = 0.72
    shortest: int = 10  # words of a factor

    def measure(self, evidence: Evidence) -> float:
        """Return the mean of both directions."""
        found = [one for one in Texts.of(evidence.texts).from_words(("mtld", self), self._both_ways) if one]
        if not found:
            return math.nan
        words, onwards, back = (math.fsum(column) for column in zip(*found, strict=True))
        if not onwards or not back:
            return words / len(found)  # no word came twice
        return (words / onwards + words / back) / 2

    def _both_ways(self, ids: Ids) -> tuple[int, float, float] | None:
        """The words of a text and its factors from either end; None where it is too short."""
        if len(ids) < self.least:
            return None
        words = ids.tolist()
        return len(words), self._factors(words), self._factors(words[::-1])

    def _factors(self, words: Sequence[int]) -> float:
        factors, begin, types = 0.0, 0, set()
        for at, word in enumerate(words, start=1):
            types.add(word)
            if at - begin >= self.shortest and len(types) < self.threshold * (at - begin):
                factors, begin, types = factors + 1, at, set()
        left = len(words) - begin
        return factors + ((1 - len(types) / left) / (1 - self.threshold) if left else 0.0)
