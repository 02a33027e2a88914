"""Token weights as a trainer wants them: its unit, its stages, and what it draws when it follows them."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.types import ManifestFile, Plan

Shares = dict[str, float]


@dataclass(frozen=True, slots=True)
class Phase:
    """Weights from one share of training to another."""

    start: float
    until: float
    weights: Shares


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a trainer's own configuration draws from during `share` of its training.

    `sources` maps a domain to its weight in the trainer's unit and the tokens of its units, in order; they
    are read again from the beginning where they end.
    """

    share: float
    sources: Mapping[str, tuple[float, Sequence[int]]]


def token_weights(plan: Plan) -> Shares:
    """Return each domain's share of the tokens seen, by name; domains that give none are left out.

    It is the weight asked for, but where some domain was cut at its `max_epochs` or left out, it is the
    domain's share of the plan's tokens, so that they sum to 1.
    """
    total = sum(part.tokens for part in plan.domains.values())
    given = {name: part for name, part in sorted(plan.domains.items()) if part.documents}
    cut = plan.feasible_weights is not None or abs(math.fsum(p.weight for p in given.values()) - 1) > 1e-9
    return {name: part.tokens / total if cut else part.weight for name, part in given.items()}


def phases(plan: Plan) -> list[Phase]:
    """Return the stages with the weights that the plan can give; one of all training where none is set.

    Stages of the same weights that follow one another are one. Where domains were cut, each gives in every stage
    the same part of what was asked, and the stages' lengths follow, so that over the whole run each domain has
    exactly its planned share.
    """
    if not plan.mixture.stages:
        return [Phase(0.0, 1.0, token_weights(plan))]
    base = plan.mixture.weights or {name: part.weight for name, part in plan.domains.items()}
    asked = {name: part.weight for name, part in plan.domains.items()}
    planned = token_weights(plan)
    given = {name: share / asked[name] for name, share in planned.items()}
    found, before, start = [], 0.0, 0.0
    for stage in plan.mixture.stages:
        weights = stage.weights or base
        parts = {name: weights.get(name, 0.0) * factor for name, factor in given.items()}
        whole = math.fsum(parts.values())
        if whole > 0:
            until = start + (stage.until - before) * whole
            found.append(Phase(start, until, {name: part / whole for name, part in parts.items()}))
            start = until
        before = stage.until
    last = found[-1]
    found[-1] = Phase(last.start, 1.0, last.weights)
    return _joined(found)


def _joined(found: Sequence[Phase]) -> list[Phase]:
    """Make one of phases that follow one another with the same weights."""
    joined: list[Phase] = []
    for phase in found:
        if joined and _same(joined[-1].weights, phase.weights):
            joined[-1] = Phase(joined[-1].start, phase.until, joined[-1].weights)
        else:
            joined.append(phase)
    return joined


def _same(one: Shares, other: Shares) -> bool:
    return all(abs(one[domain] - other[domain]) < 1e-12 for domain in one)


def seed(plan: Plan) -> int:
    """Return the mixture's seed as trainers take one: below 2^32."""
    return plan.mixture.seed % (1 << 32)


def mean_tokens(files: Iterable[ManifestFile]) -> Shares:
    """Return the mean tokens of a document by domain."""
    found: dict[str, list[int]] = {}
    for file in files:
        tally = found.setdefault(file.domain, [0, 0])
        tally[0] += file.tokens
        tally[1] += file.rows
    return {domain: tokens / rows for domain, (tokens, rows) in found.items()}


def document_weights(weights: Mapping[str, float], means: Mapping[str, float]) -> Shares:
    """Turn shares of tokens into shares of documents: each over its domain's mean tokens, summing to 1."""
    raw = {domain: weight / means[domain] for domain, weight in weights.items()}
    total = math.fsum(raw.values())
    return {domain: part / total for domain, part in raw.items()}


def obtained(drawn: Sequence[Drawn], samples: int = 10_000) -> Shares:
    """Draw that many units in all, each of the source that lags furthest behind; return shares of tokens.

    No chance is in it: what a trainer draws at random, it draws with these shares in the long run.
    """
    found: dict[str, float] = {}
    for phase in drawn:
        counted = dict.fromkeys(phase.sources, 0)
        for domain, tokens in itertools.islice(_draws(phase), max(1, round(samples * phase.share))):
            counted[domain] += tokens
        total = sum(counted.values()) or 1
        for domain, tokens in counted.items():
            found[domain] = found.get(domain, 0.0) + phase.share * tokens / total
    return found


def _draws(phase: Drawn) -> Iterator[tuple[str, int]]:
    """A source of weight w is due for the n-th time at (n - 1/2) / w."""
    units = {d: itertools.cycle(tokens) for d, (weight, tokens) in phase.sources.items() if weight > 0}
    due = [(0.5 / weight, d, 1 / weight) for d, (weight, _) in phase.sources.items() if weight > 0]
    heapq.heapify(due)
    while due:
        when, domain, step = due[0]
        yield domain, next(units[domain])
        heapq.heapreplace(due, (when + step, domain, step))
