"""Signals: what can be said of a document by looking at its text alone. One line a brick."""

from core.doors import Signal
from core.signals.characters import Characters
from core.signals.code_share import CodeShare
from core.signals.compression_ratio import CompressionRatio
from core.signals.language import Language
from core.signals.lengths import Lengths
from core.signals.line_shapes import LineShapes
from core.signals.rps_content import RpsContent
from core.signals.rps_repetition import RpsRepetition
from core.signals.rps_words import RpsWords
from core.signals.toxicity import Toxicity

SIGNALS: dict[str, type[Signal]] = {
    Lengths.name: Lengths,
    Characters.name: Characters,
    LineShapes.name: LineShapes,
    CompressionRatio.name: CompressionRatio,
    CodeShare.name: CodeShare,
    RpsWords.name: RpsWords,
    RpsContent.name: RpsContent,
    RpsRepetition.name: RpsRepetition,
    Language.name: Language,
    Toxicity.name: Toxicity,
}

DEFAULT: list[str] = list(SIGNALS)  # what is computed where nobody names a signal

__all__ = ["DEFAULT", "SIGNALS"]
