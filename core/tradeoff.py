"""What quality costs in variety: along a threshold, along a selector's share, and by domain.

Kept documents are compared on samples of one size (`core.rarefaction`), so that a small rest is not called
poor for being small. A random choice of documents keeps that variety: the first point, which keeps all, is
what the others are priced against.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import bricks
from core.curve import Side
from core.doors import Metric
from core.errors import BadInputError
from core.metrics import METRICS
from core.pool import domain_codes, selector_columns
from core.rarefaction import REPEATS, common_size, measured_rows
from core.selectors import SELECTORS
from core.types import JSON, Progress, Scalar, silent
from core.variety import gather, numbers
from core.workspace import Workspace

SHARES = (0.9, 0.75, 0.5, 0.35, 0.2, 0.1, 0.05)
PRICED = ("vendi_score", "effective_clusters", "distinct_2")
COMPLEXITY = ("lexical_diversity", "clauses_per_sentence")

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def threshold_curve(
    workspace: Workspace,
    name: str,
    column: str,
    *,
    side: Side = "at least",
    quality: str | None = None,
    size: int | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, JSON]:
    """Run a threshold over a column: at each point the quality of what is kept and what variety is left.

    Args:
        workspace: Holds the corpus.
        name: The corpus.
        column: The column of numbers that is filtered by; a null is kept by no threshold.
        side: Whether the threshold is the least or the most that is kept.
        quality: The column whose mean is the quality; by default `column` itself.
        size: Documents of a sample; by default by the rule of `core.rarefaction`, over all points.
        repeats: Samples of a point.
        seed: The same seed gives the same values.
        progress: Told by point.

    Returns:
        `points`, from all documents to the strictest: `threshold` (null at the first), `share` and
        `documents` kept, `quality` and each of `metrics` with value, low and high, and `price`: by how much
        each metric differs from the first point's, as a share of it; null where too few documents are left
        to be compared.

    Raises:
        BadInputError: an unknown corpus or column, or a column without numbers.
    """
    corpus = workspace.corpus(name)
    values = numbers(workspace, corpus, column)
    known = np.sort(values[np.isfinite(values)])
    if not len(known):
        raise BadInputError(column, "no document has a value", "score the corpus, or name another column")
    if side == "at least":
        bounds = sorted({float(known[len(known) - _count(known, share)]) for share in SHARES})
        kept = [(bound, np.flatnonzero(values >= bound)) for bound in bounds]
    else:
        bounds = sorted({float(known[_count(known, share) - 1]) for share in SHARES}, reverse=True)
        kept = [(bound, np.flatnonzero(values <= bound)) for bound in bounds]
    judged = values if quality is None else numbers(workspace, corpus, quality)
    points = _points(workspace, name, judged, [rows for _, rows in kept], size, repeats, seed, progress)
    for point, bound in zip(points["points"], [None, *(bound for bound, _ in kept)], strict=True):
        point["threshold"] = bound
    return {"column": column, "side": side, "quality": quality or column, **points}


def selector_curve(
    workspace: Workspace,
    name: str,
    method: str,
    settings: Mapping[str, object] | None,
    quality: str,
    *,
    size: int | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, JSON]:
    """Run a selector over shares of a corpus's tokens, from all to a twentieth; otherwise the same.

    Returns:
        As `threshold_curve`, with the tokens' share asked for as `budget` in place of a threshold.
    """
    corpus = workspace.corpus(name)
    selector = bricks.make(SELECTORS, method, settings)
    columns = selector_columns(workspace, corpus, selector)
    total = int(columns["tokens"].sum())
    kept = []
    for share in SHARES:
        mask, _ = selector.select(columns, round(share * total), np.random.default_rng(seed))
        kept.append(np.flatnonzero(mask))
    judged = numbers(workspace, corpus, quality)
    points = _points(workspace, name, judged, kept, size, repeats, seed, progress)
    for point, share in zip(points["points"], (1.0, *SHARES), strict=True):
        point["budget"] = share
    signed: dict[str, Scalar] = bricks.settings_of(selector)
    return {"selector": method, "settings": signed, "quality": quality, **points}


def by_part(
    workspace: Workspace, name: str, quality: str, metrics: Mapping[str, Any], by: str = "source"
) -> list[JSON]:
    """Lay quality, variety and complexity side by side by domain, or the parts of another column.

    Args:
        workspace: Holds the corpus.
        name: The corpus.
        quality: A column of numbers; a domain's quality is its mean, over the documents that have a value.
        metrics: What `core.diversity.diversity` found of the corpus and the parts: its `measured`.
        by: The column whose values are the parts.

    Returns:
        A map a row, the corpus first as `(all)`: `domain` (the part), `documents`, `quality`, `diversity` (metric by
        metric) and `complexity`, each number with its value, low and high.
    """
    corpus = workspace.corpus(name)
    values = numbers(workspace, corpus, quality)
    names, codes = domain_codes(workspace, corpus, by)
    rows = []
    for domain, found in [("(all)", metrics["corpus"]), *metrics["domains"].items()]:
        inside = values if domain == "(all)" else values[codes == names.index(domain)]
        rows.append({
            "domain": domain,
            "documents": len(inside),
            "quality": _mean(inside),
            "diversity": {metric: found[metric] for metric in PRICED},
            "complexity": {metric: found[metric] for metric in COMPLEXITY},
        })  # fmt: skip
    return rows


def _count(known: Floats, share: float) -> int:
    return max(1, round(share * len(known)))


def _points(
    workspace: Workspace,
    name: str,
    quality: Floats,
    kept: Sequence[Rows],
    size: int | None,
    repeats: int,
    seed: int,
    progress: Progress,
) -> dict[str, JSON]:
    """Measure what is kept at each point, all documents first."""
    corpus = workspace.corpus(name)
    everything = gather(workspace, corpus, seed)
    metrics: dict[str, Metric] = {metric: bricks.make(METRICS, metric) for metric in PRICED}
    sets = [np.arange(corpus.documents), *kept]
    used = size or common_size([len(rows) for rows in sets])
    points: list[dict[str, JSON]] = []
    for done, rows in enumerate(sets):
        progress(done, len(sets), "the price of quality")
        found = measured_rows(everything, rows, metrics, used, repeats, seed)
        points.append({
            "share": len(rows) / corpus.documents,
            "documents": len(rows),
            "quality": _mean(quality[rows]),
            "metrics": {metric: asdict(one) for metric, one in found.items()},
        })  # fmt: skip
        points[-1]["price"] = {
            metric: None if one.small else _change(points[0]["metrics"][metric]["value"], one.value)
            for metric, one in found.items()
        }
    progress(len(sets), len(sets), "the price of quality")
    return {"size": used, "repeats": repeats, "points": points}


def _change(before: float | None, after: float | None) -> float | None:
    return after / before - 1 if before and after is not None else None


def _mean(values: Floats) -> dict[str, float | int | None]:
    """The mean of what is there, with its 95 % interval by the normal law."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {"value": None, "low": None, "high": None, "n": 0}
    mean = float(known.mean())
    reach = 1.96 * float(known.std(ddof=1)) / math.sqrt(len(known)) if len(known) > 1 else None
    low, high = (None, None) if reach is None else (mean - reach, mean + reach)
    return {"value": mean, "low": low, "high": high, "n": len(known)}
