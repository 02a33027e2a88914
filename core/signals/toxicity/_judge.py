"""What both toxicity signals do with a document: whether it can be judged, by which passages, and where."""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.signals import _language
from core.signals.toxicity import _encoder, _passages
from core.signals.toxicity._linear import load

Reason = Literal["no words", "language"]
Marked = tuple[int, int, float]
LANGUAGE_CHARACTERS = 500


def unscored(text: str, max_other_language: float) -> Reason | None:
    """Return why a text gets no score: it has no words, or is in a language the models do not know."""
    language, confidence = _language.identify(text, LANGUAGE_CHARACTERS)
    if language is None:
        return "no words"
    return "language" if language != "en" and confidence >= max_other_language else None


def encoded(text: str, max_passages: int) -> _encoder.Floats:
    """Return calibrated toxicity and five levels: of each the highest over the passages that are read.

    Of a text with more than `max_passages` different passages, those are read that the fast model
    scores highest, the earlier of two that score the same.
    """
    passages = list(dict.fromkeys(text[begin:end] for begin, end in _passages.spans(text)))
    if len(passages) > max_passages:
        ranks = sorted(range(len(passages)), key=lambda i: (-_fast(passages[i]), i))
        passages = [passages[i] for i in sorted(ranks[:max_passages])]
    if not passages:
        return np.full(_encoder.OUTPUTS, np.nan, dtype=np.float32)
    heads = _encoder.heads()
    highest: _encoder.Floats = np.max([heads.judge(passage) for passage in passages], axis=0)
    return highest


def _fast(passage: str) -> float:
    return float(np.nan_to_num(load().probability(passage), nan=-1.0))


def marked(text: str, model: str, threshold: float, max_passages: int) -> list[Marked]:
    """Return (begin, end, score) of the sentences that carry the score, in order.

    Of each passage at the threshold or above: its sentences that reach it alone, or all of the passage
    where none does. With the encoder, only the `max_passages` that the fast model scores highest.
    """
    spans = [(begin, end) for begin, end in _passages.spans(text) if end > begin]
    if model == "encoder" and len(spans) > max_passages:
        ranks = sorted(range(len(spans)), key=lambda i: (-_fast(text[slice(*spans[i])]), i))
        spans = [spans[i] for i in sorted(ranks[:max_passages])]
    found: list[Marked] = []
    for begin, end in spans:
        whole = _score(text[begin:end], model)
        if whole >= threshold:
            parts = _passages.sentences(text, begin, end)
            alone = [(first, last, _score(text[first:last], model)) for first, last in parts]
            found += [part for part in alone if part[2] >= threshold] or [(begin, end, whole)]
    return found


def _score(passage: str, model: str) -> float:
    return float(_encoder.heads().judge(passage)[0]) if model == "encoder" else _fast(passage)
