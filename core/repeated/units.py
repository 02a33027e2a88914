"""Texts cut into lines, paragraphs or sentences, each as a hash of what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice

import numpy as np

from core.repeated.pieces import VARIOUS, Hashes, Pieces

AT_ONCE = 1 << 16  # pieces looked at together
Places = Iterator[tuple[int, int]]
_BREAK = re.compile(r"\n|[.!?…。！？]+[\"'”’)\]」』]*")
_STOPS = frozenset("。！？")  # end a sentence though no space follows


def lines(text: str) -> Places:
    """Yield where lines that are not blank begin and end, the white space around them left out."""
    at = 0
    for line in text.split("\n"):
        begin = at + len(line) - len(line.lstrip())
        end = at + len(line.rstrip())
        if begin < end:
            yield begin, end
        at += len(line) + 1


def paragraphs(text: str) -> Places:
    """Yield where runs of lines that are not blank begin and end."""
    begin = end = 0
    for first, last in lines(text):
        if end and text.count("\n", end, first) > 1:
            yield begin, end
            begin = first
        begin, end = (begin if end else first), last
    if end:
        yield begin, end


def sentences(text: str) -> Places:
    """Yield where sentences begin and end: at a line's end, after 。！？, after .!?… before white space."""
    at = 0
    for match in _BREAK.finditer(text + "\n"):
        end = match.end()
        if text[end : end + 1].isspace() or end >= len(text) or match[0] == "\n" or match[0][0] in _STOPS:
            piece = text[at:end]
            begin, stop = at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())
            if begin < stop:
                yield begin, stop
            at = end


UNITS: dict[str, Callable[[str], Places]] = {
    "line": lines,
    "paragraph": paragraphs,
    "sentence": sentences,
}


def cut(texts: Sequence[str], unit: str, sources: Hashes) -> Iterator[Pieces]:
    """Yield the pieces of texts, some at a time; those of other `sources` have other keys.

    Pieces are equal that say the same in lower case, white space folded: by 128 bits of BLAKE2b.
    """
    places = ((i, *place) for i, text in enumerate(texts) for place in UNITS[unit](text))
    while some := list(islice(places, AT_ONCE)):
        owner, begin, end = np.array(some, dtype=np.int64).T
        digests = b"".join(_digest(texts[i][a:b]) for i, a, b in some)
        key, check = np.frombuffer(digests, dtype="<u8").astype(np.uint64).reshape(-1, 2).T
        yield Pieces(owner, begin, end, key ^ sources[owner], check, np.full(len(key), VARIOUS))


def _digest(piece: str) -> bytes:
    said = " ".join(piece.lower().split())
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()
