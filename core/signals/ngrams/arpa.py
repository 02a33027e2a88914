"""ARPA files: how n-gram models are passed on, for KenLM, SRILM and others to read and write."""

from __future__ import annotations

import io
import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.disk import written_aside
from core.errors import BadInputError
from core.signals.ngrams.model import Grams, Index, Model, Rows, keys, mixed
from core.signals.ngrams.reference import RESERVED, opened

CHUNK = 100_000  # n-grams written at once
NO_UNKNOWN = -100.0  # KenLM's log10 for unknown words where a file has no <unk>
Row = tuple[float, list[str], float]  # log10, words, back-off
_SECTION = re.compile(r"^\\(\d+)-grams:\s*$")


def write(model: Model, path: Path) -> None:
    """Write the model; reading it back gives the same model, bit for bit."""
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\\data\\\n")
        for n, grams in enumerate(model.orders, start=1):
            file.write(f"ngram {n}={len(grams.word)}\n")
        for n, grams in enumerate(model.orders, start=1):
            file.write(f"\n\\{n}-grams:\n")
            for start in range(0, len(grams.word), CHUNK):
                file.writelines(
                    _lines(model, n, np.arange(start, min(start + CHUNK, len(grams.word)), dtype=np.int32))
                )
        file.write("\n\\end\\\n")


def _lines(model: Model, n: int, rows: Rows) -> Iterator[str]:
    grams = model.orders[n - 1]
    words = list(zip(*(column.tolist() for column in _spelt(model, n, rows)), strict=True))
    pairs = zip(grams.log10[rows].tolist(), words, grams.backoff[rows].tolist(), strict=True)
    for log10, gram, backoff in pairs:
        text = " ".join([model.words[word] for word in gram])
        # nine digits hold a float of 32 bits
        yield f"{log10:.9g}\t{text}\n" if n == len(model.orders) else f"{log10:.9g}\t{text}\t{backoff:.9g}\n"


def _spelt(model: Model, n: int, rows: Rows) -> list[Rows]:
    """Return the words of n-grams, place by place."""
    places: list[Rows] = []
    for grams in reversed(model.orders[:n]):
        places.append(grams.word[rows])
        rows = grams.context[rows]
    return places[::-1]


def read(path: Path) -> Model:
    """Read a model; `.gz` and `.zst` are unpacked.

    Raises:
        BadInputError: where it is no ARPA file, breaks off, or has an n-gram whose context it lacks.
    """
    try:
        with io.TextIOWrapper(opened(str(path)), encoding="utf-8", newline="\n") as file:
            return _parsed(file)
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        why = str(error) if isinstance(error, _ArpaError) else "breaks off, or is no ARPA file"
        raise BadInputError(path, why, "write it anew, for instance by KenLM's lmplz") from None


class _ArpaError(ValueError):
    """Says what is wrong with a file."""


def _parsed(file: Iterable[str]) -> Model:
    lines = iter(file)
    sizes = _sizes(lines)
    rows = _checked(_section(lines, 1), 1, sizes[0])
    words, unigrams = _unigrams(rows)
    numbers = {word: i for i, word in enumerate(words)}
    orders, indexes = [unigrams], list[Index]()
    for n, size in enumerate(sizes[1:], start=2):
        orders.append(_grams(_checked(_section(lines, n), n, size), n, numbers, indexes))
        indexes.append(Index(mixed(keys(orders[-1].context, len(words), orders[-1].word))))
    return Model(words, tuple(orders))


def _checked(rows: Iterator[Row], n: int, size: int) -> Iterator[Row]:
    """Pass rows on, as many as the file's head says."""
    found = 0
    for row in rows:
        found += 1
        yield row
    if found != size:
        raise _ArpaError(f"has {found} {n}-grams where its head says {size}")


def _sizes(lines: Iterator[str]) -> list[int]:
    for line in lines:
        if line.strip() == "\\data\\":
            break
    found: list[int] = []
    for line in lines:
        if not line.startswith("ngram "):
            break
        order, size = line[6:].split("=")
        if int(order) != len(found) + 1:
            raise _ArpaError("skips an order")
        found.append(int(size))
    if len(found) < 2:
        raise _ArpaError("has no n-grams beyond single words")
    return found


def _section(lines: Iterator[str], n: int) -> Iterator[Row]:
    """Yield log10, words and back-off of each n-gram of one order."""
    for line in lines:
        if (head := _SECTION.match(line)) is not None:
            if int(head[1]) != n:
                raise _ArpaError(f"has no section of {n}-grams")
            break
    for line in lines:
        parts = line.strip("\r\n ").replace("\t", " ").split(" ")
        if parts == [""]:
            return
        if len(parts) not in (n + 1, n + 2):
            raise _ArpaError(f"has a line among its {n}-grams that is none")
        yield float(parts[0]), parts[1 : n + 1], float(parts[n + 1]) if len(parts) == n + 2 else 0.0


def _unigrams(rows: Iterable[Row]) -> tuple[tuple[str, ...], Grams]:
    listed: dict[str, tuple[float, float]] = {}
    for log10, (word,), backoff in rows:
        if listed.setdefault(word.replace("<UNK>", "<unk>"), (log10, backoff)) != (log10, backoff):
            raise _ArpaError("has a word twice")
    words = (*RESERVED, *(word for word in listed if word not in RESERVED))
    values = np.array([listed.get(word, (NO_UNKNOWN, 0.0)) for word in words], dtype=np.float32)
    none = np.zeros(len(words), dtype=np.int32)
    return words, Grams(none, np.arange(len(words), dtype=np.int32), values[:, 0].copy(), values[:, 1].copy())


def _grams(rows: Iterable[Row], n: int, numbers: dict[str, int], indexes: list[Index]) -> Grams:
    spelt, numeric = array("i"), array("f")
    for log10, gram, backoff in rows:
        spelt.extend([numbers[word] for word in gram])
        numeric.append(log10)
        numeric.append(backoff)
    ids = np.array(spelt, dtype=np.int32).reshape(-1, n)
    context: NDArray[Any] = ids[:, 0]
    for place, index in enumerate(indexes, start=1):
        context = index.rows(keys(context, len(numbers), ids[:, place]))
        if (context < 0).any():
            raise _ArpaError(f"has a {n}-gram whose first {place + 1} words it does not have")
    order = np.argsort(mixed(keys(context, len(numbers), ids[:, -1])), kind="stable")
    values = np.array(numeric, dtype=np.float32).reshape(-1, 2)[order]
    return Grams(context[order].astype(np.int32), ids[order, -1], values[:, 0].copy(), values[:, 1].copy())
