"""Sets of different size made comparable: every metric on samples of one common size, with intervals.

The rule. A metric of variety depends on how much it is shown: more documents, more kinds, nearer
neighbours, fewer new words. So each set is measured on samples of the same number of documents n, drawn
without replacement, and its value is the mean over the samples (rarefaction: Sanders 1968; Hurlbert 1971).
n is the size of the smallest set that has at least 100 documents, at most 500, unless it is given.

The interval says how far the value could be from that of the source that the N documents came from. It is
the delete-d jackknife (Shao and Wu 1989): variance s² h / (N - h), s the spread of samples of h documents, h
the smaller of n and N / 2, plus s² / repeats for their being so few; 95 % by Student's t. Metrics of words
read only some of a sample, so theirs is rather too wide. Of a set of at most n documents the value is of all
it has; one of fewer is flagged `small`, its n being their number, and does not compare with the others.

Metrics that need the tagger look at no more than 200 documents of a set, in samples of at most 100, and
their interval counts those 200 as all there is. Weighted sets (mixtures) are sampled in proportion to the
weights, so that a document with more than 1/n of the weight stands in a sample several times, as a trainer
sees it; their number of documents N is Kish's effective one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.doors import Evidence, Metric, Need
from core.metrics._texts import Texts

LEAST_SIZE, MOST_SIZE = 100, 500
TAGGED_POOL, TAGGED_SIZE = 200, 100
REPEATS = 20
CONFIDENCE = 0.95

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric's value with its interval; all None, with the `reason`, where there is none.

    `low` and `high` alone are None where a set is too small to be halved. `full` is the value of the whole
    set, where that is cheap: sets of different size do not compare by it.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int  # documents of each sample
    full: float | None = None
    small: bool = False  # fewer documents than the common size
    reason: str | None = None


def common_size(counts: Sequence[float]) -> int:
    """Return the number of documents on which sets of these sizes are compared; see the module's rule."""
    large = [count for count in counts if count >= LEAST_SIZE]
    return min(MOST_SIZE, int(min(large))) if large else LEAST_SIZE


def effective_count(weights: Floats) -> float:
    """Kish's effective number of documents: (Σw)² / Σw²; 0 where there is no weight."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def take(evidence: Evidence, rows: Rows) -> Evidence:
    """Return the evidence of these rows, in their order; what was found about the texts is shared."""

    def of(values: NDArray[Any] | None) -> Any:
        return None if values is None else values[rows]

    return replace(
        evidence,
        texts=Texts.of(evidence.texts).take(rows),
        vectors=of(evidence.vectors),
        clusters=of(evidence.clusters),
        duplicate=of(evidence.duplicate),
        domains=of(evidence.domains),
    )


def draw(count: int, size: int, rng: np.random.Generator, weights: Floats | None = None) -> Rows:
    """Draw `size` of `count` rows in random order: without replacement, or in proportion to the weights.

    With weights it is systematic sampling of a random order: a row of share w comes ⌊size w⌋ or ⌈size w⌉
    times.
    """
    if weights is None:
        return rng.choice(count, size, replace=False)
    order = rng.permutation(count)
    reached = np.cumsum(weights[order])
    points = (np.arange(size) + rng.random()) * (reached[-1] / size)
    places = np.searchsorted(reached, points, side="right").clip(max=count - 1)
    drawn: Rows = rng.permutation(order[places])
    return drawn


def rarefied(
    evidence: Evidence,
    metrics: Mapping[str, Metric],
    size: int,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    weights: Floats | None = None,
) -> dict[str, Measured]:
    """Measure a set on samples of `size` documents, by the module's rule; `weights` are one a document.

    The samples depend on the seed and the number of documents alone, and all metrics see the same ones.
    """
    tagged = {name: metric for name, metric in metrics.items() if metric.cost == "tagged"}
    plain = {name: metric for name, metric in metrics.items() if metric.cost != "tagged"}
    found = _over(evidence, plain, size, repeats, seed, weights)
    if tagged:
        pool = tagged_pool(evidence, seed, weights)
        found |= _over(pool, tagged, min(size, TAGGED_SIZE), repeats, seed, None)
    return {name: found[name] for name in metrics}


def measured_rows(
    everything: Evidence,
    rows: Rows,
    metrics: Mapping[str, Metric],
    size: int,
    repeats: int = REPEATS,
    seed: int = 0,
    weights: Floats | None = None,
) -> dict[str, Measured]:
    """Measure some rows of the evidence, on one core: the same bits on any machine.

    On samples, cores that wait for one another cost more than they give.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1, "blas"):
        return rarefied(take(everything, rows), metrics, size, repeats=repeats, seed=seed, weights=weights)


def tagged_pool(evidence: Evidence, seed: int = 0, weights: Floats | None = None) -> Evidence:
    """Return the few documents of a set that the tagger reads."""
    count = len(evidence.texts)
    if weights is not None and not weights.any():
        return take(evidence, np.empty(0, dtype=np.int64))
    if weights is None and count <= TAGGED_POOL:
        return evidence
    rng = np.random.default_rng([seed, count])
    return take(evidence, draw(count, min(count, TAGGED_POOL), rng, weights))


def _over(
    evidence: Evidence,
    metrics: Mapping[str, Metric],
    size: int,
    repeats: int,
    seed: int,
    weights: Floats | None,
) -> dict[str, Measured]:
    """Measure on samples of the set, and on its halves where it is small."""
    count = len(evidence.texts)
    total = float(count) if weights is None else effective_count(weights)
    n, used_up = (size, False) if total > size else (round(total), True)
    if not n:
        return {name: Measured(None, None, None, 0, small=True, reason="no documents") for name in metrics}

    def sampled(of: int, step: int) -> list[dict[str, float]]:
        rngs = (np.random.default_rng([seed, step, repeat]) for repeat in range(repeats))
        samples = (take(evidence, draw(count, of, rng, weights)) for rng in rngs)
        return [{name: metric.measure(s) for name, metric in metrics.items()} for s in samples]

    whole = {
        m: metric.measure(evidence) for m, metric in metrics.items() if used_up or metric.cost == "whole"
    }
    values = [whole] if used_up and weights is None else sampled(n, 0)
    half = min(n, int(total) // 2)
    spread = values if half == n else sampled(half, 1) if half > 1 else []
    small, found = n < size, {}
    for name, metric in metrics.items():
        got = np.array([each[name] for each in values])
        if not np.isfinite(got).all():
            found[name] = Measured(None, None, None, n, small=small, reason=_why_not(metric, evidence))
            continue
        error = _error(got, np.array([each[name] for each in spread]), half / max(total - half, 1))
        low, high = _interval(float(got.mean()), error, repeats, metric.span)
        full = whole.get(name, math.nan) if weights is None else math.nan
        found[name] = Measured(
            float(got.mean()), low, high, n, full if math.isfinite(full) else None, small, None
        )
    return found


def _error(values: Floats, spread: Floats, factor: float) -> float:
    """The standard error of the mean of `values`; NaN where there is nothing to tell it by."""
    if len(spread) < 2 or not np.isfinite(spread).all():
        return math.nan
    chance = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    return math.sqrt(float(spread.var(ddof=1)) * factor + chance)


def _interval(
    value: float, error: float, repeats: int, span: tuple[float, float]
) -> tuple[float | None, float | None]:
    from scipy.special import stdtrit

    if not math.isfinite(error):
        return None, None
    reach = float(stdtrit(repeats - 1, 0.5 + CONFIDENCE / 2)) * error
    return max(value - reach, min(span[0], value)), min(value + reach, max(span[1], value))


def _why_not(metric: Metric, evidence: Evidence) -> str:
    """Say why a metric has no value, for a person."""
    from core.metrics import _tagger

    absent: dict[Need, tuple[bool, str]] = {
        "vectors": (evidence.vectors is None, "no embedding yet: run `embed`"),
        "reference": (evidence.reference is None, "no embedding yet: run `embed`"),
        "clusters": (evidence.clusters is None, "no clusters yet: run `cluster`"),
        "centroids": (evidence.centroids is None, "no embedding yet: run `embed`"),
        "duplicate": (evidence.duplicate is None, "nobody has looked for duplicates yet: run `dedup`"),
        "domains": (evidence.domains is None, "no sources"),
        "tags": (not _tagger.there(), "no part-of-speech tagger: install denckring-en-pos"),
    }
    for need in metric.needs:
        if need in absent and absent[need][0]:
            return absent[need][1]
    if evidence.vectors is not None and "vectors" in metric.needs and not _any_direction(evidence.vectors):
        return "no vector is finite and other than zero"
    if evidence.clusters is not None and "clusters" in metric.needs and not (evidence.clusters >= 0).any():
        return "all documents are noise to the clustering"
    return "the samples hold too few documents or words for it"


def _any_direction(vectors: NDArray[np.float32]) -> bool:
    return bool((np.isfinite(vectors).all(axis=1) & (vectors != 0).any(axis=1)).any())
