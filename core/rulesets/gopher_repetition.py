"""Gopher's repetition rules: paragraphs, lines or phrases that stand again and again."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from operator import mul
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.rulesets._page import Judge, Page, repeated

_PARAGRAPHS = re.compile(r"\n{2,}")
_LINES = re.compile(r"\n+")
_WINDOW = 12  # characters; two n-grams of that length or more can be equal only where these are
_MANY_WORDS = 20_000
_PRIME = 0x100000001B3


@dataclass(frozen=True, slots=True)
class GopherRepetition(Judge):
    """Drops a text that repeats itself (Rae et al. 2021, table A1), as datatrove's `GopherRepetitionFilter`.

    Values and order are of datatrove 0.10. Its pairs of n and share are a field each here, named after
    the reason they give: `top_2_gram` bounds the characters of the most frequent 2-gram over the text's,
    `duplicated_5_n_grams` those of 5-grams that stood before (met from left to right, a repeated one
    is stepped over as a whole). None switches a rule off; so does 0 for paragraphs and lines. An empty
    line at the text's start and one at its end are two equal lines, as there.
    """

    name: ClassVar[str] = "gopher_repetition"
    version: ClassVar[int] = 1
    all_reasons: ClassVar[tuple[str, ...]] = (
        "empty", "dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac", "top_2_gram",
        "top_3_gram", "top_4_gram", "duplicated_5_n_grams", "duplicated_6_n_grams", "duplicated_7_n_grams",
        "duplicated_8_n_grams", "duplicated_9_n_grams", "duplicated_10_n_grams",
    )  # fmt: skip

    dup_line_frac: float | None = 0.3
    dup_para_frac: float | None = 0.3
    dup_line_char_frac: float | None = 0.2
    dup_para_char_frac: float | None = 0.2
    top_2_gram: float | None = 0.2
    top_3_gram: float | None = 0.18
    top_4_gram: float | None = 0.16
    duplicated_5_n_grams: float | None = 0.15
    duplicated_6_n_grams: float | None = 0.14
    duplicated_7_n_grams: float | None = 0.13
    duplicated_8_n_grams: float | None = 0.12
    duplicated_9_n_grams: float | None = 0.11
    duplicated_10_n_grams: float | None = 0.10

    def reason(self, page: Page) -> str | None:
        """Return the first rule that the text breaks, or None where it is kept."""
        if not page.text:
            return "empty"
        return self._parts(page.text) or self._top(page) or self._duplicated(page)

    def _parts(self, text: str) -> str | None:
        if "\n\n" in text:
            paragraphs = _PARAGRAPHS.split(text.strip())
            num_repeated, characters = repeated(paragraphs)
            if self.dup_para_frac and num_repeated / len(paragraphs) > self.dup_para_frac:
                return "dup_para_frac"
            if self.dup_para_char_frac and characters / len(text) > self.dup_para_char_frac:
                return "dup_para_char_frac"
        if "\n" in text:
            lines = _LINES.split(text)
            num_repeated, characters = repeated(lines)
            if self.dup_line_frac and num_repeated / len(lines) > self.dup_line_frac:
                return "dup_line_frac"
            if self.dup_line_char_frac and characters / len(text) > self.dup_line_char_frac:
                return "dup_line_char_frac"
        return None

    def _top(self, page: Page) -> str | None:
        words, size = page.words, len(page.text)
        ceiling = _Ceiling(page)
        for n, bound in ((2, self.top_2_gram), (3, self.top_3_gram), (4, self.top_4_gram)):
            if bound is None or len(words) < n:
                continue
            if ceiling.by_words(n) / size <= bound or (n > 2 and ceiling.by_pairs(n) / size <= bound):
                continue  # no n-gram can pass the bound
            counts = Counter(zip(*(words[i:] for i in range(n)), strict=False))
            most = max(counts.values())
            # of n-grams that stand equally often the first counts; spaces between its words count too
            gram = next(gram for gram, count in counts.items() if count == most)
            if (sum(map(len, gram)) + n - 1) * most / size > bound:
                return f"top_{n}_gram"
        return None

    def _duplicated(self, page: Page) -> str | None:
        bounds = (
            (5, self.duplicated_5_n_grams), (6, self.duplicated_6_n_grams), (7, self.duplicated_7_n_grams),
            (8, self.duplicated_8_n_grams), (9, self.duplicated_9_n_grams), (10, self.duplicated_10_n_grams),
        )  # fmt: skip
        starts = array("q", chain((0,), accumulate(map(len, page.words))))
        joined = "".join(page.words)
        candidates = _candidates(joined, starts, min(n for n, _ in bounds))
        for n, bound in bounds:
            if (
                bound is not None
                and _repeated_characters(joined, starts, candidates, n) / len(page.text) > bound
            ):
                return f"duplicated_{n}_n_grams"
        return None


class _Ceiling:
    """How many characters all copies of the most frequent n-gram can have at most.

    Each word of an n-gram stands in the text at least as often as the n-gram itself, and so does each
    pair of words side by side: c copies of it hold at most what the weightiest n words hold (copies
    times length), or the weightiest pairs, and the spaces between. Seven texts in eight need no more.
    """

    __slots__ = ("_heaviest", "_longest", "_most", "_pairs", "_words")

    def __init__(self, page: Page) -> None:
        counts = page.counts
        self._words = page.words
        self._heaviest = max(map(mul, map(len, counts), counts.values()), default=0)
        self._most = max(counts.values(), default=0)
        self._longest = max(map(len, counts), default=0)
        self._pairs: tuple[int, int] | None = None

    def by_words(self, n: int) -> int:
        return n * self._heaviest + (n - 1) * self._most

    def by_pairs(self, n: int) -> int:
        """For n of 3 or 4: two pairs, or a pair and a word; an n-gram that stands once is bounded apart."""
        if self._pairs is None:
            counted = Counter(pairwise(self._words))
            again = [(len(a) + len(b) + 1, count) for (a, b), count in counted.items() if count > 1]
            self._pairs = (
                max((c * size for size, c in again), default=0),
                max((c for _, c in again), default=0),
            )
        heaviest, most = self._pairs
        return max(n * self._longest + n - 1, heaviest + most + (heaviest if n == 4 else self._heaviest))


def _candidates(joined: str, starts: Sequence[int], n: int) -> Sequence[int]:
    """Where an n-gram begins that may stand twice: all others differ in their first characters already."""
    if len(starts) > _MANY_WORDS:
        return _candidates_of_many(joined, starts, n)
    windows = [joined[start : start + _WINDOW] for start in starts[:-1]]
    counts = Counter(windows)
    return [
        i
        for i, window in enumerate(windows[: max(0, len(windows) - n + 1)])
        if counts[window] > 1 or starts[i + n] - starts[i] < _WINDOW
    ]


def _candidates_of_many(joined: str, starts: Sequence[int], n: int) -> Sequence[int]:
    """The same, and at most a few places more: windows are told apart by 64 bits of theirs.

    A window as a text of its own takes a hundred bytes, which a text of ten million words has not.
    """
    begins = np.asarray(starts)
    num = max(0, len(starts) - n)
    hashes = _window_hashes(joined, begins)
    order = np.argsort(hashes)
    ordered = hashes[order]
    again = np.zeros(len(ordered), dtype=bool)
    equal = ordered[1:] == ordered[:-1]
    again[1:] = equal
    again[:-1] |= equal
    may = np.zeros(len(ordered), dtype=bool)
    may[order] = again
    may = may[:num] | (begins[n:] - begins[:num] < _WINDOW)
    return array("q", np.flatnonzero(may).astype(np.int64).tobytes())


def _window_hashes(joined: str, begins: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return 64 bits of the window at each word's beginning; equal windows have equal bits."""
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    hashes = np.zeros(len(begins) - 1, dtype=np.uint64)
    for offset in range(_WINDOW):
        at = begins[:-1] + offset
        inside = at < len(points)
        hashes *= np.uint64(_PRIME)
        hashes[inside] += points[at[inside]] + np.uint64(1)  # 0 is what lies behind the end
    return hashes


def _repeated_characters(joined: str, starts: Sequence[int], candidates: Sequence[int], n: int) -> int:
    """Characters of n-grams that stood before, from left to right (datatrove's `find_all_duplicate`)."""
    met: set[str] = set()
    total = after = 0
    last = len(starts) - 1 - n
    for i in candidates:
        if i < after:
            continue
        if i > last:
            break
        gram = joined[starts[i] : starts[i + n]]
        if gram in met:
            total += len(gram)
            after = i + n
        else:
            met.add(gram)
    return total
