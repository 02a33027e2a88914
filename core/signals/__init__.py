"""Signals: what can be said of a document by looking at its text alone. One line a brick."""

from core.doors import Signal
from core.signals.characters import Characters
from core.signals.classifier import Classifier
from core.signals.code_share import CodeShare
from core.signals.compression_ratio import CompressionRatio
from core.signals.dialect_markers import DialectMarkers
from core.signals.encoding_damage import EncodingDamage
from core.signals.identity_terms import IdentityTerms
from core.signals.importance import Importance
from core.signals.language import Language
from core.signals.lengths import Lengths
from core.signals.line_shapes import LineShapes
from core.signals.list_table import ListTable
from core.signals.mathematics import Mathematics
from core.signals.perplexity import Perplexity
from core.signals.personal_data import PersonalData
from core.signals.readability import Readability
from core.signals.rps_bad_words import RpsBadWords
from core.signals.rps_content import RpsContent
from core.signals.rps_lines import RpsLines
from core.signals.rps_repetition import RpsRepetition
from core.signals.rps_stop_words import RpsStopWords
from core.signals.rps_words import RpsWords
from core.signals.text_age import TextAge
from core.signals.toxicity import Toxicity, ToxicityDimensions
from core.signals.word_list import WordList

SIGNALS: dict[str, type[Signal]] = {
    Lengths.name: Lengths,
    Characters.name: Characters,
    LineShapes.name: LineShapes,
    CompressionRatio.name: CompressionRatio,
    CodeShare.name: CodeShare,
    RpsWords.name: RpsWords,
    RpsContent.name: RpsContent,
    RpsRepetition.name: RpsRepetition,
    RpsLines.name: RpsLines,
    RpsStopWords.name: RpsStopWords,
    RpsBadWords.name: RpsBadWords,
    Readability.name: Readability,
    EncodingDamage.name: EncodingDamage,
    Mathematics.name: Mathematics,
    ListTable.name: ListTable,
    TextAge.name: TextAge,
    Language.name: Language,
    IdentityTerms.name: IdentityTerms,
    DialectMarkers.name: DialectMarkers,
    Toxicity.name: Toxicity,
    ToxicityDimensions.name: ToxicityDimensions,
    PersonalData.name: PersonalData,
    Perplexity.name: Perplexity,
    Importance.name: Importance,
    Classifier.name: Classifier,
    WordList.name: WordList,
}

NEEDS_A_FILE = (
    RpsStopWords.name,
    RpsBadWords.name,
    Perplexity.name,
    Importance.name,
    Classifier.name,
    WordList.name,
)
# What is computed where nobody names a signal: not what needs a file of the user's, nor the dimensions
# of toxicity, which take an encoder's time, nor lists a line, which would outgrow everything else.
DEFAULT: list[str] = [
    name for name in SIGNALS if name not in (RpsLines.name, ToxicityDimensions.name, *NEEDS_A_FILE)
]

__all__ = ["DEFAULT", "NEEDS_A_FILE", "SIGNALS"]
