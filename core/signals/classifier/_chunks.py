"""How a long text becomes chunks of tokens that a model can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

SPACE, SENTENCE = 1, 2  # kinds of borders, the better the higher
CHARACTERS_PER_TOKEN = 16  # bounds the tokenizer's work on a huge text
_SPACES = re.compile(r"\s+")
_WIDE_END = re.compile(r"[。！？]")  # ends a sentence without a space
_END = re.compile(r"[.!?…。！？][\"'”’)\]]{0,3}\Z")


def head(text: str, size: int, max_chunks: int) -> str:
    """Return what is read of a text: 16 characters for each token of its chunks; no half surrogate pairs."""
    found = text.lstrip()[: CHARACTERS_PER_TOKEN * size * max_chunks]
    return found if found.isascii() else found.encode("utf-8", "replace").decode("utf-8")


def cut(text: str, starts: Sequence[int], size: int, max_chunks: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each chunk's tokens: at most `size`, and at most `max_chunks` of them.

    A chunk ends at the last sentence border in its second half, else at the last white space there,
    else where it is full; the next begins right there. `starts` are the tokens' places in the text.
    """
    begin, count = 0, len(starts)
    kinds = _borders(text)[np.asarray(starts)] if count > size else None
    for _ in range(max_chunks):
        if begin >= count:
            return
        end = count
        if kinds is not None and count - begin > size:
            first = begin + (size + 1) // 2
            window = kinds[first : begin + size + 1]
            end = first + len(window) - 1 - int(np.argmax(window[::-1])) if window.any() else begin + size
        yield begin, end
        begin = end


def _borders(text: str) -> NDArray[np.int8]:
    """Return for each place in the text what border stands right before it."""
    kinds = np.zeros(len(text) + 1, dtype=np.int8)
    for match in _WIDE_END.finditer(text):
        kinds[match.end()] = SENTENCE
    for match in _SPACES.finditer(text):
        begin, end = match.span()
        ends = "\n" in match[0] or _END.search(text, max(0, begin - 4), begin)
        kinds[begin : end + 1] = SENTENCE if ends else SPACE  # a token may begin with its space, or after it
    return kinds
