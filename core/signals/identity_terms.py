"""Words that name a group of people, by the dimension along which toxicity is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _words
from core.signals._identity import TERMS
from core.types import ColumnKind, Columns


@dataclass(frozen=True, slots=True)
class IdentityTerms:
    """How often a text names a group of people: by race or origin, gender or sex, religion, ability.

    Counts of single English words, slurs left out: what a toxicity filter must not mistake for hatred, and
    so what its removals are broken down by. A colour or a blind spot counts too: it is a proxy.
    """

    name: ClassVar[str] = "identity_terms"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "risk"

    @property
    def columns(self) -> tuple[str, ...]:
        """One column a dimension."""
        return tuple(f"identity_{dimension}" for dimension in TERMS)

    def score(self, texts: Sequence[str]) -> Columns:
        """Return how many words of each dimension stand in each text."""
        return _words.scored(self.columns, texts, _counts)


def _counts(part: _words.Part) -> Sequence[NDArray[Any]]:
    found = []
    for terms in TERMS.values():
        met = np.array([word in terms for word in part.vocabulary], dtype=np.float64)
        weights = met[part.ids] if len(met) else np.zeros(0)
        found.append(np.bincount(part.documents, weights, len(part.texts)))
    return found
