"""Mixtures to try: drawn from a prior by RegMix's recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.backend.data.schedule import stage_weights
from core.backend.data.sealed import Sealed
from core.backend.experiments._training import mean_of
from core.errors import BadInputError

Floats = NDArray[np.float64]
Prior = Literal["tokens", "weights", "uniform"]

# RegMix's own figures (mixture_config/synthesize_mixture.py)
TEMPERATURE = 0.5
STRENGTHS = np.logspace(-1.0, np.log10(5.0), 15)
MOST_OF_PRIOR = 15.0
SMALLEST = 2e-4
OVERSAMPLED = 100
ALIKE = 1e-5  # the sum of absolute differences up to which two mixtures are one


def drawn(prior: Floats, number: int, rng: np.random.Generator, most: Floats | None = None) -> Floats:
    """Return `number` distinct mixtures around a prior, (number, domains), each of the sum 1.

    RegMix's recipe: a Dirichlet around prior^0.5, brought to the sum 1, times a strength that is one of 15
    between 0.1 and 5, evenly spaced in logarithms; a draw is refused that gives a domain more than 15 times
    its prior; weights under 2e-4 are 0, the others multiples of it; 100 times as many are drawn as asked
    for, equal ones count once, and the rest is chosen from at random.

    Args:
        prior: The domains' shares, sum 1.
        number: How many.
        rng: Decides every draw.
        most: The largest weight of each domain, where there is a limit besides 15 times the prior.

    Raises:
        BadInputError: So few draws keep the limits that there are not enough distinct ones.
    """
    limit = np.minimum(prior * MOST_OF_PRIOR, 1.0)
    if most is not None:
        limit = np.minimum(limit, most)
    found: list[Floats] = []
    for _ in range(10):
        found.append(_kept(prior, number * OVERSAMPLED, limit, rng))
        distinct = _distinct(np.concatenate(found))
        if len(distinct) >= number:
            return distinct[rng.choice(len(distinct), number, replace=False)]
    raise BadInputError(
        f"{number} mixtures of {len(prior)} domains",
        f"only {len(distinct)} distinct ones are within 15 times the prior and the data there are",
        "ask for fewer models, fewer tokens or more epochs",
    )


def _kept(prior: Floats, number: int, limit: Floats, rng: np.random.Generator) -> Floats:
    flat = prior**TEMPERATURE
    flat /= flat.sum()
    # A domain that has no share has no part: a Dirichlet needs numbers above 0.
    there = flat > 0
    draws = np.zeros((number, len(prior)))
    strengths = rng.choice(STRENGTHS, number)
    gammas = rng.standard_gamma(strengths[:, None] * flat[there])
    sums = gammas.sum(axis=1)
    good = sums > 0  # a weak Dirichlet can fall below the smallest number there is
    draws[np.ix_(good, there)] = gammas[good] / sums[good, None]
    draws = draws[good & (draws <= limit + 1e-12).all(axis=1)]
    draws[draws < SMALLEST] = 0.0
    draws = draws[draws.sum(axis=1) > 0]
    draws = np.round(draws / draws.sum(axis=1, keepdims=True) / SMALLEST) * SMALLEST
    return np.asarray(draws / draws.sum(axis=1, keepdims=True))


def _distinct(draws: Floats) -> Floats:
    """Sort, and leave out those that differ from the one before by no more than 1e-5 in sum."""
    if not len(draws):
        return draws
    ordered = draws[np.lexsort(draws.T)]
    new = np.abs(np.diff(ordered, axis=0)).sum(axis=1) > ALIKE
    return np.asarray(ordered[np.concatenate(([True], new))])


def proportions(tokens: Mapping[str, int]) -> dict[str, float]:
    """Return each domain's share of all tokens there are."""
    total = sum(tokens.values())
    return {domain: count / total for domain, count in tokens.items()}


def prior_of(kind: Prior, sealed: Sealed, domains: Sequence[str], tokens: Mapping[str, int]) -> Floats:
    """Return the prior over the domains, sum 1: their share of tokens, the manifest's weights, or all alike."""
    if kind == "uniform":
        return np.full(len(domains), 1 / len(domains))
    shares = proportions(tokens) if kind == "tokens" else mean_of(stage_weights(sealed.manifest))
    prior = np.array([shares.get(domain, 0.0) for domain in domains])
    return np.asarray(prior / prior.sum())


def check_number(candidates: int) -> None:
    """Refuse numbers of candidates that make no comparison.

    Raises:
        BadInputError: Below 1 or above 10,000.
    """
    if not 1 <= candidates <= 10_000:
        raise BadInputError(f"{candidates} candidates", "must be 1 to 10,000", "give --candidates 64")


def candidate_mixtures(
    number: int, sealed: Sealed, tokens: Mapping[str, int], seed: int
) -> dict[str, dict[str, float]]:
    """Return mixtures to score: the manifest's own, all domains alike, in proportion, and `number` draws."""
    domains = list(tokens)
    prior = prior_of("tokens", sealed, domains, tokens)
    own = mean_of(stage_weights(sealed.manifest))
    draws = drawn(prior, number, np.random.default_rng(seed))
    weights = np.array([own.get(domain, 0.0) for domain in domains])
    return {
        "manifest": by_domain(domains, weights / weights.sum()),
        "uniform": {domain: 1 / len(domains) for domain in domains},
        "proportional": by_domain(domains, prior),
        **{f"draw-{i:04d}": by_domain(domains, draw) for i, draw in enumerate(draws)},
    }


def by_domain(domains: Sequence[str], weights: Floats) -> dict[str, float]:
    """Return weights by domain."""
    return {domain: float(weight) for domain, weight in zip(domains, weights, strict=True)}
