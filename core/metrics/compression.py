"""How much a sample of texts repeats itself across texts."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Cost, Evidence, Need
from core.metrics import _texts


@dataclass(frozen=True, slots=True)
class CompressionRatio:
    """Raw bytes over DEFLATE-compressed bytes of a sample of words: higher repeats more.

    Source: Shaib et al. 2024, "Standardizing the Measurement of Text Diversity". Range: about 1 (noise) to
    some hundred (copies); the Brown corpus has 2.4 in this sample. Cost: a millisecond. All sets are
    measured on as many words, lower-cased and without punctuation; NaN where a set has fewer. The inverse
    of the signal of a similar name.
    """

    name: ClassVar[str] = "compression_ratio"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("words",)
    cost: ClassVar[Cost] = "sample"
    span: ClassVar[tuple[float, float]] = (0, math.inf)
    words: int = 5000
    words_per_text: int = 200
    seed: int = 0

    def measure(self, evidence: Evidence) -> float:
        """Return the ratio."""
        texts = _texts.Texts.of(evidence.texts)
        drawn = _texts.drawn_words(texts, self.words, self.words_per_text, self.seed)
        if not drawn:
            return math.nan
        word = texts.vocabulary
        raw = "\n".join(" ".join(word[i] for i in text.tolist()) for text in drawn)
        data = raw.encode("utf-8", "surrogatepass")
        return len(data) / len(zlib.compress(data, 9))
