"""Places in a text: how lines and words are found there again, and how spans are put in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

MOST_SPANS = 2_000
Piece = tuple[int, str]  # where it begins, and the piece itself


class Span(NamedTuple):
    """The characters from `start` up to `end`, and in short words why they are marked."""

    start: int
    end: int
    why: str


def merged(found: Iterable[Span]) -> list[Span]:
    """Return spans given in order of their starts without empty or overlapping ones, 2,000 at most.

    Spans of one reason that touch or overlap become one; of two reasons the earlier keeps its place.
    """
    kept: list[Span] = []
    for start, end, why in found:
        after = kept[-1].end if kept else 0
        if end <= max(start, after):
            continue
        if kept and start <= after and kept[-1].why == why:
            kept[-1] = Span(kept[-1].start, end, why)
        elif len(kept) == MOST_SPANS:
            break
        else:
            kept.append(Span(max(start, after), end, why))
    return kept


def stripped(piece: Piece, why: str) -> Span:
    """Return the span of a piece without the white space around it; that of a blank one is empty."""
    start, text = piece
    return Span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()), why)


def split_lines(text: str) -> Iterator[Piece]:
    """Yield the lines of `str.splitlines`."""
    at = 0
    for line, whole in zip(text.splitlines(), text.splitlines(keepends=True), strict=True):
        yield at, line
        at += len(whole)


def feed_lines(text: str) -> Iterator[Piece]:
    """Yield what line feeds part, the empty piece after the last one too."""
    at = 0
    for line in text.split("\n"):
        yield at, line
        at += len(line) + 1


def parted(text: str, pattern: re.Pattern[str], start: int = 0) -> Iterator[Piece]:
    """Yield the pieces of `pattern.split(text)`; `start` is where the text itself begins."""
    at = 0
    for gap in pattern.finditer(text):
        yield start + at, text[at : gap.start()]
        at = gap.end()
    yield start + at, text[at:]


def matches(pattern: re.Pattern[str], text: str, why: str) -> Iterator[Span]:
    """Yield a span for every match."""
    return (Span(*found.span(), why) for found in pattern.finditer(text))


def again(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces that have stood before, so all copies but the first."""
    met: set[str] = set()
    for piece in pieces:
        if piece[1] in met:
            yield piece
        else:
            met.add(piece[1])


def located(text: str, words: Sequence[str]) -> list[Piece]:
    """Return where words begin that make up the whole text but for its white space."""
    found = []
    at = 0
    for word in words:
        at = text.find(word, at)  # nothing but white space lies between, so this is no search
        found.append((at, word))
        at += len(word)
    return found


def grams(words: Sequence[Piece], begins: Iterable[int], n: int, why: str) -> Iterator[Span]:
    """Yield the span of the n words from each place in `words`."""
    for i in begins:
        last, word = words[i + n - 1]
        yield Span(words[i][0], last + len(word), why)
