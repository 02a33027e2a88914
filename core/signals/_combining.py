"""Canonical decomposition whose time grows with the text, whatever marks it piles up."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_STEP = 32
_ALIKE = 8
_LONG = _STEP * _ALIKE  # marks in a row; Unicode's stream-safe format allows 30
_MARKS = range(0x300, 0x20000)  # where Unicode has combining marks


def decomposed(text: str) -> str:
    """Return the text in Unicode's form NFD.

    Python's own function puts the marks of one letter in order by insertion, so a text that is one
    letter with a million marks takes it hours. Long runs of marks are put in order here.
    """
    if len(text) < _LONG or unicodedata.is_normalized("NFD", text):
        return unicodedata.normalize("NFD", text)
    sampled, long_run = _patterns()
    if not sampled.search(text[::_STEP]):
        return unicodedata.normalize("NFD", text)
    pieces, at = [], 0
    for run in long_run.finditer(text):
        start = max(0, run.start() - 1)  # with the letter that carries them, which may hold marks itself
        pieces += [unicodedata.normalize("NFD", text[at:start]), _in_order(text[start : run.end()])]
        at = run.end()
    return "".join([*pieces, unicodedata.normalize("NFD", text[at:])])


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds marks in a row in each 32nd character, and what finds the long runs themselves."""
    found = [
        char for char in map(chr, _MARKS) if unicodedata.combining(unicodedata.normalize("NFD", char)[0])
    ]
    marks = f"[{''.join(found)}]"
    return re.compile(f"{marks}{{{_ALIKE}}}"), re.compile(f"{marks}{{{_LONG},}}")


def _in_order(text: str) -> str:
    """Decompose one letter, or none, and the marks behind it; marks of one class keep their order."""
    parts = {ord(char): unicodedata.normalize("NFD", char) for char in set(text)}
    first = parts[ord(text[0])]
    letters = max((i for i, char in enumerate(first, start=1) if not unicodedata.combining(char)), default=0)
    whole = text.translate(parts)
    marks = whole[letters:]
    classes = {ord(mark): unicodedata.combining(mark) for mark in set(marks)}
    # class by class, for a list of a million marks takes a hundred bytes a mark
    ordered = [
        marks.translate({mark: None for mark, other in classes.items() if other != wanted})
        for wanted in sorted(set(classes.values()))
    ]
    return whole[:letters] + "".join(ordered)
