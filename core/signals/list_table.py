"""How much of a document is lists and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("list_line_share", "table_line_share")
_ITEM = re.compile(r"(?:[-*+•‣◦▪■▶·–—]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})\)|\d{1,3}\.)\s+\S")
_RULE_SIGNS = "-=+:| "
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_MIN_ROWS = 3  # fewer lines alike are no table: two sentences may have two commas each
_MIN_GAPS = 2
_MAX_CELL = 20  # mean characters of a cell parted by commas; clauses are longer
_Shape = tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class ListTable:
    """Shares of lines that are list items, and of lines that are rows of a table.

    An item starts with a bullet, or with a number or small letter and a bracket, or a number and a full
    stop, and white space. A row holds two or more `|` or is a rule such as `|---|---|` or `+---+`; or
    stands among three or more successive lines with the same number, two at least, of tabs, of commas
    or semicolons (cells of 20 characters at most in the mean), or of gaps of two spaces or more.
    A row is no item. Of the lines that hold more than white space; null where there is none.
    About 50,000 documents of 2 kB a second a core.
    """

    name: ClassVar[str] = "list_table"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return two shares a text."""
        return _words.table(_NAMES, [_row(text) for text in texts])


def _row(text: str) -> tuple[float, ...]:
    lines = [line for line in text.splitlines() if line and not line.isspace()]
    items = rows = 0
    for shape, group in groupby(lines, _shape):
        alike = list(group)
        if shape and (shape[0] == "|" or len(alike) >= _MIN_ROWS):
            rows += len(alike)
        else:
            items += sum(map(bool, map(_ITEM.match, map(str.lstrip, alike))))
    return _words.ratio(items, len(lines)), _words.ratio(rows, len(lines))


def _shape(line: str) -> _Shape:
    """Return what parts a line's cells and how often, or None for a line of prose."""
    line = line.strip()
    if line.count("|") >= _MIN_GAPS or _is_rule(line):
        return "|", 0
    if (tabs := line.count("\t")) >= _MIN_GAPS:
        return "\t", tabs
    for sign in ",;":
        if (count := line.count(sign)) >= _MIN_GAPS and len(line) <= _MAX_CELL * (count + 1):
            return sign, count
    if "  " in line and (gaps := len(_GAP.findall(line))) >= _MIN_GAPS:
        return " ", gaps
    return None


def _is_rule(line: str) -> bool:
    return "--" in line and not line.strip(_RULE_SIGNS) and ("|" in line or "+" in line)
