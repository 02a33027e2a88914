"""What stands in a set more than once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from core.doors import Cost, Evidence, Need


@dataclass(frozen=True, slots=True)
class NearDuplicateShare:
    """Share of documents that are duplicates of one that stays, by the last deduplication.

    Source: the columns of `dedup`. Range: 0 to 1. Cost: one count. A domain's copies of another domain's
    documents count. NaN where nobody has looked for duplicates.
    """

    name: ClassVar[str] = "near_duplicate_share"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = ("duplicate",)
    cost: ClassVar[Cost] = "whole"
    span: ClassVar[tuple[float, float]] = (0, 1)

    def measure(self, evidence: Evidence) -> float:
        """Return the share."""
        if evidence.duplicate is None or not len(evidence.duplicate):
            return math.nan
        return float(evidence.duplicate.mean())
