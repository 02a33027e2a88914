"""Characters of many texts as one array of code points, with what each is looked up in a table."""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.signals._words import Integers, Part

WORD, SPACE, LATIN, UPPER, LOWER, SENTENCE_END, KEPT, NUMERIC, TERMINAL, BULLET, _KNOWN = (
    1 << i for i in range(11)
)
LETTER, DIGIT, SYMBOL, DAMAGE = (1 << i for i in range(11, 15))
_SENTENCE_ENDS = frozenset(".!?")
_TERMINALS = frozenset(".!?”")
_BULLETS = frozenset("•‣▶◀◦■□▪▫–")
_DAMAGE = re.compile(r"[\ufffd\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_PUNCTUATION = frozenset(string.punctuation)
_TABLE = np.zeros(0x110000, dtype=np.uint16)  # 0 where nobody has met the character yet
_WIDTH = np.ones(0x110000, dtype=np.uint8)  # characters it becomes in normalised text
_AT_ONCE = 1 << 20
Flags = NDArray[np.uint16]


class Codes:
    """The characters of a part's texts, each text followed by one line feed that is not its own."""

    def __init__(self, part: Part) -> None:
        joined = "\n".join([*part.texts, ""])
        raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        self.points: NDArray[Any] = raw
        self.flags: Flags = _flags(self.points)
        self.bounds: Integers = np.zeros(len(part.texts) + 1, dtype=np.int64)
        np.cumsum([len(text) + 1 for text in part.texts], out=self.bounds[1:])

    def widths(self) -> NDArray[np.uint8]:
        """For every character how many it is in normalised text: 0 for punctuation and white space."""
        found: NDArray[np.uint8] = _looked_up(_WIDTH, self.points)
        found[(self.flags & KEPT) == 0] = 0
        return found


_last: tuple[Part, Codes] | None = None  # signals that score the same part in turn share its characters


def of(part: Part) -> Codes:
    """Return the part's characters, those of the last call where it is the same part."""
    global _last
    found = _last
    if found is None or found[0] is not part:
        found = _last = (part, Codes(part))
    return found[1]


def starts_of_runs(kind: NDArray[Any]) -> Integers:
    """Return where runs of one kind other than 0 begin."""
    begins = np.empty(len(kind), dtype=bool)
    begins[:1] = True
    np.not_equal(kind[1:], kind[:-1], out=begins[1:])
    begins &= kind != 0
    return np.flatnonzero(begins)


def of_runs(flags: Flags, starts: Integers) -> Flags:
    """Return the flags that any character has from each start to the next."""
    return np.bitwise_or.reduceat(flags, starts) if len(starts) else flags[:0]


def _flags(points: NDArray[Any]) -> Flags:
    found: Flags = _looked_up(_TABLE, points)
    if not found.all():
        for point in np.unique(points[found == 0]).tolist():
            _learn(point)
        found = _looked_up(_TABLE, points)
    return found


def _looked_up(table: NDArray[Any], points: NDArray[Any]) -> NDArray[Any]:
    """Return the table's entry for each point; some at a time, for an index takes 8 bytes a character."""
    found = np.empty(len(points), dtype=table.dtype)
    for begin in range(0, len(points), _AT_ONCE):
        found[begin : begin + _AT_ONCE] = table[points[begin : begin + _AT_ONCE].astype(np.intp)]
    return found


def _learn(point: int) -> None:
    """Look one character up, as `re`, `str` and RedPajama-V2's normalisation see it."""
    char = chr(point)
    folded = unicodedata.normalize("NFD", char.lower())
    space = char.isspace()
    facts = {
        WORD: char.isalnum() or char == "_",
        SPACE: space,
        LATIN: char.isascii() and char.isalpha(),
        UPPER: char.isupper(),
        LOWER: char.islower() or (char.istitle() and not char.isupper()),
        SENTENCE_END: char in _SENTENCE_ENDS,
        KEPT: not space and char not in _PUNCTUATION,
        NUMERIC: any(map(str.isnumeric, folded)),
        TERMINAL: char in _TERMINALS,
        BULLET: char in _BULLETS,
        LETTER: char.isalnum() and not char.isdecimal(),
        DIGIT: char.isdecimal(),
        SYMBOL: not space and not char.isalnum(),
        DAMAGE: not space and bool(_DAMAGE.match(char)),
    }
    _WIDTH[point] = len(folded)
    _TABLE[point] = _KNOWN | sum(flag for flag, holds in facts.items() if holds)
