"""How hard a document is to read, by the indices that count words, sentences and syllables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.errors import BadInputError
from core.signals import _words
from core.signals._syllables import syllables
from core.types import ColumnKind, Columns

_NAMES = (
    "readability_flesch_reading_ease",
    "readability_flesch_kincaid_grade",
    "readability_gunning_fog",
    "readability_smog",
    "readability_coleman_liau",
    "readability_ari",
)
_STRAY_APOSTROPHE = re.compile(r"'(?![tsd]|ve|ll|re)")  # all but those of "don't", "he's", "they're"
_PUNCTUATION = re.compile(r"[^\w\s'.!?]+")
_ASCII_PUNCTUATION = str.maketrans("", "", "".join(filter(_PUNCTUATION.match, map(chr, range(128)))))
_SENTENCE = re.compile(r"\b[^.!?]+[.!?]*")
_STOPS = str.maketrans("", "", ".!?")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿⱠ-Ɀﬀ-ﬆ]")
_POLYSYLLABLE = 3


@dataclass(frozen=True, slots=True)
class Readability:
    """Flesch reading ease, and five estimates of the American school grade that a text asks for.

    Formulae, words and sentences are textstat's (0.7): punctuation is removed, so a hyphenated word is
    one; a stretch between full stops of two words or fewer is no sentence, but a text has at least
    one. Two things differ. Syllables follow the rule of `_syllables`, not a pronouncing dictionary. And
    the Gunning fog's hard words are all of three syllables or more, where textstat spares those on
    the Dale-Chall list; that list ships with nothing installed here, so there is no Dale-Chall score.

    Meant for English. Null where no word stands, and where fewer than `min_latin` of the letters
    are Latin. Values are unbounded: a page without full stops is one sentence of a huge grade.
    About 5,500 documents of 2 kB a second a core.
    """

    name: ClassVar[str] = "readability"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"
    min_latin: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 <= self.min_latin <= 1:
            raise BadInputError(f"{self.name}.min_latin = {self.min_latin}", "is from 0 to 1", "set 0.5")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return six indices a text."""
        return _words.table(_NAMES, [self._row(text) for text in texts])

    def _row(self, text: str) -> tuple[float, ...]:
        clean = _without_punctuation(text)
        words = clean.translate(_STOPS).lower().split()
        if not words or _latin_share(text) < self.min_latin:
            return (_words.NULL,) * len(_NAMES)
        counts, num_words = syllables(words), len(words)
        letters = sum(len(word) - word.count("'") for word in words)
        del words  # of a text of 50 MB each list of words takes as much as ten such texts
        tokens = text.split()
        characters_per_token = sum(map(len, tokens)) / len(tokens)
        del tokens
        return _indices(
            words=num_words,
            sentences=_sentences(clean),
            syllables_per_word=sum(counts) / num_words,
            hard=sum(count >= _POLYSYLLABLE for count in counts),
            letters=letters,
            characters_per_token=characters_per_token,
        )


def _indices(
    *,
    words: int,
    sentences: int,
    syllables_per_word: float,
    hard: int,
    letters: int,
    characters_per_token: float,
) -> tuple[float, ...]:
    """The formulae themselves, in the order of the columns."""
    length = words / sentences
    return (
        206.835 - 1.015 * length - 84.6 * syllables_per_word,
        0.39 * length + 11.8 * syllables_per_word - 15.59,
        0.4 * (length + 100 * hard / words),
        1.043 * (30 * hard / sentences) ** 0.5 + 3.1291,
        5.8 * letters / words - 29.6 * sentences / words - 15.8,
        4.71 * characters_per_token + 0.5 * length - 21.43,
    )


def _without_punctuation(text: str) -> str:
    """Leave word characters, white space, full stops and the apostrophes of contractions."""
    if "'" in text:
        text = _STRAY_APOSTROPHE.sub("", text)
    return text.translate(_ASCII_PUNCTUATION) if text.isascii() else _PUNCTUATION.sub("", text)


def _sentences(clean: str) -> int:
    """Stretches between full stops that hold three words or more; at least 1."""
    return max(1, sum(len(stretch[0].split(None, 3)) > 2 for stretch in _SENTENCE.finditer(clean)))


def _latin_share(text: str) -> float:
    if text.isascii():
        return 1.0 if any(map(str.isalpha, text)) else 0.0
    letters = len(_LETTER.findall(text))
    return len(_LATIN.findall(text)) / letters if letters else 0.0
