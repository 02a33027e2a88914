"""Okapi BM25 over the words of the documents."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.errors import BadInputError
from core.rankers._shelf import Ranking, Shelf, best

INDEX_VERSION = 1  # of the words and the file; the brick's settings act at query time only
# Chinese and Japanese run words together, so each of their characters is a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Keyword:
    """Finds documents by the words of the query, rare words first, whatever their order and case.

    Okapi BM25 (Robertson and Zaragoza 2009, section 3), with log(1 + (N - n + 0.5) / (n + 0.5)) as a
    word's weight, which is never negative. `k1` bounds what repeating a word brings, `b` how far long
    documents are marked down. The index is built once, at about 5,000 documents of 2 kB a second.
    """

    name: ClassVar[str] = "keyword"
    version: ClassVar[int] = 1
    k1: float = 1.2
    b: float = 0.75

    def __post_init__(self) -> None:
        """Refuse settings outside the formula's range."""
        if self.k1 < 0 or not 0 <= self.b <= 1:
            raise BadInputError(
                f"k1 = {self.k1}, b = {self.b}", "k1 is 0 or more, b from 0 to 1", "mend them"
            )

    def over(self, shelf: Shelf) -> KeywordRanker:
        """Return the ranker; its index lies in the shelf's folder."""
        path = shelf.indexes / f"keyword-{INDEX_VERSION}.safetensors"
        with disk.locked(path.with_suffix(".lock")):
            if not path.exists():
                _build(shelf, path)
        return KeywordRanker(_load(path), self.k1, self.b)


@dataclass(frozen=True, slots=True)
class _Index:
    """Postings by word: documents and counts of word w are at starts[w] to starts[w + 1]."""

    words: dict[str, int]
    starts: NDArray[np.int64]
    documents: NDArray[np.int32]
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]  # words a document


@dataclass(frozen=True, slots=True)
class KeywordRanker:
    """Ranks one set of documents by BM25."""

    name: ClassVar[str] = "keyword"
    version: ClassVar[int] = 1
    index: _Index
    k1: float
    b: float

    def rank(self, query: str, k: int) -> Ranking:
        """Return at most k documents that hold a word of the query, best first."""
        lengths = self.index.lengths
        n, scores = len(lengths), np.zeros(len(lengths), dtype=np.float32)
        mean = lengths.mean(dtype=np.float64) if n else 0.0
        for word in _words(query):
            number = self.index.words.get(word)
            if number is None:
                continue
            held = slice(self.index.starts[number], self.index.starts[number + 1])
            documents, tf = self.index.documents[held], self.index.counts[held].astype(np.float64)
            weight = np.log1p((n - len(documents) + 0.5) / (len(documents) + 0.5))
            damping = self.k1 * (1 - self.b + self.b * lengths[documents] / mean)
            scores[documents] += (weight * tf * (self.k1 + 1) / (tf + damping)).astype(np.float32)
        return best(scores, k)


def _words(text: str) -> Iterator[str]:
    return iter(_WORD.findall(text.lower()))


def _build(shelf: Shelf, path: Path) -> None:
    """Count the words shard by shard, then sort postings by word."""
    from safetensors.numpy import save_file

    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    words, documents, counts, lengths = [], [], [], array("i")
    for texts in shelf.texts():
        flat, first = array("i"), len(lengths)
        for text in texts.to_pylist():
            before = len(flat)
            flat.extend(map(numbers.__getitem__, _words(text)))
            lengths.append(len(flat) - before)
        owners = np.repeat(np.arange(first, len(lengths)), lengths[first:])
        pairs, times = np.unique(np.asarray(flat, dtype=np.int64) << 32 | owners, return_counts=True)
        words.append((pairs >> 32).astype(np.int32))
        documents.append((pairs & 0xFFFFFFFF).astype(np.int32))
        counts.append(times.astype(np.int32))
    word = np.concatenate([np.empty(0, np.int32), *words])
    order = np.argsort(word, kind="stable")  # documents stay in order inside a word
    tensors = {
        "words": np.frombuffer("\n".join(numbers).encode("utf-8"), dtype=np.uint8),
        "starts": np.searchsorted(word[order], np.arange(len(numbers) + 1)).astype(np.int64),
        "documents": np.concatenate([np.empty(0, np.int32), *documents])[order],
        "counts": np.concatenate([np.empty(0, np.int32), *counts])[order],
        "lengths": np.asarray(lengths, dtype=np.int32),
    }
    with disk.written_aside(path) as aside:
        save_file(tensors, aside)


def _load(path: Path) -> _Index:
    from safetensors.numpy import load_file

    tensors = load_file(path)
    text = tensors.pop("words").tobytes().decode("utf-8")
    words = {word: number for number, word in enumerate(text.split("\n"))} if text else {}
    return _Index(words=words, **tensors)
