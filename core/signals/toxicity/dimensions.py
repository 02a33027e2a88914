"""The five dimensions of Toxicity of the Commons, 0 to 3 each, by heads on MiniLM's vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.signals.toxicity import _judge
from core.signals.toxicity._encoder import DIMENSIONS
from core.types import ColumnKind, Columns


@dataclass(frozen=True, slots=True)
class ToxicityDimensions:
    """How far a text goes against race and origin, gender and sex, religion, ability, and in violence.

    Each is an expected level from 0 (none, or a mention) to 3 (overt hatred), as in Toxicity of the
    Commons (Arnett et al., 2024); round it for their levels. A document has the highest level of its
    passages; at most `max_passages` are read: first those that name a group of people or that the fast
    model suspects, those first that it scores highest. 15 to 25 ms a passage, so it is not among the
    signals that are computed unasked. Null where `toxicity` is.
    """

    name: ClassVar[str] = "toxicity_dimensions"
    version: ClassVar[int] = 2
    kind: ClassVar[ColumnKind] = "toxicity"
    max_other_language: float = 0.6
    max_passages: int = 8

    def __post_init__(self) -> None:
        """Refuse settings that cannot be."""
        _judge.check_settings(self.max_other_language, self.max_passages)

    @property
    def columns(self) -> tuple[str, ...]:
        """One column a dimension."""
        return tuple(f"toxicity_{name}" for name in DIMENSIONS)

    def score(self, texts: Sequence[str]) -> Columns:
        """Return five levels a text."""
        found = np.full((len(texts), len(DIMENSIONS)), np.nan, dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            if _judge.unscored(text, self.max_other_language) is None:
                row[:] = _judge.encoded(text, self.max_passages, every=True)[1:]
        return {name: found[:, i] for i, name in enumerate(self.columns)}
