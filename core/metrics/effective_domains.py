"""How many sources a set draws on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Cost, Evidence, Need
from core.metrics import _shares


@dataclass(frozen=True, slots=True)
class EffectiveDomains:
    """Over how many sources of equal size a set would be spread as widely: Hill's number of their shares.

    Source: Zhang et al. 2024, "Only-IF": what is learnt generalises where the data spread across domains,
    not where one domain is varied; they vary the number of domains, and Hill's number (1973) is what counts
    uneven ones. Range: 1 to the number of sources; a single source is 1. Cost: one count of the labels.
    """

    name: ClassVar[str] = "effective_domains"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("domains",)
    cost: ClassVar[Cost] = "whole"
    span: ClassVar[tuple[float, float]] = (1, math.inf)
    q: float = 1.0

    def measure(self, evidence: Evidence) -> float:
        """Return the effective number."""
        counts = _shares.of_counts(evidence.domains)
        return math.nan if counts is None else _shares.effective_number(counts / counts.sum(), self.q)
