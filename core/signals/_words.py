"""Words, lines and safe arithmetic that several signals share."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_RAW_WORD = re.compile(r"\w+|[^\w\s]+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+$")
NULL = math.nan


def raw_words(text: str) -> list[str]:
    """RedPajama-V2's raw words: runs of word characters, and runs of what is neither word nor space."""
    return _RAW_WORD.findall(text)


def normalised(text: str) -> str:
    """RedPajama-V2's normalised text: no ASCII punctuation, lower case, white space folded, NFD."""
    folded = " ".join(text.translate(_NO_PUNCTUATION).lower().split())
    return folded if folded.isascii() else unicodedata.normalize("NFD", folded)


def lines(text: str) -> list[str]:
    """RedPajama-V2's lines, each with its line feed; empty lines count."""
    return _LINE.findall(text)


def ratio(part: float, whole: float) -> float:
    """Return part / whole, or a null where the whole is 0."""
    return part / whole if whole else NULL


def rounded(value: float) -> float:
    """RedPajama-V2's precision, 8 decimals; a null stays one."""
    return value if math.isnan(value) else round(value, 8)


def table(names: Sequence[str], rows: Sequence[Sequence[float]]) -> dict[str, NDArray[np.float64]]:
    """Turn one row of values a document into one array a column."""
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
    return {name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(names)}
