"""RedPajama-V2's signals of lines: each column holds a list a document, one value a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.signals import _codes, _words
from core.signals._words import Integers
from core.types import ColumnKind, Columns

_NAMES = (
    "rps_lines_javascript_counts",
    "rps_lines_ending_with_terminal_punctution_mark",
    "rps_lines_num_words",
    "rps_lines_uppercase_letter_fraction",
    "rps_lines_numerical_chars_fraction",
    "rps_lines_start_with_bulletpoint",
)
_TYPES = (np.int32, np.int8, np.int32, np.float64, np.float64, np.int8)
_SCRIPT = "javascript"


@dataclass(frozen=True, slots=True)
class RpsLines:
    """What each line ends and begins with, its words, and its capitals and digits: a list a document.

    Values are RedPajama-V2's (`quality_signals/lines.py`), in the reference's spelling. A line ends
    with its line feed, which counts as a character of it; empty lines count. A text without characters
    has an empty list in every column, where the reference gives bullet points one null.
    """

    name: ClassVar[str] = "rps_lines"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return six columns of lists."""
        import pyarrow as pa

        parts = [_lists(_words.part(some)) for some in _words.split(texts)]
        bounds = np.cumsum(np.concatenate([[0], *(sizes for sizes, _ in parts)]).astype(np.int64))
        found = {}
        for i, (name, kind) in enumerate(zip(_NAMES, _TYPES, strict=True)):
            flat = np.concatenate([np.zeros(0, kind), *(values[i].astype(kind) for _, values in parts)])
            # 32-bit offsets, which every reader knows as LIST: a batch holds fewer lines than that.
            found[name] = pa.ListArray.from_arrays(pa.array(bounds.astype(np.int32)), pa.array(flat))
        return found


def _lists(part: _words.Part) -> tuple[Integers, Sequence[NDArray[Any]]]:
    """Return each text's number of lines, and for each column the values of all lines."""
    codes = _codes.of(part)
    begins, ends, documents = _lines(codes)
    sizes = np.bincount(documents, minlength=len(part.texts))
    words = _num_words(codes, begins, ends)
    last = np.isin(ends + 1, codes.bounds)  # ends at the text's end, so without a line feed of its own
    opening, closing = _outermost(codes, begins, ends)
    characters = _characters(codes, begins, ends) + np.maximum(words - 1, 0)
    numeric = _within(codes.flags & _codes.NUMERIC, begins, ends)
    capitals = _within(codes.flags & _codes.UPPER, begins, ends)
    return sizes, (
        _scripts(part, sizes),
        (closing & _codes.TERMINAL) > 0,
        words,
        _words.rounded(capitals / (ends - begins + ~last)),
        _words.rounded(numeric / np.maximum(characters, 1)),
        (opening & _codes.BULLET) > 0,
    )


def _lines(codes: _codes.Codes) -> tuple[Integers, Integers, Integers]:
    """Return where lines begin and where they end (before their line feed), and each one's text."""
    ends = np.flatnonzero(codes.points == ord("\n"))
    begins = np.append(0, ends[:-1] + 1) if len(ends) else ends
    # The line feed after each text is not its own: nothing stands before it where the text's last is one.
    real = (ends > begins) | ~np.isin(ends + 1, codes.bounds)
    documents = np.searchsorted(codes.bounds, begins, side="right") - 1
    return begins[real], ends[real], documents[real]


def _outermost(codes: _codes.Codes, begins: Integers, ends: Integers) -> tuple[_codes.Flags, _codes.Flags]:
    """Return the flags of each line's first and last character that is no white space, 0 without any."""
    dense = np.flatnonzero((codes.flags & _codes.SPACE) == 0)
    first_dense, end_dense = np.searchsorted(dense, begins), np.searchsorted(dense, ends)
    filled = end_dense > first_dense
    opening, closing = np.zeros(len(begins), np.uint16), np.zeros(len(begins), np.uint16)
    opening[filled] = codes.flags[dense[first_dense[filled]]]
    closing[filled] = codes.flags[dense[end_dense[filled] - 1]]
    return opening, closing


def _characters(codes: _codes.Codes, begins: Integers, ends: Integers) -> Integers:
    """Count each line's characters in normalised text, without the spaces between its words."""
    upto = np.zeros(len(codes.points) + 1, dtype=np.int64)
    np.cumsum(codes.widths(), out=upto[1:])
    found: Integers = upto[ends] - upto[begins]
    return found


def _num_words(codes: _codes.Codes, begins: Integers, ends: Integers) -> Integers:
    """Count the runs without white space of which normalisation leaves something."""
    starts = _codes.starts_of_runs((codes.flags & _codes.SPACE) == 0)
    starts = starts[(_codes.of_runs(codes.flags, starts) & _codes.KEPT) > 0]
    found: Integers = np.searchsorted(starts, ends) - np.searchsorted(starts, begins)
    return found


def _within(flags: NDArray[Any], begins: Integers, ends: Integers) -> Integers:
    """Count the flagged characters of each line."""
    places = np.flatnonzero(flags)
    found: Integers = np.searchsorted(places, ends) - np.searchsorted(places, begins)
    return found


def _scripts(part: _words.Part, sizes: Integers) -> Integers:
    """Count the word "javascript" of each normalised line; few texts hold it, so others are passed over."""
    found = np.zeros(int(sizes.sum()), dtype=np.int64)
    begins = np.cumsum(sizes) - sizes
    for i, clean in enumerate(part.clean):
        if _SCRIPT in clean:
            lines = _words.lines(part.texts[i])
            counts = [_words.normalised(line).split().count(_SCRIPT) for line in lines]
            found[begins[i] : begins[i] + sizes[i]] = counts
    return found
