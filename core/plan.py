"""From a pool to a plan: whole tokens, epochs and documents by domain, and what to beware of, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from core import course
from core.beware import beware
from core.errors import BadInputError
from core.pool import Pool
from core.types import DomainCount, DomainPlan, Mixture, Plan, WaterfallRow
from core.weights import Weights, apportion, effective_tokens, nearest_feasible

MOST_TOKENS = 2.0**62  # of a domain, whatever its `max_epochs`: counts stay within 64 bits


def make_plan(pool: Pool, mixture: Mixture) -> Plan:
    """Divide the budget among the domains; takes milliseconds, so a page may call it at every move.

    Tokens follow the weights (averaged over the stages) by largest remainder, up to each domain's
    `max_epochs`; what a capped domain cannot give is left out, said in a warning, and the nearest
    feasible weights are offered. Without a budget, the largest at which no weighted domain repeats.

    Raises:
        BadInputError: an unknown domain, nothing left, a budget beyond all data at `max_epochs`, or
            documents that would be seen with their preface and without.
    """
    sizes = course.counted(pool, mixture)
    available = {domain: int(tokens.sum()) for domain, tokens in sizes.items()}
    _check_domains(pool, mixture)
    if not any(available.values()):
        raise _nothing_left(pool, mixture.name)
    weights = course.average_weights(mixture, available)
    caps = {d: math.floor(min(mixture.epochs_cap(d) * n, MOST_TOKENS)) for d, n in available.items()}
    budget = (
        mixture.budget.tokens if mixture.budget else _largest_without_repeats(weights, available, mixture)
    )
    if budget > sum(caps.values()):
        there, most = sum(available.values()), sum(caps.values())
        rule = f"beyond all data: {there:,} tokens, {most:,} at max_epochs"
        remedy = (
            f"shrink the budget to {most:,} or less, or raise max_epochs to {math.ceil(budget / there):,}"
        )
        raise BadInputError(f"budget {budget:,}", rule, remedy)
    asked = dict(zip(weights, apportion(list(weights.values()), budget), strict=True))
    tokens = {d: min(asked[d], caps[d]) for d in weights}
    by_stage = course.tokens_by_stage(mixture, available, tokens)
    found = {
        d: course.documents(pool, mixture, d, [stage[d] for stage in by_stage], available[d]) for d in weights
    }
    domains = {d: _domain_plan(weights[d], len(found[d].rows), available[d], tokens[d]) for d in weights}
    feasible, warnings = _shortfall(mixture, weights, asked, available, caps, budget)
    warnings += beware(mixture, pool.shared, domains, found, by_stage, budget)
    return Plan(
        mixture=mixture,
        corpus_fingerprint=pool.corpus.fingerprint,
        budget=budget,
        domains=domains,
        waterfall=(*pool.waterfall, _last_row(found)),
        warnings=tuple(warnings),
        feasible_weights=feasible,
        rows={d: one.rows for d, one in found.items()},
        unprefaced=np.sort(np.concatenate([one.unprefaced for one in found.values()])),
        target=pool.target,
    )


def _check_domains(pool: Pool, mixture: Mixture) -> None:
    named: dict[str, object] = {**(mixture.weights or {})}
    for stage in mixture.stages:
        named.update(stage.weights or {})
    for members in mixture.groups.values():
        named.update(dict.fromkeys(members))
    if isinstance(mixture.max_epochs, dict):
        named.update(mixture.max_epochs)
    for domain in named:
        if domain not in pool.rows:
            known = ", ".join(list(pool.rows)[:50]) + (", …" if len(pool.rows) > 50 else "")
            rule = f"no such domain in column '{mixture.divided_by}' of '{pool.corpus.name}'"
            raise BadInputError(domain, rule, f"domains: {known}")


def _last_row(found: Mapping[str, course.Documents]) -> WaterfallRow:
    taken = {d: DomainCount(len(one.rows), int(one.tokens.sum())) for d, one in found.items()}
    documents, tokens = (sum(getattr(c, what) for c in taken.values()) for what in ("documents", "tokens"))
    return WaterfallRow("budget", documents, tokens, taken)


def _nothing_left(pool: Pool, name: str) -> BadInputError:
    emptied = next((row.name for row in pool.waterfall if not row.tokens), "corpus")
    return BadInputError(name, f"nothing is left after '{emptied}'", "loosen or remove that step")


def _largest_without_repeats(weights: Weights, available: Mapping[str, int], mixture: Mixture) -> int:
    limits = [
        min(1.0, mixture.epochs_cap(d)) * available[d] / weight
        for d, weight in weights.items()
        if weight > 0 and available[d] > 0
    ]
    if not limits:
        rule = "none of the weighted domains has a document left"
        raise BadInputError(mixture.name, rule, "loosen the filters or weight other domains")
    return max(1, math.floor(min([*limits, MOST_TOKENS]) + 1e-6))


def _domain_plan(weight: float, documents: int, available: int, tokens: int) -> DomainPlan:
    epochs = tokens / available if available else 0.0
    return DomainPlan(weight, documents, available, tokens, epochs, effective_tokens(available, tokens))


# --- what the weights ask and the domains cannot give -----------------------------------------------


def _shortfall(
    mixture: Mixture,
    weights: Weights,
    asked: Mapping[str, int],
    available: Mapping[str, int],
    caps: Mapping[str, int],
    budget: int,
) -> tuple[Weights | None, list[str]]:
    """Say which domains cannot give what their weights ask, and find the nearest weights that can be had."""
    short = {d: asked[d] - caps[d] for d in asked if asked[d] > caps[d]}
    if sum(short.values()) <= len(asked) and all(available[d] for d in short):
        return None, []  # a token here and there is rounding
    warnings = []
    for d in short:
        if not available[d]:
            warnings.append(
                f"'{d}' has weight {weights[d]:.4g} but no document left after the filters, so it gives no "
                "tokens: loosen the filters or set its weight to 0."
            )
            continue
        cap, most = mixture.epochs_cap(d), caps[d] / budget
        warnings.append(
            f"'{d}' would repeat {asked[d] / available[d]:.3g} times, beyond max_epochs {cap:g}, so it gives "
            f"{caps[d]:,} of the {asked[d]:,} tokens asked for: lower its weight to {most:.4g}, raise the "
            f"cap to {math.ceil(asked[d] / available[d])}, or shrink the budget to "
            f"{math.floor(caps[d] / weights[d]):,} tokens."
        )
    feasible, distance = _feasible(weights, caps, budget)
    total = budget - sum(short.values())
    warnings.append(
        f"The plan has {total:,} of the {budget:,} tokens of the budget; the nearest weights that reach it "
        f"(feasible_weights) are {distance:.3g} away (Euclidean distance)."
    )
    return feasible, warnings


def _feasible(weights: Weights, caps: Mapping[str, int], budget: int) -> tuple[Weights, float]:
    """Project onto what the domains can give; a domain at weight 0 stays there where the others suffice."""
    wanted = np.array(list(weights.values()))
    upper = np.array([caps[d] / budget for d in weights])
    found = nearest_feasible(wanted, np.where(wanted > 0, upper, 0.0))
    if found is None:
        found = nearest_feasible(wanted, upper)
    assert found is not None, "the budget was checked against all caps"
    distance = float(np.linalg.norm(found - wanted))
    return dict(zip(weights, found.tolist(), strict=True)), distance
