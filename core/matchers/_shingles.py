"""Texts as sets of hashed n-grams of words or characters, many texts at a time.

A text is folded character by character: lower case, compatibility forms and accents folded. What is neither
letter, digit nor underscore parts words; a character of Chinese or Japanese is a word by itself. A word's
hash, and an n-gram's, is a polynomial modulo 2^64 that moves along the text; 32 mixed bits of it are kept. Two
n-grams share their bits by chance with probability 2^-32, which moves the Jaccard of two texts of 1,000
n-grams by 10^-7. Compiled: about 150,000 texts of 2 kB a second and core.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint32]
Wide = NDArray[np.uint64]
Positions = NDArray[np.int64]
Unit = Literal["word", "character"]
_PART, _MARK, _MANY, _UNMET = 0, 1, 2, 0xFFFFFFFF  # parts words; is left out; several characters; not met yet
_ALONE = 1 << 30  # from here on: is a word by itself
_SCRIPTS_WITHOUT_SPACES = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    found = "".join(c for c in map(chr, range(0x300, 0x20000)) if unicodedata.combining(c))
    return re.compile(f"[{found}]+")


def folded(text: str) -> str:
    """Lower case, compatibility forms and accents folded, white space to single spaces."""
    if not text.isascii():
        text = _marks().sub("", unicodedata.normalize("NFKD", text))
    return " ".join(text.lower().split())


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as bytes of UTF-8: text i is `data[starts[i]:starts[i + 1]]`."""

    data: NDArray[np.uint8]
    starts: Positions

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, i: int) -> str:
        """Text i."""
        return self.data[self.starts[i] : self.starts[i + 1]].tobytes().decode("utf-8", "surrogatepass")

    def known(self) -> Texts:
        """Return the texts with each character one that `folds` knows, and that stands for itself alone.

        Ligatures and fractions give way to the characters that they stand for, in the texts that hold them.
        """
        from core.matchers import _kernels

        if self.data.max(initial=0) < 0x80:
            return self
        found = _kernels.flags(self.data, self.starts, folds(), _MANY, _UNMET)
        unmet = np.flatnonzero(found & 2).tolist()
        for i in unmet:
            _meet(self.of(i))
        if unmet:
            found = _kernels.flags(self.data, self.starts, folds(), _MANY, _UNMET)
        if not (found & 1).any():
            return self
        texts = [
            unicodedata.normalize("NFKC", self.of(i)) if found[i] & 1 else self.of(i)
            for i in range(len(self))
        ]
        _meet("".join(texts))
        return packed(texts)


def packed(texts: Any) -> Texts:
    """Return texts, strings or an Arrow array of them, as bytes one after another."""
    if not hasattr(texts, "type"):
        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])
        return Texts(np.frombuffer(b"".join(parts), dtype=np.uint8), starts)
    import pyarrow as pa

    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    if whole.type != pa.large_string() or whole.null_count:
        return packed(whole.to_pylist())
    _, places, data = whole.buffers()
    starts = np.frombuffer(places, dtype=np.int64, count=len(whole) + 1, offset=8 * whole.offset)
    return Texts(np.frombuffer(data or b"", dtype=np.uint8), starts)


@dataclass(frozen=True, slots=True)
class Shingler:
    """Makes shingles of `n` words or characters; a shorter text is one shingle of all that it has."""

    n: int
    unit: Unit = "word"

    @property
    def alone(self) -> int:
        """The fold from which on a character is a word; 0 for shingles of characters."""
        return _ALONE if self.unit == "word" else 0

    def sets(self, texts: Any) -> tuple[Hashes, Positions]:
        """Return the distinct shingles of each text, sorted, one text after another, and where they begin.

        A text without words has none.
        """
        from core.matchers import _kernels

        given = packed(texts).known()
        found, at = _kernels.sets(given.data, given.starts, folds(), self.alone, self.n)
        return found.copy(), at  # without what it had in reserve

    def band_keys(self, texts: Any, factors: Hashes, shifts: Hashes, bands: int) -> NDArray[np.uint64]:
        """Return 64 bits a text and band: of its share of the minima, one for each factor and shift.

        A text without words has zeros.
        """
        from core.matchers import _kernels

        given = packed(texts).known()
        return _kernels.band_keys(
            given.data, given.starts, folds(), self.alone, self.n, factors, shifts, bands
        )


# --- characters -------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def folds() -> NDArray[np.uint32]:
    """Return what each character is folded to, as far as it was met; 4 MB, filled as texts come."""
    found = np.full(0x110000, _UNMET, dtype=np.uint32)
    found[:128] = [_code(chr(point)) for point in range(128)]
    return found


def _meet(text: str) -> None:
    table = folds()
    for char in set(text):
        if table[ord(char)] == _UNMET:
            table[ord(char)] = _code(char)


def _code(char: str) -> int:
    """Say what a character is folded to."""
    if unicodedata.combining(char):
        return _MARK
    plain = "".join(c for c in unicodedata.normalize("NFKD", char).lower() if not unicodedata.combining(c))
    if len(plain) != 1:
        if unicodedata.normalize("NFKC", char) != char:
            return _MANY if plain.strip() else _PART
        plain = char  # Hangul, and vowels of two parts: themselves
    if not (plain.isalnum() or plain == "_" or unicodedata.category(plain).startswith("M")):
        return _PART
    return ord(plain) | _ALONE * bool(_SCRIPTS_WITHOUT_SPACES.match(plain))


def mixed(values: Wide) -> Wide:
    """Spread every bit over all bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
