"""What both toxicity signals do with a document: whether it can be judged, by which passages, and where."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from core.errors import BadInputError
from core.signals import _identity, _language
from core.signals.toxicity import _encoder, _passages
from core.signals.toxicity._linear import load

Reason = Literal["no words", "language not covered"]
Marked = tuple[int, int, float]
LANGUAGE_CHARACTERS = 500
SUSPECT = (
    0.2  # of the fast model: below, nine hateful passages of ten that name nobody would be missed at 0.5
)
_WORD = re.compile(r"[a-z]+")


def check_settings(max_other_language: float, max_passages: int) -> None:
    """Refuse what is no confidence, and to read no passages at all."""
    if not 0 <= max_other_language < math.inf:
        rule = "is a confidence, from 0 to 1; above 1 every language is judged"
        raise BadInputError(f"max_other_language = {max_other_language}", rule, "set 0.6")
    if max_passages < 1:
        raise BadInputError(max_passages, "max_passages is at least 1", "read one passage or more")


def unscored(text: str, max_other_language: float) -> Reason | None:
    """Return why a text gets no score: it has no words, or is in a language the models do not know."""
    language, confidence = _language.identify(text, LANGUAGE_CHARACTERS)
    if language is None:
        return "no words"
    return "language not covered" if language != "en" and confidence >= max_other_language else None


def encoded(
    text: str, max_passages: int, *, every: bool, heads: _encoder.Heads | None = None
) -> _encoder.Floats:
    """Return calibrated toxicity and five levels: of each the highest over the text's passages.

    The encoder reads at most `max_passages` different ones: first those that are suspect (they name a
    group of people, or the fast model scores them `SUSPECT` or more), those first that it scores
    highest. Where not `every` passage is to be read, only suspect ones are. Of a passage that is not
    read and not suspect, the fast model's score stands, which is below `SUSPECT`.

    Args:
        text: the document.
        max_passages: how many the encoder reads at most.
        every: whether it reads passages that are not suspect, too.
        heads: what judges its vectors; by default the heads that ship.
    """
    passages = list(dict.fromkeys(text[begin:end] for begin, end in _passages.spans(text)))
    if not passages:
        return np.full(_encoder.OUTPUTS, np.nan, dtype=np.float32)
    fast = [suspicion(passage) for passage in passages]
    read = to_read(passages, fast, max_passages, every=every)
    highest: _encoder.Floats = np.zeros(_encoder.OUTPUTS, dtype=np.float32)
    highest[0] = max([0.0, *(fast[i] for i in range(len(passages)) if i not in read and fast[i] < SUSPECT)])
    for place in read:
        np.maximum(highest, (heads or _encoder.heads()).judge(passages[place]), out=highest)
    return highest


def to_read(passages: Sequence[str], fast: Sequence[float], max_passages: int, *, every: bool) -> list[int]:
    """Return the places of the passages that the encoder reads, in order."""
    suspect = [score >= SUSPECT or _names_a_group(one) for one, score in zip(passages, fast, strict=True)]
    chosen = [i for i in range(len(passages)) if every or suspect[i]]
    return sorted(sorted(chosen, key=lambda i: (not suspect[i], -fast[i], i))[:max_passages])


def _names_a_group(passage: str) -> bool:
    return not _identity.ALL.isdisjoint(_WORD.findall(_passages.plain(passage).lower()))


def suspicion(passage: str) -> float:
    """Return the fast model's score of a passage; -1 where it has no words."""
    return float(np.nan_to_num(load().probability(passage), nan=-1.0))


def marked(text: str, model: str, threshold: float, max_passages: int) -> list[Marked]:
    """Return (begin, end, score) of the sentences that carry the score, in order.

    Of each passage at the threshold or above: its sentences that reach it alone, or all of the passage
    where none does. The encoder marks in the passages that it reads.
    """
    spans = [(begin, end) for begin, end in _passages.spans(text) if end > begin]
    if model == "encoder":
        passages = [text[begin:end] for begin, end in spans]
        different = list(dict.fromkeys(passages))
        places = to_read(different, [suspicion(passage) for passage in different], max_passages, every=False)
        read = {different[place] for place in places}
        spans = [span for span, passage in zip(spans, passages, strict=True) if passage in read]
    found: list[Marked] = []
    for begin, end in spans:
        whole = _score(text[begin:end], model)
        if whole >= threshold:
            parts = _passages.sentences(text, begin, end)
            alone = [(first, last, _score(text[first:last], model)) for first, last in parts]
            found += [part for part in alone if part[2] >= threshold] or [(begin, end, whole)]
    return found


def _score(passage: str, model: str) -> float:
    return float(_encoder.heads().judge(passage)[0]) if model == "encoder" else suspicion(passage)
