"""The toxicity of a document, 0 to 1, from a small model that works offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import BadInputError
from core.signals.toxicity import _judge
from core.signals.toxicity._linear import Model, load
from core.types import ColumnKind, Columns

__all__ = ["MODELS", "Model", "Toxicity", "load"]

MODELS = ("encoder", "fast")


@dataclass(frozen=True, slots=True)
class Toxicity:
    """How likely English text is hateful or abusive: the worst passage decides.

    Both models are calibrated where half of the texts are toxic; 0.5 is the threshold they were made for.
    `encoder` reads passages of up to 40 words with MiniLM, 15 to 25 ms each: those that name a group of
    people or that the fast model scores 0.2 or more, at most `max_passages` of a document, the highest
    first; of all others the fast model's score stands. It knows who is meant, and what is denied or quoted.
    `fast` is a linear model over windows of 20 words: more than 500 documents of 2 kB a second on a core,
    and blind to hatred in calm words. Null for a text without words, and where the language identifier
    finds another language than English at `max_other_language` or more; `toxicity_unscored` then says
    which. What they were trained on and where they fail: ENCODER.md, and CARD.md of the fast model.
    """

    name: ClassVar[str] = "toxicity"
    version: ClassVar[int] = 2
    kind: ClassVar[ColumnKind] = "toxicity"
    max_other_language: float = 0.6
    model: str = "encoder"
    max_passages: int = 8

    def __post_init__(self) -> None:
        """Refuse a model that does not exist, and settings that cannot be."""
        if self.model not in MODELS:
            raise BadInputError(self.model, "no such toxicity model", f"choose one of: {', '.join(MODELS)}")
        _judge.check_settings(self.max_other_language, self.max_passages)

    @property
    def columns(self) -> tuple[str, ...]:
        """The score, and why there is none: "no words", "language not covered", or null."""
        return (self.name, f"{self.name}_unscored")

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one probability a text, and why there is none."""
        reasons = np.array([self.why_null(text) for text in texts], dtype=object)
        scores = [np.nan if why else self._score(text) for text, why in zip(texts, reasons, strict=True)]
        return dict(zip(self.columns, (np.array(scores, dtype=np.float32), reasons), strict=True))

    def why_null(self, text: str) -> str | None:
        """Return why a text has no score, "no words" or "language not covered", and None where it has one."""
        return _judge.unscored(text, self.max_other_language)

    def spans(self, text: str, threshold: float = 0.5) -> list[tuple[int, int, float]]:
        """Return (begin, end, score) of the sentences that carry the score; none in a text without one."""
        if self.why_null(text) is not None:
            return []
        return _judge.marked(text, self.model, threshold, self.max_passages)

    def _score(self, text: str) -> float:
        if self.model == "encoder":
            return float(_judge.encoded(text, self.max_passages, every=False)[0])
        return load().probability(text)
