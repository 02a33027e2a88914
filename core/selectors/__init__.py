"""Which documents: each selector a small file, by name. Show each beside `random`, the baseline."""

from __future__ import annotations

from core.doors import Selector
from core.selectors.quality_sampling import QualitySampling
from core.selectors.random import RandomSample
from core.selectors.top_k import TopK

SELECTORS: dict[str, type[Selector]] = {
    "random": RandomSample,
    "top_k": TopK,
    "quality_sampling": QualitySampling,
}

__all__ = ["SELECTORS"]
