"""How much a sample of texts repeats itself across texts."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Evidence
from core.metrics import _sample


@dataclass(frozen=True, slots=True)
class CompressionRatio:
    """Raw bytes over DEFLATE-compressed bytes of a sample of words: higher repeats more (Shaib et al. 2024).

    English prose is near 2.5 in this sample. All sets are measured on as many words, lower-cased and
    without punctuation; NaN where a set has fewer. The inverse of the signal of a similar name.
    """

    name: ClassVar[str] = "compression_ratio"
    version: ClassVar[int] = 1
    words: int = 5000
    words_per_text: int = 200
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the ratio."""
        sample = _sample.words(evidence.texts, self.words, self.words_per_text, self.seed)
        if sum(map(len, sample)) < self.words:
            return math.nan
        raw = "\n".join(" ".join(text) for text in sample).encode("utf-8", "surrogatepass")
        return len(raw) / len(zlib.compress(raw, 9))
