"""Which years a document speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from core.errors import BadInputError
from core.signals import _words
from core.types import ColumnKind, Columns

_NAMES = ("text_year_count", "text_year_median", "text_year_latest")
_CANDIDATE = re.compile(r"(?:1[5-9]|20)[0-9]{2}(?![0-9])(?<![0-9]{5})")
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
# Signs that always stand by a year: a month, the other half of a date, a copyright, a bracket.
_DATED = re.compile(
    rf"(?=[jfmasondcyw(©0-9])(?:\b{_MONTH}(?:\s[0-3]?[0-9](?:st|nd|rd|th)?)?,?\s|(?<![0-9.,/-])[0-3]?[0-9]([/.-])[0-3]?[0-9]\1"
    r"|©\s?|\(c\)\s?|\bcopyright\s|\byears?\s|\bcirca\s|\bca?\.\s|\ba\.?d\.?\s|\b(?:spring|summer|autumn|winter|fall)\s(?:of\s)?"
    r"|(?<![0-9])(?:1[5-9]|20)[0-9]{2}\s?[-–—]\s?)$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"(?:\(|\([^()]{1,40}[,\s])$")
_BRACKET_END = re.compile(r"[a-z]?\s?[),;]|\s?[-–—]\s?(?:[0-9]{2}|(?:1[5-9]|20)[0-9]{2})\)")
_DATE_END = re.compile(r"([-/.])[01]?[0-9]\1[0-3]?[0-9](?![0-9.])|s\b|\s(?:AD|CE)\b")
_SPAN_END = re.compile(r"\s?[-–—]\s?(?:(?:1[5-9]|20)[0-9]{2}|[0-9]{2})(?![\w.-])")
# Words that also stand by plain numbers ("by 1500 men"), and what then tells a number.
_PREPOSITION = re.compile(
    r"\b(?:in|since|until|till|during|before|after|by|of|from|to|and|early|late|mid|around|about)[\s-]$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s?(?:%|°|[a-z]+(?<!i)(?<!a)(?<!u)(?<!s)s\b|people\b|men\b|women\b|children\b|percent\b|per\b|or\smore\b|feet\b"
    r"|(?:[kcm]?m|km|mi|ft|k?g|m?l|m?hz|rpm|[kmg]b|volts?|watts?|cubic|square|new|other|different|more|hundred|thousand"
    r"|million|billion|dozen|dollar|pound|euro|degree|calorie|foot|mile|acre|yard|ton|metre|meter)\b)"
)
_LABEL = re.compile(
    r"(?:\b(?:pages?|pp?|ports?|version|ver|v|no|nos|numbers?|lines?|rooms?|sections?|chapters?|model|id|code|zip|part|items?"
    r"|figure|fig|table|volume|vol|route|highway|flight|windows|office|box|rfc|iso|bytes?)[.:]?\s?|[#$€£+=*<>_@/\\.,:-]|\w)$",
    re.IGNORECASE,
)
_PAGES = re.compile(
    r"\b(?:pages?|pp?|lines?|nos?|numbers?|ports?)[.:]?\s?[0-9]{1,5}\s?[-–—]\s?$", re.IGNORECASE
)
_WINDOW = 48
_FIRST_YEAR = 1500
_DASHES = frozenset("-–—")
# The most characters that each of these can span before the year, and a line feed that `$` passes over: the
# search begins no earlier.
_DATED_SPAN, _LABEL_SPAN, _PREPOSITION_SPAN, _PAGES_SPAN = 20, 12, 8, 20


@dataclass(frozen=True, slots=True)
class TextAge:
    """How many years the text names, their median, and the latest of them.

    After the ages of "A Pretrainer's Guide to Training Data" (Longpre et al. 2023): what a page speaks
    of dates it where its source does not. A date that came with the document is a column already
    and is not looked at here.

    A year is four digits from 1500 to `last_year` in a year's company: in a date ("3 May 1968",
    "1968-05-03", "03.05.1968"), after a copyright sign, "circa", "year" or a season, in brackets
    ("(Smith, 1968)"), a span of years ("1914-18"), a decade ("1960s"), or after "in", "since", "by",
    "of" and their like unless a counted thing follows ("by 1500 men"). Pages, ports, versions, prices,
    quantities and parts of longer numbers are none. A bare number is none either, so some years are
    missed. The median of an even number of years is the mean of the middle two. Null where no year
    is named. `last_year` is a setting and not the clock's, so that scores stay what they were.
    About 25,000 documents of 2 kB a second a core.
    """

    name: ClassVar[str] = "text_age"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"
    last_year: int = 2030

    def __post_init__(self) -> None:
        """Refuse a year before those that are looked for."""
        if self.last_year < _FIRST_YEAR:
            rule = f"is {_FIRST_YEAR} or later"
            raise BadInputError(f"{self.name}.last_year = {self.last_year}", rule, "set 2030")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return _NAMES

    def score(self, texts: Sequence[str]) -> Columns:
        """Return three columns."""
        return _words.table(_NAMES, [self._row(text) for text in texts])

    def _row(self, text: str) -> tuple[float, ...]:
        years = [year for year in _years(text) if year <= self.last_year]
        if not years:
            return 0, _words.NULL, _words.NULL
        return len(years), float(median(years)), max(years)


def _years(text: str) -> Iterator[int]:
    for found in _CANDIDATE.finditer(text):
        before = text[max(0, found.start() - _WINDOW) : found.start()]
        if _is_year(before, text[found.end() : found.end() + _WINDOW]):
            yield int(found[0])


def _is_year(before: str, after: str) -> bool:
    """Tell a year from another number of four digits by what stands on either side."""
    if not _DASHES.isdisjoint(before[-3:]) and _ends(_PAGES, before, _PAGES_SPAN):
        return False
    if _ends(_DATED, before, _DATED_SPAN):
        return not after[:1].isalnum()
    if _ends(_LABEL, before, _LABEL_SPAN):
        return False
    if _DATE_END.match(after) or (_BRACKETED.search(before) and _BRACKET_END.match(after)):
        return True
    if after[:1].isalnum() or re.match(r"[.,:][0-9]|[_%°@]", after):
        return False
    if _SPAN_END.match(after):
        return True
    return _ends(_PREPOSITION, before, _PREPOSITION_SPAN) and not _COUNTED.match(after)


def _ends(pattern: re.Pattern[str], before: str, span: int) -> bool:
    """Whether the pattern stands at the end; `span` is the most characters that it can take."""
    return pattern.search(before, max(0, len(before) - span)) is not None
