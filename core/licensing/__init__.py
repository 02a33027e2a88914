"""Licences: what words, identifiers and addresses say of them, and the tier each stands in."""

from core.licensing.evidence import NOTHING, Found, of_text
from core.licensing.names import recognised
from core.licensing.tiers import DENIED, GOVERNMENT, TIERS, UNKNOWN, below_open, tier_named, tier_of

__all__ = [
    "DENIED",
    "GOVERNMENT",
    "NOTHING",
    "TIERS",
    "UNKNOWN",
    "Found",
    "below_open",
    "of_text",
    "recognised",
    "tier_named",
    "tier_of",
]
