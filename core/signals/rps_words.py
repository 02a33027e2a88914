"""RedPajama-V2's signals of natural language, under their own names and at the reference's values."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = (
    "rps_doc_word_count",
    "rps_doc_mean_word_length",
    "rps_doc_num_sentences",
    "rps_doc_symbol_to_word_ratio",
    "rps_doc_frac_no_alph_words",
    "rps_doc_frac_unique_words",
    "rps_doc_unigram_entropy",
    "rps_doc_frac_all_caps_words",
)
_SENTENCE = re.compile(r"\b[^.!?]+[.!?]*")
_LATIN = re.compile(r"[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class RpsWords:
    """Counts and fractions of words: RedPajama-V2's natural-language signals of a document.

    Values are the reference's (RedPajama-Data, `quality_signals/natural_language.py`), rounded to 8
    decimals; null where there is no word to divide by. About 3,000 documents of 2 kB a second a core.
    """

    name: ClassVar[str] = "rps_words"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return eight columns."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[float, ...]:
    words = _words.normalised(text).split()
    counts = Counter(words)
    raw = Counter(_words.raw_words(text))
    num_raw = sum(raw.values())
    symbols = text.count("#") + text.count("...") + text.count("…")
    alphabetic = sum(count for word, count in raw.items() if _LATIN.search(word))
    capitals = sum(count for word, count in raw.items() if word.isupper())
    return (
        len(words),
        _words.rounded(_words.ratio(sum(map(len, words)), len(words))),
        sum(1 for _ in _SENTENCE.finditer(text)),
        _words.rounded(_words.ratio(symbols, num_raw)),
        _words.rounded(1.0 - _words.ratio(alphabetic, num_raw)),
        _words.rounded(_words.ratio(len(counts), len(words))),
        _words.rounded(_entropy(counts, len(words))),
        _words.rounded(_words.ratio(capitals, num_raw)),
    )


def _entropy(counts: Counter[str], total: int) -> float:
    if not total:
        return _words.NULL
    return sum(-count / total * math.log(count / total) for count in counts.values())
