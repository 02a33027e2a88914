"""How fast new words keep coming."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.doors import Cost, Evidence, Need
from core.metrics import _texts

_POINTS = 20
_FROM = 100  # words; before, nearly every word is new


@dataclass(frozen=True, slots=True)
class HeapsExponent:
    """The exponent beta of vocabulary growth V(N) = K N^beta over `words` words.

    Source: Herdan 1960; Heaps 1978. Range: 0 (the same words again) to 1 (each word new); the
    Brown corpus has 0.85 in this sample, and less in more text. Fitted by least squares on logarithms at
    20 lengths from 100 words on. Cost: one sort. NaN where a set has fewer words.
    """

    name: ClassVar[str] = "heaps_exponent"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("words",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, 1)
    words: int = 5000
    words_per_text: int = 200
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the exponent."""
        drawn = _texts.drawn_words(evidence.texts, self.words, self.words_per_text, self.seed)
        if not drawn or self.words <= _FROM:
            return math.nan
        flat = np.concatenate(drawn)
        is_new = np.zeros(len(flat), dtype=np.int64)
        is_new[np.unique(flat, return_index=True)[1]] = 1
        lengths = np.unique(np.geomspace(_FROM, len(flat), _POINTS).astype(np.int64))
        slope: float = np.polyfit(np.log(lengths), np.log(is_new.cumsum()[lengths - 1]), 1)[0]
        return float(np.clip(slope, 0, 1))  # a straight line of one value may miss 0 by rounding
