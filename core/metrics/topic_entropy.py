"""How much is unsure about the topic of the next document, had one read for ever."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Cost, Evidence, Need
from core.metrics import _shares


@dataclass(frozen=True, slots=True)
class TopicEntropy:
    """Entropy in bits of the topics (clusters) that the set was drawn from, those it missed included.

    Source: Chao and Shen 2003: shares are shrunk by Good's coverage 1 - f₁/n, f₁ the topics met once, and
    each term is divided by the chance that its topic was met at all. Range: 0 to about log₂ of the topics
    there are, and beyond where most were met once. Cost: one count of the labels. The plain entropy is too
    low in small sets; this one much less. Noise does not count. NaN without clusters.
    """

    name: ClassVar[str] = "topic_entropy"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("clusters",)
    cost: ClassVar[Cost] = "whole"
    span: ClassVar[tuple[float, float]] = (0, math.inf)

    def measure(self, evidence: Evidence) -> float:
        """Return the entropy."""
        counts = _shares.of_counts(evidence.clusters)
        if counts is None:
            return math.nan
        size = int(counts.sum())
        once = min(int((counts == 1).sum()), size - 1)  # where all were met once, coverage is unknown
        shares = (1 - once / size) * counts / size
        missed = (1 - shares) ** size
        terms = [-p * math.log2(p) / (1 - m) for p, m in zip(shares.tolist(), missed.tolist(), strict=True)]
        return max(0.0, math.fsum(terms))
