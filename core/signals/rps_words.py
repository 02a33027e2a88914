"""RedPajama-V2's signals of natural language, under their own names and at the reference's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _codes, _words
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


@dataclass(frozen=True, slots=True)
class RpsWords:
    """Counts and fractions of words: RedPajama-V2's natural-language signals of a document.

    Values are the reference's (RedPajama-Data, `quality_signals/natural_language.py`), rounded to 8
    decimals; null where there is no word to divide by.
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
        return _words.scored(_NAMES, texts, _values)


def _values(part: _words.Part) -> Sequence[NDArray[Any]]:
    raw, sentences, alphabetic, capitals = _raw(part)
    symbols = np.array([t.count("#") + t.count("...") + t.count("…") for t in part.texts])
    count = np.diff(part.bounds)
    distinct, entropy = _spread(part, count)
    return (
        count,
        _words.rounded(_words.shares(_words.sums(part.lengths, part.bounds), count)),
        sentences,
        _words.rounded(_words.shares(symbols, raw)),
        _words.rounded(1.0 - _words.shares(alphabetic, raw)),
        _words.rounded(_words.shares(distinct, count)),
        _words.rounded(entropy),
        _words.rounded(_words.shares(capitals, raw)),
    )


def _raw(part: _words.Part) -> tuple[_words.Integers, ...]:
    r"""Count raw words, sentences, raw words with a Latin letter and raw words in capitals.

    A sentence `\b[^.!?]+[.!?]*` is a stretch between full stops, question and exclamation marks that
    holds a character of a word: there, and only there, is a boundary for it to begin at.
    """
    codes = _codes.of(part)
    word = codes.flags & _codes.WORD
    kind = np.where(codes.flags & _codes.SPACE, 0, word + 1)  # 0 space, 1 neither, 2 word
    starts = _codes.starts_of_runs(kind)
    flags = _codes.of_runs(codes.flags, starts)
    bounds = np.searchsorted(starts, codes.bounds)
    capitals = ((flags & _codes.UPPER) > 0) & ((flags & _codes.LOWER) == 0)
    is_word = kind[starts] == 2
    chosen = np.flatnonzero(is_word | ((flags & _codes.SENTENCE_END) > 0))
    first = np.ones(len(chosen), dtype=bool)
    document = np.searchsorted(bounds, chosen, side="right")
    first[1:] = ~is_word[chosen[:-1]] | (document[1:] != document[:-1])
    sentence = np.zeros(len(starts), dtype=bool)
    sentence[chosen] = first & is_word[chosen]
    return (
        np.diff(bounds),
        _words.sums(sentence, bounds),
        _words.sums((flags & _codes.LATIN) > 0, bounds),
        _words.sums(capitals, bounds),
    )


def _spread(part: _words.Part, total: _words.Integers) -> tuple[_words.Integers, _words.Floats]:
    """Count the different words of each text, and return their entropy in nats.

    Words of one count are added together, small counts first: the sum's last bit does not depend on
    the other texts.
    """
    entropy = np.where(total > 0, 0.0, _words.NULL)
    if not len(part.ids):
        return np.zeros_like(total), entropy
    _, counts = part.grams
    base = int(counts.max()) + 1
    keys, words = np.unique(part.documents * base + counts, return_counts=True)
    document, count = np.divmod(keys, base)
    kinds = words // count  # different words that stand `count` times
    share = count / total[document]
    bounds = np.searchsorted(document, np.arange(len(total) + 1))
    filled = np.flatnonzero(total)
    entropy[filled] = np.add.reduceat(kinds * -share * np.log(share), bounds[filled])
    return _words.sums(kinds, bounds), entropy
