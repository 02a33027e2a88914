"""How training goes through a mixture: what each stage gives of each domain, which documents, and in what order.

A domain's documents are seen one after another, through all stages; a stage begins where the one before has
ended. So each document belongs to the stage in which it is first seen: that stage's order puts it in its place,
and that stage says whether the preface stands before it. Later epochs run through the documents as the first did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.pool import Pool
from core.types import Mixture, Plan, Stage
from core.weights import Weights

Rows = NDArray[np.int64]
Parts = list[Weights]  # by stage: each domain's part of all tokens


def stages_of(mixture: Mixture) -> tuple[Stage, ...]:
    """Return the stages; one of all training where none is set."""
    return mixture.stages or (Stage(until=1.0),)


def stage_parts(mixture: Mixture, available: Mapping[str, int]) -> Parts:
    """Return each domain's part of all tokens by stage: the stage's length times its weight there.

    Without weights, in proportion to the tokens available. All parts sum to 1.
    """
    total = sum(available.values())
    base = mixture.weights or {domain: tokens / total for domain, tokens in available.items()}
    found, start = [], 0.0
    for stage in stages_of(mixture):
        weights, long = stage.weights or base, stage.until - start
        found.append({domain: long * weights.get(domain, 0.0) for domain in available})
        start = stage.until
    return found


def average_weights(mixture: Mixture, available: Mapping[str, int]) -> Weights:
    """Return each domain's share of all tokens: the stages' weights, each as long as its stage."""
    parts = stage_parts(mixture, available)
    return {domain: math.fsum(part[domain] for part in parts) for domain in available}


def tokens_by_stage(
    mixture: Mixture, available: Mapping[str, int], tokens: Mapping[str, int]
) -> list[dict[str, int]]:
    """Divide each domain's planned tokens among the stages, as their weights ask; whole, and nothing is lost.

    A domain that was cut at its `max_epochs` gives in every stage the same part of what was asked.
    """
    parts = stage_parts(mixture, available)
    found: list[dict[str, int]] = [{} for _ in parts]
    for domain, planned in tokens.items():
        reached = np.cumsum([part[domain] for part in parts])
        whole = np.rint(planned * (reached / reached[-1] if reached[-1] else reached)).astype(np.int64)
        whole[reached == reached[-1]] = planned  # exact beyond 2^53, too
        for stage, size in zip(found, np.diff(whole, prepend=0).tolist(), strict=True):
            stage[domain] = size
    return found


# --- documents by stage -----------------------------------------------------------------------------


def counted(pool: Pool, mixture: Mixture) -> Mapping[str, Rows]:
    """Return each document's tokens by domain, as the budget counts them.

    Where a domain is seen with its preface and without, they are counted without: never more than there are.
    """
    if not pool.bare:
        return pool.tokens
    plain = [stage.weights or mixture.weights for stage in stages_of(mixture) if not stage.preface]
    return {
        domain: pool.bare[domain] if any(w is None or w.get(domain, 0.0) > 0 for w in plain) else tokens
        for domain, tokens in pool.tokens.items()
    }


@dataclass(frozen=True, slots=True)
class Documents:
    """A domain's documents in the order seen: where each stage's end among them, and which stand plain."""

    rows: Rows
    tokens: Rows
    ends: Sequence[int]
    unprefaced: Rows


def documents(pool: Pool, mixture: Mixture, domain: str, tokens: Sequence[int], available: int) -> Documents:
    """Give a domain's documents to the stages in which they are first seen, and put each stage's in its order.

    Args:
        pool: the documents, in the seeded order.
        mixture: whose stages they are.
        domain: whose documents.
        tokens: what the domain gives to each stage.
        available: its tokens, as `counted` counts them.

    Raises:
        BadInputError: where documents would be seen with their preface and without; an export holds each once.
    """
    stages, rows, full = stages_of(mixture), pool.rows[domain], pool.tokens[domain]
    bare = pool.bare.get(domain, full)
    given = [stage.preface for stage, size in zip(stages, tokens, strict=True) if size]
    if sum(tokens) > available and pool.bare and not (all(given) or not any(given)):
        raise BadInputError(
            f"'{domain}' repeats, and only some of its stages have the preface",
            "a document is seen either with its preface or without, since an export holds it once",
            "shrink the budget, lower its weight, or give it no weight in the stages of one kind",
        )
    ends = _ends([full if stage.preface else bare for stage in stages], tokens)
    if sum(tokens) >= available > 0:
        ends[-1] = len(rows)
    plain, ordered, sizes = [], rows[: ends[-1]].copy(), full[: ends[-1]].copy()
    for stage, low, high in zip(stages, [0, *ends], ends, strict=False):
        if not stage.preface and pool.bare:
            sizes[low:high] = bare[low:high]
            plain.append(rows[low:high])
        if stage.order is not None and high > low:
            places = pool.ranks[stage.order.by][rows[low:high]]
            keys = -places if stage.order.descending else places
            order = np.argsort(np.where(places < 0, np.iinfo(np.int64).max, keys), kind="stable")
            ordered[low:high], sizes[low:high] = ordered[low:high][order], sizes[low:high][order]
    return Documents(ordered, sizes, ends, np.concatenate([np.empty(0, np.int64), *plain]))


def _ends(sizes: Sequence[Rows], tokens: Sequence[int]) -> list[int]:
    """Return where each stage's documents end; one that goes beyond its stage takes from the next one's tokens."""
    ends, start, over = [], 0, 0
    reached: dict[int, Rows] = {}
    for found, wanted in zip(sizes, tokens, strict=True):
        if id(found) not in reached:
            reached[id(found)] = np.cumsum(found)
        sums = reached[id(found)]
        before = int(sums[start - 1]) if start else 0
        high = start
        if wanted > over:
            high = min(len(found), int(np.searchsorted(sums, before + wanted - over)) + 1)
        given = (int(sums[high - 1]) if high else 0) - before
        over, start = over + given - wanted, high
        ends.append(high)
    return ends


# --- when -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stage as planned: from which token of training to which, and what each domain gives to it."""

    start: int
    end: int
    tokens: Mapping[str, int]
    stage: Stage


@dataclass(frozen=True, slots=True)
class Turn:
    """The moment, in tokens seen, at which a domain begins another epoch (from 2)."""

    at: int
    domain: str
    epoch: int


def stretches(plan: Plan) -> list[Stretch]:
    """Return the stages that give tokens, one after another, with the tokens of each domain."""
    available = {domain: part.tokens_available for domain, part in plan.domains.items()}
    planned = {domain: part.tokens for domain, part in plan.domains.items()}
    found, start = [], 0
    by_stage = tokens_by_stage(plan.mixture, available, planned)
    for stage, tokens in zip(stages_of(plan.mixture), by_stage, strict=True):
        end = start + sum(tokens.values())
        if end > start:
            found.append(Stretch(start, end, {d: size for d, size in tokens.items() if size}, stage))
        start = end
    return found


def turns(plan: Plan, most: int = 200) -> list[Turn]:
    """Return when domains begin anew, in the order of training; the first `most` of each domain."""
    found, parts = [], stretches(plan)
    for domain, part in plan.domains.items():
        seen, epoch = 0, 1
        for stretch in parts:
            size = stretch.tokens.get(domain, 0)
            while size and epoch <= most and epoch * part.tokens_available < seen + size:
                share = (epoch * part.tokens_available - seen) / size
                at = stretch.start + round(share * (stretch.end - stretch.start))
                epoch += 1
                found.append(Turn(at, domain, epoch))
            seen += size
    return sorted(found, key=lambda turn: (turn.at, turn.domain, turn.epoch))


def seen_tokens(plan: Plan, sizes: Rows) -> Rows:
    """Return how many tokens the trainer sees of each document of the corpus (documents,), repeats included.

    Args:
        plan: the plan.
        sizes: each document's tokens, as the plan shows it.
    """
    seen = np.zeros(len(sizes), dtype=np.int64)
    for domain, part in plan.domains.items():
        rows = plan.rows[domain]
        own = sizes[rows]
        if not (total := int(own.sum())):
            continue
        passes, rest = divmod(part.tokens, total)
        before = np.cumsum(own) - own
        seen[rows] = passes * own + np.clip(rest - before, 0, own)
    return seen
