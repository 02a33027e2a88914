"""Parts of speech: the one door to the tagger.

The tagger is the averaged perceptron of `denckring-en-pos`, trained on UD English-EWT (93.4 % of the
tags of its held-out split are right, by its authors' count); 30,000 words a second here. It knows English
alone: what it says of other languages and of code means little.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.metrics._texts import Texts

WORDS = 60  # of each text
_LONGEST = 60  # words of a sentence; a longer run is a list or a table
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|\n\s*\n")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # as the tagger was trained: no punctuation

TAGS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT",
    "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
_NUMBERS = {tag: number for number, tag in enumerate(TAGS)}

Sentence = tuple[tuple[str, str], ...]  # (tag, verb form) a word; the form is Fin, Inf, Part, Ger or -


def there() -> bool:
    """Whether the tagger is installed."""
    return find_spec("denckring_en_pos") is not None


@lru_cache(maxsize=1)
def _tagger() -> Any:
    from denckring_en_pos import tagger

    return tagger()


def _tagged(text: str) -> list[Sentence]:
    """The sentences at the beginning of a text, about `WORDS` words."""
    head = text[: WORDS * 10]
    pieces = [words for piece in _SENTENCE.split(head) if (words := _WORD.findall(piece)[:_LONGEST])]
    if len(head) < len(text) and len(pieces) > 1:
        pieces.pop()  # the cut one
    found: list[Sentence] = []
    for words in pieces:
        if sum(map(len, found)) >= WORDS:
            break
        labels = (label.partition("|") for label in _tagger().tag(words))
        found.append(tuple((tag, form) for tag, _, form in labels))
    return found


def clauses(texts: Texts) -> list[tuple[int, int]]:
    """Return the finite verbs and the sentences of each text's beginning."""
    if not there():
        return []
    return texts.derived("clauses", "sentences", _tagged, _clauses)


def _clauses(text: list[Sentence]) -> tuple[int, int]:
    return sum(form == "Fin" for sentence in text for _, form in sentence), len(text)


def tag_ngrams(texts: Texts, n: int) -> list[NDArray[np.int64]]:
    """Return every `n` tags in a row of a sentence of each text, as one number each; see `spelled`."""
    if not there():
        return [np.empty(0, dtype=np.int64) for _ in texts]
    return texts.derived(("tags", n), "sentences", _tagged, partial(_ngrams, n=n))


def _ngrams(text: list[Sentence], n: int) -> NDArray[np.int64]:
    base = len(TAGS) ** np.arange(n - 1, -1, -1)
    found = [np.empty(0, dtype=np.int64)]
    for sentence in text:
        if len(sentence) >= n:
            numbers = np.array([_NUMBERS[tag] for tag, _ in sentence], dtype=np.int64)
            found.append(np.lib.stride_tricks.sliding_window_view(numbers, n) @ base)
    return np.concatenate(found)


def spelled(code: int, n: int) -> str:
    """Return the tags that a number of `tag_ngrams` stands for."""
    places = (code // len(TAGS) ** power % len(TAGS) for power in range(n - 1, -1, -1))
    return " ".join(TAGS[place] for place in places)
