"""Benchmarks' n-grams as 64-bit hashes, looked up in many texts at once.

A word is 64 bits of BLAKE2b, an n-gram their sum with odd weights, modulo 2^64. Hashes are not checked
against the words: of 10^12 n-grams of a corpus, against 10^7 of benchmarks, about one is expected to be
taken for a benchmark's by chance (10^19 / 2^64 = 0.5), and three in one document practically never.
Only words that stand in some benchmark have a number, so an n-gram with any other is passed over unhashed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines.batches import runs
from core.overlap.words import STOP_WORDS, words

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
UNKNOWN, STOP = 0, 1  # numbers of words that stand in no benchmark, and of stop words
PART_CHARACTERS = 1_000_000  # of texts looked at together
SLOTS = 16  # of the first look's table, for each n-gram; one look in 16 goes on in vain
_ARRAYS = ("codes", "hashes", "seen", "pair_gram", "pair_item", "owned_gram", "owner", "item_benchmark")


@dataclass(frozen=True, slots=True)
class Index:
    """What is known of the benchmarks: 40 to 56 bytes an n-gram, and 16 more for each item that holds it."""

    n: int
    numbers: dict[str, int]
    codes: Hashes  # by the word's number
    hashes: Hashes  # of the different n-grams, in order; a position there is the n-gram's number
    seen: NDArray[np.bool_]  # by a hash's first bits: whether any has them
    pair_gram: Integers  # with `pair_item`: which n-gram stands in which item, by n-gram
    pair_item: Integers
    owned_gram: Integers  # with `owner`: which n-gram stands in which benchmark, by n-gram
    owner: Integers
    item_benchmark: Integers

    def find(self, texts: Sequence[str]) -> tuple[Integers, Integers, Integers, Integers]:
        """Find the benchmarks' n-grams in texts.

        Returns:
            For each place where one begins, in order: the text's position, the place among its words
            without stop words, and the n-gram's number; and each text's number of such words.
        """
        ids, bounds = numbered(texts, self.numbers)
        at = windows(ids, self.n)
        hashed = hashes(self.codes[ids], at, self.n)
        maybe = np.flatnonzero(self.seen[_first_bits(hashed, len(self.seen))])
        at, hashed = at[maybe], hashed[maybe]
        gram = np.searchsorted(self.hashes, hashed)
        hit = gram < len(self.hashes)
        hit[hit] = self.hashes[gram[hit]] == hashed[hit]
        at, gram = at[hit], gram[hit]
        document = np.searchsorted(bounds, at, side="right") - 1
        return document, at - bounds[document], gram, np.diff(bounds) - 1

    def benchmarks_of(self, grams: Integers) -> tuple[Integers, Integers]:
        """Return, for n-grams by number, pairs of a position among them and a benchmark that holds it."""
        low = np.searchsorted(self.owned_gram, grams)
        counts = np.searchsorted(self.owned_gram, grams, side="right") - low
        ends = np.cumsum(counts)
        pair = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts) + np.repeat(low, counts)
        return np.repeat(np.arange(len(grams)), counts), self.owner[pair]


def numbered(texts: Sequence[str], numbers: dict[str, int]) -> tuple[Integers, Integers]:
    """Return the texts' words by number, stop words left out, and where each text begins.

    Each text is followed by one unknown word, so that no n-gram reaches from one into the next.
    """
    split = [words(text) for text in texts]
    sizes = np.fromiter((len(some) + 1 for some in split), np.int64, len(split))
    joined = chain.from_iterable(chain(some, ("",)) for some in split)
    ids = np.fromiter(map(numbers.get, joined, repeat(UNKNOWN)), np.int64, int(sizes.sum()))
    kept = ids != STOP
    before = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(kept, out=before[1:])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    return ids[kept], before[ends]


def windows(ids: Integers, n: int) -> Integers:
    """Return where n words begin that are all known."""
    unknown = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(ids == UNKNOWN, out=unknown[1:])
    return np.flatnonzero(unknown[n:] == unknown[: max(0, len(unknown) - n)])


def hashes(codes: Hashes, at: Integers, n: int) -> Hashes:
    """Return the hash of the n words from each place on."""
    found = np.zeros(len(at), dtype=np.uint64)
    for j in range(n):
        found += codes[at + j] * _weight(j)
    return found


@lru_cache
def _weight(place: int) -> np.uint64:
    return np.uint64(word_bits(f"weight {place}") | 1)


def word_bits(word: str) -> int:
    """Return the 64 bits of a word."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _first_bits(hashed: Hashes, slots: int) -> Integers:
    return (hashed >> np.uint64(64 - (slots.bit_length() - 1))).astype(np.int64)


def build(items: Iterable[Sequence[str]], n: int) -> Index:
    """Index benchmarks, each a sequence of its items' texts."""
    numbers = dict.fromkeys(STOP_WORDS, STOP)
    texts: list[str] = []
    item_benchmark: list[int] = []
    for benchmark, some in enumerate(items):
        texts += some
        item_benchmark += [benchmark] * len(some)
    for text in texts:
        for word in words(text):
            numbers.setdefault(word, len(numbers))  # beyond STOP, for the stop words came first
    codes = np.zeros(len(numbers), dtype=np.uint64)
    known = [word for word, number in numbers.items() if number > STOP]
    codes[[numbers[word] for word in known]] = [word_bits(word) or 1 for word in known]
    hashed, item = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    done = 0
    for part in runs(texts, PART_CHARACTERS):
        ids, bounds = numbered(part, numbers)
        at = windows(ids, n)
        hashed.append(hashes(codes[ids], at, n))
        item.append(np.searchsorted(bounds, at, side="right") - 1 + done)
        done += len(part)
    different, gram = np.unique(np.concatenate(hashed), return_inverse=True)
    of_item = np.array(item_benchmark, dtype=np.int64)
    pair_gram, pair_item = _pairs(gram.astype(np.int64), np.concatenate(item), len(texts))
    owned_gram, owner = _pairs(pair_gram, of_item[pair_item], len(texts))
    slots = 1 << max(10, int(len(different) * SLOTS - 1).bit_length())
    seen = np.zeros(slots, dtype=np.bool_)
    seen[_first_bits(different, slots)] = True
    found = (pair_gram, pair_item, owned_gram, owner)
    return Index(n, numbers, codes, different, seen, *found, item_benchmark=of_item)


def _pairs(first: Integers, second: Integers, below: int) -> tuple[Integers, Integers]:
    """Return each pair once, in order; the second of each is `below` a number."""
    one, other = np.divmod(np.unique(first * max(1, below) + second), max(1, below))
    return one, other


def save(index: Index, folder: Path) -> None:
    """Write an index to a folder, from which any process may open it."""
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(index, name))
    (folder / "words.json").write_text(json.dumps([index.n, index.numbers]), encoding="utf-8")


@lru_cache(maxsize=1)
def opened(folder: str) -> Index:
    """Open an index; the arrays are shared among this machine's processes, and kept for the next call."""
    n, numbers = json.loads((Path(folder) / "words.json").read_text(encoding="utf-8"))
    arrays: dict[str, Any] = {name: np.load(Path(folder) / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    return Index(n=n, numbers=numbers, **arrays)
