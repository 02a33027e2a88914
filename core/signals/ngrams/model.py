"""A back-off n-gram model as sorted whole numbers: many texts are scored by a few array look-ups."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.errors import BadInputError

UNKNOWN, BEGIN, END = 0, 1, 2  # numbers of <unk>, <s> and </s> in every model's vocabulary
Integers = NDArray[np.int64]
Rows = NDArray[np.int32]  # half the memory; a model has fewer than 2**31 n-grams of an order


def keys(context: NDArray[Any], size: int, word: NDArray[Any]) -> Integers:
    """Return one number for each n-gram: its context's row and its word, of `size` different ones."""
    found: Integers = context.astype(np.int64) * size + word
    return found


def mixed(numbers: Integers) -> NDArray[np.uint64]:
    """Spread numbers over all 64 bits, each to one of its own (the finaliser of SplitMix64)."""
    z = numbers.astype(np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class Index:
    """Finds rows by key, without collisions; about three random reads a key, whatever the table's size."""

    def __init__(self, spread: NDArray[np.uint64]) -> None:
        self.spread = spread  # in ascending order
        self.bits = max(1, len(spread).bit_length())
        first = np.arange(2**self.bits, dtype=np.uint64) << np.uint64(64 - self.bits)
        self.starts = np.searchsorted(spread, first).astype(np.int32 if len(spread) < 2**31 else np.int64)
        sizes = np.diff(np.append(self.starts, len(spread)))
        self.longest = int(sizes.max(initial=0))

    def rows(self, wanted_keys: Integers) -> Integers:
        """Return each key's row, -1 where there is none."""
        found = np.full(len(wanted_keys), -1, dtype=np.int64)
        if not len(self.spread):
            return found
        wanted = mixed(wanted_keys)
        at = self.starts[wanted >> np.uint64(64 - self.bits)].astype(np.int64)
        left = np.arange(len(wanted_keys))
        for _ in range(self.longest):
            here = self.spread[np.minimum(at, len(self.spread) - 1)]
            hit = here == wanted
            found[left[hit]] = at[hit]
            going = here < wanted
            left, at, wanted = left[going], at[going] + 1, wanted[going]
            if not len(left):
                break
        return found


@dataclass(frozen=True, slots=True)
class Grams:
    """All n-grams of one order. A row's context is a row of the order below (a word's number for bigrams).

    Rows stand in ascending order of their mixed keys, context · vocabulary + word; unigrams by word.
    """

    context: Rows
    word: Rows
    log10: NDArray[np.float32]  # probability of the word after the context
    backoff: NDArray[np.float32]  # log10 of the weight of the order below where this row is the context


@dataclass(frozen=True)
class Model:
    """An n-gram model with back-off weights: what an ARPA file says."""

    words: tuple[str, ...]
    orders: tuple[Grams, ...]

    @functools.cached_property
    def numbers(self) -> dict[str, int]:
        """Each word's number."""
        return {word: i for i, word in enumerate(self.words)}

    @functools.cached_property
    def _indexes(self) -> list[Index]:
        return [Index(mixed(keys(g.context, len(self.words), g.word))) for g in self.orders[1:]]

    def log10_scores(self, lines: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Return log10 P(words, </s> | <s>) of each line of words."""
        lengths = np.fromiter(map(len, lines), np.int64, len(lines)) + 2
        ends = np.cumsum(lengths)
        ids = np.full(int(ends[-1]) if len(ends) else 0, END, dtype=np.int64)
        begins = ends - lengths
        inside = np.ones(len(ids), dtype=bool)
        inside[begins] = inside[ends - 1] = False
        number = self.numbers.get
        ids[inside] = [number(word, UNKNOWN) for line in lines for word in line]
        ids[begins] = BEGIN
        values = self._log10(ids)
        values[begins] = 0.0
        return np.add.reduceat(values, begins) if len(begins) else values

    def _log10(self, ids: Integers) -> NDArray[np.float64]:
        """Return log10 P of every word after those before it, back to its line's <s>."""
        size, begins = len(self.words), ids == BEGIN
        rows = [ids]  # by order: the row of the n-gram that ends here, -1 where the model has none
        values = self.orders[0].log10[ids].astype(np.float64)
        for grams, index in zip(self.orders[1:], self._indexes, strict=True):
            before = np.append(-1, rows[-1][:-1])  # the context ends one word earlier
            asked = np.flatnonzero((before >= 0) & ~begins)
            row = np.full(len(ids), -1, dtype=np.int64)
            row[asked] = index.rows(keys(before[asked], size, ids[asked]))
            lower = self.orders[len(rows) - 1].backoff
            missed = asked[row[asked] < 0]
            values[missed] += lower[before[missed]]
            hits = np.flatnonzero(row >= 0)
            values[hits] = grams.log10[row[hits]]
            rows.append(row)
        return values

    # --- as a file ----------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the model as arrays, which load many times as fast as an ARPA file."""
        arrays: dict[str, Any] = {"words": np.frombuffer("\n".join(self.words).encode(), dtype=np.uint8)}
        for n, grams in enumerate(self.orders, start=1):
            arrays[f"context{n}"], arrays[f"word{n}"] = grams.context, grams.word
            arrays[f"log10{n}"], arrays[f"backoff{n}"] = grams.log10, grams.backoff
        with disk.written_aside(path) as aside, aside.open("wb") as file:
            np.savez(file, **arrays)


def load(path: Path) -> Model:
    """Read a model that `Model.save` wrote."""
    try:
        with np.load(path) as found:
            arrays = {name: found[name] for name in found.files}
    except (OSError, ValueError):
        raise BadInputError(path, "is no model of n-grams", "remove it, and score again") from None
    words = tuple(arrays.pop("words").tobytes().decode().split("\n"))
    orders = tuple(
        Grams(*(arrays[f"{part}{n}"] for part in ("context", "word", "log10", "backoff")))
        for n in range(1, len(arrays) // 4 + 1)
    )
    return Model(words, orders)
