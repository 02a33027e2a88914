"""How much a document repeats itself, as a compressor sees it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import BadInputError
from core.signals import _words
from core.types import ColumnKind, Columns


@dataclass(frozen=True, slots=True)
class CompressionRatio:
    """Compressed bytes over raw bytes: boilerplate scores near 0, noise near 1.

    Short texts pass 1, for the compressor's header counts. Null for an empty or blank text.
    DEFLATE in UTF-8 at `level` (1 to 9); about 25 MB a second a core at level 6.
    """

    name: ClassVar[str] = "compression_ratio"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"
    level: int = 6

    def __post_init__(self) -> None:
        """Refuse a level that DEFLATE does not have."""
        if not 1 <= self.level <= 9:
            raise BadInputError(f"{self.name}.level = {self.level}", "is from 1 to 9", "set 6")

    @property
    def columns(self) -> tuple[str, ...]:
        """The column's name."""
        return (self.name,)

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one ratio a text."""
        return {self.name: np.array([self._ratio(text) for text in texts], dtype=np.float64)}

    def _ratio(self, text: str) -> float:
        if not text or text.isspace():
            return _words.NULL
        raw = text.encode("utf-8", "surrogatepass")
        return len(zlib.compress(raw, self.level)) / len(raw)
