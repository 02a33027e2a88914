"""Text as the toxicity model sees it: windows of words, and numbers for words and their letters.

Features are hashes, so a model file holds no word of the text that it was trained on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BITS = 18
MASK = (1 << BITS) - 1
WINDOW = 20  # words
_NOISE = re.compile(r"https?://\S+|@\w+|&#?\w{1,10};|\bRT\b")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_END = re.compile(r"[.!?\n]")
_MAX_WORD = 40  # characters; a longer word is a hash, a path or noise
_MIX = 0x9E3779B1


@dataclass(frozen=True, slots=True)
class Windows:
    """The words of a text, and where each window of at most 20 of them begins and ends."""

    words: list[str]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]


def split(text: str) -> Windows:
    """Cut a text into windows: whole sentences packed to 20 words, a longer sentence cut every 20."""
    clean = _NOISE.sub(" ", text.replace("’", "'"))
    words, lengths = [], []
    for sentence in _END.split(clean):
        found = _WORD.findall(sentence)
        if found:
            words += found
            lengths.append(len(found))
    bounds = [0]
    at = 0
    for length in lengths:
        if bounds[-1] < at and at + length - bounds[-1] > WINDOW:
            bounds.append(at)
        at += length
        while at - bounds[-1] > WINDOW:
            bounds.append(bounds[-1] + WINDOW)
    if bounds[-1] < at:
        bounds.append(at)
    edges = np.array(bounds, dtype=np.int64)
    return Windows([word[:_MAX_WORD].lower() for word in words], edges[:-1], edges[1:])


def word_hash(word: str) -> int:
    """32 bits that stand for the word, the same on any machine."""
    return crc32(word.encode("utf-8", "surrogatepass"))


def word_features(word: str) -> list[int]:
    """Return the word's own feature, then those of its runs of 3 to 5 letters, boundaries marked."""
    marked = f"<{word}>".encode("utf-8", "surrogatepass")
    grams = [crc32(marked[i : i + n], n) & MASK for n in (3, 4, 5) for i in range(len(marked) - n + 1)]
    return [word_hash(word) & MASK, *grams]


def word_values(num_features: int) -> list[float]:
    """The values that go with `word_features`: 1 for the word, 1 in all (by square) for its letters."""
    if num_features == 1:
        return [1.0]
    return [1.0] + [float((num_features - 1) ** -0.5)] * (num_features - 1)


def pair_features(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the feature of each pair of neighbours, from the words' hashes: one fewer than words."""
    mixed = hashes[:-1] * np.uint64(_MIX) + (hashes[1:] ^ np.uint64(0x5BD1E995))
    return ((mixed >> np.uint64(17)) & np.uint64(MASK)).astype(np.int64)
