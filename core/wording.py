"""How two texts differ in their words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

MOST_WORDS = 5_000  # of each text that are compared
_ANCHOR = 3  # words in a row that first tell which parts belong together
_CLOSE = 100_000  # pairs of words, up to which what lies between is compared word by word
_WORD = re.compile(r"\s*\S+")

Kind = Literal["same", "gone", "new"]
Words = Sequence[str]
Run = tuple[int, int, int]  # where it begins in the first text and in the second, and how long it is


class Piece(NamedTuple):
    """A run of words that stand in both texts, only in the first (gone), or only in the second (new)."""

    kind: Kind
    text: str
    words: int


def differences(first: str, second: str, most_words: int = MOST_WORDS) -> list[Piece]:
    """Return the pieces that turn the first text into the second, in order.

    White space stays with the word after it and does not count: of a run in both, the first text's is given.
    Only the first `most_words` words of each are compared; 5,000 take about 0.1 s. Where both say a few words
    again and again, more may be called different than is.
    """
    old, new = _WORD.findall(first)[:most_words], _WORD.findall(second)[:most_words]
    return list(_pieces(old, new))


def _pieces(old: Words, new: Words) -> Iterator[Piece]:
    left, right = [word.strip() for word in old], [word.strip() for word in new]
    at = other = 0
    for i, j, size in [*_runs(left, right), (len(left), len(right), 0)]:
        yield from _piece("gone", old[at:i])
        yield from _piece("new", new[other:j])
        yield from _piece("same", old[i : i + size])
        at, other = i + size, j + size


def _piece(kind: Kind, words: Words) -> Iterator[Piece]:
    if words:
        yield Piece(kind, "".join(words), len(words))


def _runs(left: Words, right: Words) -> Iterator[Run]:
    """Yield the runs of words that both hold, in order.

    What they begin and end with alike first, then anchors of three words, since the matcher passes over words
    that are frequent; then the words between.
    """
    head = _alike(left, right)
    tail = _alike(left[head:][::-1], right[head:][::-1])
    at = other = head
    last = (len(left) - tail, len(right) - tail, tail)
    middle = _anchors(left[head : last[0]], right[head : last[1]])
    yield 0, 0, head
    for i, j, size in [*((head + i, head + j, size) for i, j, size in middle), last]:
        for a, b, more in _between(left[at:i], right[other:j]):
            yield at + a, other + b, more
        yield i, j, size
        at, other = i + size, j + size


def _alike(left: Words, right: Words) -> int:
    """How many words the two begin with alike."""
    return next(
        (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )


def _anchors(left: Words, right: Words) -> Iterator[Run]:
    matcher = difflib.SequenceMatcher(None, _grams(left), _grams(right))
    at = other = 0
    for i, j, size in matcher.get_matching_blocks():
        over = max(at - i, other - j, 0)  # words that the run before has taken
        if size and size + _ANCHOR - 1 > over:
            yield i + over, j + over, size + _ANCHOR - 1 - over
            at, other = i + size + _ANCHOR - 1, j + size + _ANCHOR - 1


def _grams(words: Words) -> list[tuple[str, ...]]:
    return list(zip(*(words[i:] for i in range(_ANCHOR)), strict=False))


def _between(left: Words, right: Words) -> list[Run]:
    if not left or not right or len(left) * len(right) > _CLOSE:
        return []
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    return [(i, j, size) for i, j, size in matcher.get_matching_blocks() if size]
