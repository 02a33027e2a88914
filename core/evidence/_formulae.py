"""Where a text holds mathematics: what the signal takes away, step by step, with its place kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from core.evidence._spans import Span, feed_lines
from core.signals import mathematics as maths


class _Rest:
    """What is left of a text, and where each character of it stood."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.origin: NDArray[np.int64] = np.arange(len(text))

    def take(self, places: Iterable[tuple[int, int]]) -> None:
        """Take characters away, from ... up to, in order."""
        found = list(places)
        if not found:
            return
        gone = np.zeros(len(self.text) + 1, dtype=np.int8)
        starts, ends = np.array(found).T
        np.add.at(gone, starts, 1)
        np.add.at(gone, ends, -1)
        self.origin = self.origin[np.cumsum(gone[:-1]) == 0]
        bounds = [0, *(at for place in found for at in place), len(self.text)]
        self.text = "".join(self.text[a:b] for a, b in zip(bounds[::2], bounds[1::2], strict=True))

    def take_matches(
        self, pattern: re.Pattern[str], left: Callable[[re.Match[str]], str] | None = None
    ) -> None:
        """Take away what `pattern.sub(left, text)` would."""
        found = pattern.finditer(self.text)
        self.take(match.span() for match in found if left is None or not left(match))


def rest_of(text: str) -> _Rest:
    """Take away all mathematics, in the order of `mathematics._share`."""
    rest = _Rest(text)
    if "\\begin{" in text:
        for _ in range(3):
            rest.take_matches(maths._ENVIRONMENT, maths._unless_long)
    rest.take_matches(maths._DISPLAY, maths._unless_long)
    rest.take_matches(maths._INLINE, maths._unless_price)
    if maths._RELATION.search(rest.text):
        rest.take(_equations(rest.text))
        rest.take_matches(maths._SUM)
    rest.take_matches(maths._COMMAND)
    rest.take_matches(maths._SYMBOL)
    return rest


def _equations(text: str) -> Iterator[tuple[int, int]]:
    """Yield lines that are equations, each with one line feed: that behind it, or else that before it."""
    pieces = [(at, line, maths._is_equation(line)) for at, line in feed_lines(text)]
    last_left = max((i for i, piece in enumerate(pieces) if not piece[2]), default=-1)
    for i, (at, line, is_equation) in enumerate(pieces):
        if is_equation and i < last_left:
            yield at, at + len(line) + 1
        elif is_equation:
            yield max(0, at - 1), at + len(line)


def formulae(text: str) -> Iterator[Span]:
    """Yield the stretches of mathematics, without the white space around them."""
    if not text or text.isspace():
        return
    left = np.concatenate([[-1], rest_of(text).origin, [len(text)]])
    for i in np.flatnonzero(np.diff(left) > 1).tolist():
        start, end = int(left[i]) + 1, int(left[i + 1])
        found = text[start:end]
        yield Span(start + len(found) - len(found.lstrip()), start + len(found.rstrip()), "mathematics")
