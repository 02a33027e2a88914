"""Sentences made from templates, to train on: what they are worth in each dimension, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from core.signals.toxicity import _harmless, _hate
from core.signals.toxicity._encoder import DIMENSIONS
from core.signals.toxicity._groups import TRAINED

Made = tuple[str, float, tuple[float, ...], str]  # sentence, toxicity, level / 3 by dimension, category
NONE = (0.0, 0.0, 0.0, 0.0, 0.0)


def _levels(**levels: float) -> tuple[float, ...]:
    return tuple(levels.get(name, 0.0) / 3 for name in DIMENSIONS)


class _Writer:
    """Fills templates with words drawn by a generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def pick(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def group(self, groups: Sequence[tuple[str, str]]) -> tuple[str, str]:
        return groups[int(self.rng.integers(len(groups)))]

    def fill(self, template: str, group: tuple[str, str] = ("", ""), **more: str) -> str:
        beast = self.pick(_hate.BEASTS)
        single = beast.removesuffix("ies") + "y" if beast.endswith("ies") else beast.removesuffix("s")
        words = {
            "G": group[0], "g": group[1], "beast": beast, "beast1": single.removeprefix("a "),
            "fault": self.pick(_hate.FAULTS), "fault2": self.pick(_hate.FAULTS), "harm": self.pick(_hate.HARMS),
            "deed": self.pick(_hate.DEEDS), "curse": self.pick(_hate.CURSES), "place": self.pick(_hate.PLACES),
            "thing": self.pick(_harmless.THINGS), "ill": self.pick(_harmless.ILLNESSES),
            "r": self.pick(_harmless.RECLAIMABLE), **more,
        }  # fmt: skip
        return template.format(**words)

    def style(self, sentence: str) -> str:
        """Upper or lower case, a lost full stop, doubled marks: as people write."""
        chance = self.rng.random()
        if chance < 0.2:
            return sentence.lower()
        if chance < 0.25:
            return sentence.upper()
        if chance < 0.35:
            return sentence.rstrip(".")
        if chance < 0.42:
            return sentence.rstrip(".") + "!!"
        return sentence[:1].upper() + sentence[1:]


def sentences(seed: int, each: int = 2) -> Iterator[Made]:
    """Yield templated sentences: every template of groups `each` times a dimension, the others in proportion."""
    write = _Writer(seed)
    for dimension, groups in TRAINED.items():
        for _ in range(each):
            for templates, level, violence, toxic in (
                (_hate.OVERT, 3.0, 0.0, 1.0), (_hate.THREATS, 3.0, 3.0, 1.0), (_hate.IMPLIED, 1.7, 0.0, 0.9),
            ):  # fmt: skip
                for template in templates:
                    levels = _levels(**{dimension: level, "violence": violence})
                    yield write.style(write.fill(template, write.group(groups))), toxic, levels, "hate"
            for name, harmless in (("neutral", _harmless.NEUTRAL), ("negated", _harmless.NEGATED)):
                for template in harmless:
                    yield write.style(write.fill(template, write.group(groups))), 0.0, NONE, name
            for template in _harmless.COUNTER * 2:
                group = write.group(groups)
                clause = write.fill(write.pick((*_hate.OVERT, *_hate.THREATS, *_hate.IMPLIED)), group)
                inner = clause.rstrip(".")
                lowered = (
                    inner
                    if inner[:2] in ("I ", "I'") or inner.startswith(group[0])
                    else inner[:1].lower() + inner[1:]
                )
                yield (
                    write.style(write.fill(template, group, H=clause, h=lowered)),
                    0.0,
                    NONE,
                    "counter-speech",
                )
    yield from _without_groups(write, each)


def _without_groups(write: _Writer, each: int) -> Iterator[Made]:
    kinds = (
        (_hate.INSULTS, 0.85, NONE, "personal abuse", 3), (_hate.MENACES, 0.95, _levels(violence=3), "menace", 4),
        (_harmless.RECLAIMED, 0.0, NONE, "reclaimed", 4), (_harmless.SWEARING, 0.08, NONE, "swearing", 3),
        (_harmless.OBJECTS, 0.05, NONE, "objects", 4), (_harmless.PLAIN, 0.0, NONE, "plain", 2),
    )  # fmt: skip
    for templates, toxic, levels, category, times in kinds:
        for template in templates * times * each:
            yield write.style(write.fill(template)), toxic, levels, category
    for template in (*_hate.OVERT, *_hate.IMPLIED) * each:
        target = write.pick(_harmless.OTHERS)
        yield (
            write.style(write.fill(template, (target, target.removesuffix("s")))),
            0.3,
            NONE,
            "other targets",
        )
