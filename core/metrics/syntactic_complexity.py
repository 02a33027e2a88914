"""How many clauses sentences hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Cost, Evidence, Need
from core.metrics import _tagger
from core.metrics._texts import Texts


@dataclass(frozen=True, slots=True)
class ClausesPerSentence:
    """Finite verbs over sentences: how many clauses a sentence holds.

    Source: Lu 2010, "Automatic analysis of syntactic complexity", C/S, a clause by its finite verb or
    auxiliary (UD's VerbForm=Fin; F1 0.95 by the tagger's own count). Range: from 0 (headings, lists) up;
    the Brown corpus has 1.6. Cost: the tagger, on about the first 60 words of each text. English only. NaN
    without a tagger, or where fewer than `least` sentences are read.
    """

    name: ClassVar[str] = "clauses_per_sentence"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("tags",)
    cost: ClassVar[Cost] = "tagged"
    span: ClassVar[tuple[float, float]] = (0, math.inf)
    least: int = 10

    def measure(self, evidence: Evidence) -> float:
        """Return the ratio."""
        found = _tagger.clauses(Texts.of(evidence.texts))
        num_sentences = sum(num for _, num in found)
        return sum(num for num, _ in found) / num_sentences if num_sentences >= self.least else math.nan
