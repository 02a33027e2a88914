"""From a pool to a plan: whole tokens, epochs and documents by domain, and what to beware of, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import BadInputError
from core.pool import Pool
from core.types import DomainCount, DomainPlan, Mixture, Plan, WaterfallRow
from core.weights import Weights, apportion, effective_tokens, nearest_feasible

# Hernandez et al. 2022, Scaling Laws and Interpretability of Learning from Repeated Data: 0.1 % of the
# data repeated 100 times can halve a model's effective size. Warned of from half that many repeats on.
HARMFUL_EPOCHS = 50.0
HARMFUL_SHARE = 0.01  # of the budget that is distinct tokens of such a domain
NOTABLE_REPEAT = 1.005  # below, a domain repeats by rounding only
MOST_TOKENS = 2.0**62  # of a domain, whatever its `max_epochs`: counts stay within 64 bits


def make_plan(pool: Pool, mixture: Mixture) -> Plan:
    """Divide the budget among the domains; takes milliseconds, so a page may call it at every move.

    Tokens follow the weights (averaged over the stages) by largest remainder, up to each domain's
    `max_epochs`; what a capped domain cannot give is left out, said in a warning, and the nearest
    feasible weights are offered. Without a budget, the largest at which no weighted domain repeats.

    Raises:
        BadInputError: an unknown domain, nothing left, or a budget beyond all data at `max_epochs`.
    """
    available = pool.available
    _check_domains(pool, mixture)
    if not any(available.values()):
        raise _nothing_left(pool, mixture.name)
    weights = average_weights(mixture, available)
    caps = {d: math.floor(min(mixture.epochs_cap(d) * n, MOST_TOKENS)) for d, n in available.items()}
    budget = (
        mixture.budget.tokens if mixture.budget else _largest_without_repeats(weights, available, mixture)
    )
    if budget > sum(caps.values()):
        rule = f"beyond all data: {sum(available.values()):,} tokens, {sum(caps.values()):,} at max_epochs"
        raise BadInputError(f"budget {budget:,}", rule, "shrink the budget or raise max_epochs")
    asked = dict(zip(weights, apportion(list(weights.values()), budget), strict=True))
    domains = {d: _domain_plan(pool, d, weights[d], min(asked[d], caps[d])) for d in weights}
    feasible, warnings = _shortfall(mixture, weights, asked, available, caps, budget)
    warnings += _repeats(domains, budget)
    rows = {d: pool.rows[d][: part.documents] for d, part in domains.items()}
    taken = {d: DomainCount(len(rows[d]), int(pool.tokens[d][: len(rows[d])].sum())) for d in rows}
    last = WaterfallRow(
        "budget", sum(c.documents for c in taken.values()), sum(c.tokens for c in taken.values()), taken
    )
    return Plan(
        mixture=mixture,
        corpus_fingerprint=pool.corpus.fingerprint,
        budget=budget,
        domains=domains,
        waterfall=(*pool.waterfall, last),
        warnings=tuple(warnings),
        feasible_weights=feasible,
        rows=rows,
    )


def _check_domains(pool: Pool, mixture: Mixture) -> None:
    named = {**(mixture.weights or {})}
    for stage in mixture.stages:
        named.update(stage.weights or {})
    if isinstance(mixture.max_epochs, dict):
        named.update(mixture.max_epochs)
    for domain in named:
        if domain not in pool.rows:
            known = ", ".join(list(pool.rows)[:50]) + (", …" if len(pool.rows) > 50 else "")
            rule = f"no such domain in column '{mixture.domain}' of '{pool.corpus.name}'"
            raise BadInputError(domain, rule, f"domains: {known}")


def _nothing_left(pool: Pool, name: str) -> BadInputError:
    emptied = next((row.name for row in pool.waterfall if not row.tokens), "corpus")
    return BadInputError(name, f"nothing is left after '{emptied}'", "loosen or remove that step")


def average_weights(mixture: Mixture, available: Mapping[str, int]) -> Weights:
    """Return each domain's share of all tokens: the stages' weights, each as long as its stage.

    Without weights, in proportion to the tokens available.
    """
    total = sum(available.values())
    base = mixture.weights or {domain: tokens / total for domain, tokens in available.items()}
    start, parts = 0.0, []
    for stage in mixture.stages:
        parts.append((stage.until - start, stage.weights or base))
        start = stage.until
    parts = parts or [(1.0, base)]
    return {domain: math.fsum(long * w.get(domain, 0.0) for long, w in parts) for domain in available}


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


def _domain_plan(pool: Pool, domain: str, weight: float, tokens: int) -> DomainPlan:
    reached = np.cumsum(pool.tokens[domain])
    available = int(reached[-1]) if len(reached) else 0
    documents = len(reached) if tokens else 0
    if 0 < tokens < available:
        documents = int(np.searchsorted(reached, tokens)) + 1
    epochs = tokens / available if available else 0.0
    return DomainPlan(weight, documents, available, tokens, epochs, effective_tokens(available, tokens))


# --- warnings, in words -----------------------------------------------------------------------------


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


def _repeats(domains: Mapping[str, DomainPlan], budget: int) -> list[str]:
    warnings = []
    for name, part in domains.items():
        if part.epochs > NOTABLE_REPEAT:
            warnings.append(
                f"'{name}' repeats: {part.epochs:.3g} epochs of {part.tokens_available:,} tokens are worth "
                f"about {part.effective_tokens:,} distinct tokens (Muennighoff et al.)."
            )
        if part.epochs >= HARMFUL_EPOCHS and part.tokens_available <= HARMFUL_SHARE * budget:
            warnings.append(
                f"'{name}' is {part.tokens_available / budget:.2%} of the budget seen {part.epochs:.0f} times: "
                "0.1 % of the data repeated 100 times can halve a model's effective size (Hernandez et al.); "
                "lower its weight."
            )
    return warnings


def stage_weights(mixture: Mixture, plan_weights: Mapping[str, float]) -> Sequence[tuple[float, Weights]]:
    """Return (share of training at which it ends, weights) for each stage; one stage where none is set."""
    if not mixture.stages:
        return [(1.0, dict(plan_weights))]
    base = mixture.weights or plan_weights
    return [(stage.until, dict(stage.weights or base)) for stage in mixture.stages]
