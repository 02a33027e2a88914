"""Thresholds on columns: the rule as SQL, what it keeps and drops by domain, examples from both sides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.types import DomainCount

LEAST_SPAN, NARROW = (
    1e-300,
    1e-9,
)  # closer values, by themselves or for their size, are one: no step fits between
LARGE_LOSS = 0.5  # share of a domain's documents or tokens beyond which a threshold is warned of


def quoted(column: str) -> str:
    """Return the column's name as SQL takes it, whatever characters it holds."""
    return '"' + column.replace('"', '""') + '"'


class Rule(Protocol):
    """A condition on documents: SQL for the machine, words for people."""

    @property
    def expression(self) -> str:
        """A boolean SQL expression over the view `documents`."""

    @property
    def words(self) -> str:
        """The same, as a filter may be called."""


@dataclass(frozen=True, slots=True)
class Range:
    """Keeps documents whose value lies within the bounds, both included; a null is dropped."""

    column: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def expression(self) -> str:
        """A boolean SQL expression; without bounds, that there is a value."""
        name = quoted(self.column)
        parts = []
        if self.at_least is not None:
            parts.append(f"{name} >= {self.at_least!r}")
        if self.at_most is not None:
            parts.append(f"{name} <= {self.at_most!r}")
        return " AND ".join(parts) or f"{name} IS NOT NULL"

    def mask(self, values: NDArray[np.float64], kind: str) -> NDArray[np.bool_]:
        """Return what `expression` gives, from the column's values (NaN for null) and its type in DuckDB.

        2 ms at a million documents, where the expression takes some hundred.
        """
        keep = ~np.isnan(values)
        if self.at_least is not None:
            keep &= values >= _compared(self.at_least, kind)
        if self.at_most is not None:
            keep &= values <= _compared(self.at_most, kind)
        return keep

    @property
    def words(self) -> str:
        """The same, in words."""
        low = "" if self.at_least is None else f" at least {self.at_least:g}"
        high = "" if self.at_most is None else f" at most {self.at_most:g}"
        return (
            (self.column[:60] + low + " and" * bool(low and high) + high) if low + high else self.column[:60]
        )


def _compared(bound: float, kind: str) -> float:
    """The bound as DuckDB compares it: a decimal literal becomes a FLOAT beside one, 1e-05 a DOUBLE."""
    return float(np.float32(bound)) if kind == "FLOAT" and "e" not in repr(bound) else bound


@dataclass(frozen=True, slots=True)
class Among:
    """Keeps documents whose value is one of a few; a null is dropped."""

    column: str
    values: tuple[str, ...]

    @property
    def expression(self) -> str:
        """A boolean SQL expression; with no values, one that keeps nothing."""
        if not self.values:
            return "false"
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in self.values)
        return f"CAST({quoted(self.column)} AS VARCHAR) IN ({listed})"

    @property
    def words(self) -> str:
        """The same, in words; beyond three values their number."""
        few = " or ".join(self.values) if len(self.values) <= 3 else f"one of {len(self.values)}"
        return f"{self.column} is {few or 'none'}"[:120]


@dataclass(frozen=True, slots=True)
class Copies:
    """Keeps the first few documents of every group of duplicates, in the corpus's order."""

    group_column: str
    at_most: int = 1

    @property
    def expression(self) -> str:
        """A boolean SQL expression with a window over each group."""
        return f"row_number() OVER (PARTITION BY {quoted(self.group_column)} ORDER BY row) <= {self.at_most}"

    @property
    def words(self) -> str:
        """The same, in words."""
        return f"at most {self.at_most} of each group of copies"


@dataclass(frozen=True, slots=True)
class Part:
    """What a rule keeps and drops of one domain, or of all."""

    kept: DomainCount
    dropped: DomainCount

    @property
    def dropped_share(self) -> float:
        """The larger of the shares dropped: of documents, of tokens."""
        documents = self.kept.documents + self.dropped.documents
        tokens = self.kept.tokens + self.dropped.tokens
        return max(self.dropped.documents / max(documents, 1), self.dropped.tokens / max(tokens, 1))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule keeps and drops, in all and by domain, and the domains that it would gut."""

    total: Part
    domains: Mapping[str, Part]
    warnings: tuple[str, ...]


def outcome(
    keep: NDArray[np.bool_], tokens: NDArray[Any], names: Sequence[str], codes: NDArray[np.int32]
) -> Outcome:
    """Count documents and tokens kept and dropped by domain; `codes` are positions in `names`, row for row.

    A domain that would lose more than half of its documents or tokens gets a warning. Takes about a
    millisecond at 100,000 documents.
    """
    cells = codes.astype(np.int64) * 2 + keep
    documents = np.bincount(cells, minlength=2 * len(names))
    sizes = np.bincount(cells, tokens, 2 * len(names)).astype(np.int64)
    counts = [DomainCount(int(d), int(t)) for d, t in zip(documents, sizes, strict=True)]
    domains = {name: Part(counts[2 * i + 1], counts[2 * i]) for i, name in enumerate(names)}
    total = Part(_sum(counts[1::2]), _sum(counts[0::2]))
    warnings = tuple(
        f"'{name}' would lose {part.dropped.documents:,} of {part.kept.documents + part.dropped.documents:,} "
        f"documents and {part.dropped.tokens:,} of {part.kept.tokens + part.dropped.tokens:,} tokens."
        for name, part in domains.items()
        if part.dropped_share > LARGE_LOSS
    )
    return Outcome(total, domains, warnings)


def _sum(counts: Sequence[DomainCount]) -> DomainCount:
    return DomainCount(sum(c.documents for c in counts), sum(c.tokens for c in counts))


def nearest(
    values: NDArray[Any], keep: NDArray[np.bool_], bounds: Sequence[float], num: int = 5
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows just kept and just dropped: of each side the `num` nearest to any of the bounds.

    Rows without a value come last; ties are in row order, and so is all where there is no bound.
    """
    numbers = np.asarray(values, dtype=np.float64)
    distance = np.zeros(len(numbers))
    if bounds:
        distance = np.min([np.abs(numbers - bound) for bound in bounds], axis=0)
        distance = np.where(np.isnan(distance), np.inf, distance)
    return _closest(np.flatnonzero(keep), distance, num), _closest(np.flatnonzero(~keep), distance, num)


def _closest(rows: NDArray[np.int64], distance: NDArray[np.float64], num: int) -> NDArray[np.int64]:
    if len(rows) > num:  # all within the num-th smallest distance, then in stable order
        reach = np.partition(distance[rows], num - 1)[num - 1]
        rows = rows[distance[rows] <= reach]
    order = np.argsort(distance[rows], kind="stable")
    return rows[order[:num]]


# --- where to start and how finely to move -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """The span of a column's values and the step in which a threshold on it moves."""

    least: float
    most: float
    step: float
    tenth: float  # the 10th percentile, on a step
    ninetieth: float  # the 90th, on a step

    @property
    def decimals(self) -> int:
        """Digits after the point that tell two steps apart."""
        return max(0, -math.floor(math.log10(self.step) + 1e-9))


def scale(values: NDArray[Any]) -> Scale | None:
    """Return a column's scale, or None where it has no value; the step is 1/100 to 1/1000 of the span.

    Whole numbers move by whole steps. A column of one value has a span of one step.
    """
    numbers = np.asarray(values, dtype=np.float64)
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return None
    least, most = float(known.min()), float(known.max())
    wide = most - least > max(LEAST_SPAN, NARROW * max(-least, most))
    step = 10.0 ** (math.floor(math.log10(most - least)) - 2) if wide else 1.0
    if step < 1 and np.array_equal(known, np.round(known)):
        step = 1.0
    low, high = np.quantile(known, [0.1, 0.9])
    begin = on_step(least, step, math.floor)
    return Scale(
        begin,
        on_step(most, step, math.ceil) if wide else begin + step,
        step,
        on_step(float(low), step, round),
        on_step(float(high), step, round),
    )


def on_step(value: float, step: float, towards: Any = round) -> float:
    """Return the value on a whole number of steps, rounded by `towards`."""
    return float(f"{towards(round(value / step, 6)) * step:.15g}")  # 0.3, not 0.30000000000000004
