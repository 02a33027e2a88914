"""How selectors read what is no single number a document: groups, several numbers, lists of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors._order import scores_of
from core.types import Columns


def names_of(setting: str) -> tuple[str, ...]:
    """Return the columns that a setting names, with commas between."""
    return tuple(name for part in setting.split(",") if (name := part.strip()))


def groups_of(columns: Columns, column: str) -> tuple[NDArray[np.int64], int]:
    """Return each document's group, numbered from 0 in the order of the values, and how many there are.

    Documents without a value are a group of their own, as are those that a clusterer called noise (-1).
    """
    values = columns[column]
    if values.ndim != 1:
        raise BadInputError(column, "a column of groups holds one value a document", "name another column")
    if values.dtype.kind == "O":
        values = np.array(["" if value is None else str(value) for value in values], dtype=str)
    distinct, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int64), len(distinct)


def matrix_of(columns: Columns, setting: str) -> NDArray[np.float64]:
    """Return (documents, values) of a column of lists, or of several columns of numbers.

    A missing value is NaN, and so is what a shorter list lacks.

    Raises:
        BadInputError: where the values are not numbers.
    """
    parts = [_wide(columns, name) for name in names_of(setting)]
    if not parts:
        raise BadInputError("no column", "a selector of trajectories reads one or more", "name them")
    return np.concatenate(parts, axis=1)


def _wide(columns: Columns, name: str) -> NDArray[np.float64]:
    values = columns[name]
    if values.ndim == 2:
        return values.astype(np.float64)
    if values.dtype.kind != "O":
        return scores_of(columns, name)[:, None]
    try:
        lists = [np.zeros(0) if v is None else np.asarray(v, dtype=np.float64).reshape(-1) for v in values]
    except (TypeError, ValueError):
        rule = "a score column holds numbers, or lists of them"
        raise BadInputError(name, rule, "name a numeric column") from None
    found = np.full((len(lists), max(map(len, lists), default=0)), np.nan)
    for row, one in zip(found, lists, strict=True):
        row[: len(one)] = one
    return found


def phrases_of(value: Any) -> list[str]:
    """Return a document's labels: the members of a list, or the parts of a text between semicolons."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return []
    parts = value.split(";") if isinstance(value, str) else np.atleast_1d(value).tolist()
    stripped = (" ".join(str(part).split()) for part in parts if part is not None)
    return list(dict.fromkeys(part for part in stripped if part))
