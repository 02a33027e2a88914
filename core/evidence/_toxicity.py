"""Which sentences carry a toxicity score, and which passages a level in one of its dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.evidence._spans import Span
from core.signals.toxicity import Toxicity, ToxicityDimensions, _encoder, _judge, _passages


def sentences(text: str, signal: Toxicity) -> Iterator[Span]:
    """Yield the sentences that carry the score; where none reaches 0.5, the one that scores highest.

    None in a text of which the encoder read nothing.
    """
    found = signal.spans(text)
    if not found:
        found = sorted(signal.spans(text, threshold=0.0), key=lambda span: -span[2])[:1]
    return (Span(begin, end, f"toxicity {score:.2f}") for begin, end, score in found)


def passages(place: int, text: str, signal: ToxicityDimensions) -> Iterator[Span]:
    """Yield the passages whose level rounds to the document's; below 1, the one with the highest.

    `place` is the dimension's among the model's. Only passages that the signal read are looked at.
    """
    if _judge.unscored(text, signal.max_other_language) is not None:
        return
    levels = _levels(text, place, signal.max_passages)
    highest = max(levels.values(), default=0.0)
    if not highest:
        return
    least = math.floor(highest + 0.5) - 0.5 if highest >= 0.5 else highest  # half a level rounds up
    for begin, end in _passages.spans(text):
        level = levels.get(text[begin:end], -1.0)
        if level >= least:
            yield Span(begin, end, f"level {level:.1f}")


def _levels(text: str, place: int, max_passages: int) -> dict[str, float]:
    """Return the level of each passage that `_judge.encoded` reads."""
    different = list(dict.fromkeys(text[begin:end] for begin, end in _passages.spans(text)))
    read = _judge.to_read(different, [_judge.suspicion(one) for one in different], max_passages, every=True)
    return {different[i]: float(_encoder.heads().judge(different[i])[1 + place]) for i in read}
