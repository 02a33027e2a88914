"""Arithmetic on weights: faders, presets, whole tokens, and the nearest weights that can be had.

Weights are shares of tokens by domain: non-negative, sum 1. Nothing here knows of corpora or disks.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

Weights = dict[str, float]
Floats = NDArray[np.float64]
Preset = Literal["proportional", "uniform", "temperature", "unimax", "effective"]
PRESETS: tuple[Preset, ...] = ("proportional", "uniform", "temperature", "unimax", "effective")
REPEAT_CONSTANT = 15.387756  # R* of Muennighoff et al., Scaling Data-Constrained Language Models, eq. 5


def effective_tokens(unique: int, seen: int) -> int:
    """Return how many distinct tokens `seen` tokens are worth when only `unique` of them are distinct.

    D' = U (1 + R* (1 - exp(-R / R*))), R the repeats beyond the first epoch: 4 epochs are worth 3.73 U.
    """
    if seen <= unique or not unique:
        return min(seen, unique)
    repeats = seen / unique - 1
    return round(unique * (1 + REPEAT_CONSTANT * -math.expm1(-repeats / REPEAT_CONSTANT)))


def rescale(weights: Mapping[str, float], domain: str, value: float, locked: Collection[str] = ()) -> Weights:
    """Move one fader: the others keep their ratios, locked ones stay, the sum stays 1.

    A value beyond what the locked ones leave is cut there. A locked fader does not move, nor one that
    has no other to give to or take from. Where all others stand at 0, they share alike.

    Raises:
        BadInputError: where there is no such domain.
    """
    return rescale_group(weights, (domain,), value, locked)


def rescale_group(
    weights: Mapping[str, float], members: Collection[str], value: float, locked: Collection[str] = ()
) -> Weights:
    """Move a group of faders to a sum of `value`; ratios inside it stay, and those among all others, too.

    So a mixture found for the parts of a group is used again inside a larger one (mixture reuse: Olmix).
    Locked faders stay wherever they are: the value is cut to what they leave, inside the group and outside.
    Where nothing can move on one of the two sides, nothing does. Faders that all stand at 0 share alike.

    Raises:
        BadInputError: where a member is no domain of the weights.
    """
    for domain in members:
        if domain not in weights:
            known = ", ".join(weights)
            raise BadInputError(domain, "no such domain in the mixture", f"there are: {known}")
    total = math.fsum(weights.values())
    moved = {name: weight / total for name, weight in weights.items()} if total else dict(weights)
    inside = [name for name in weights if name in members and name not in locked]
    outside = [name for name in weights if name not in members and name not in locked]
    if not inside or not outside or not math.isfinite(value):
        return moved
    held = math.fsum(moved[name] for name in weights if name in members and name in locked)
    room = max(0.0, 1.0 - math.fsum(moved[name] for name in weights if name in locked))
    share = min(max(value - held, 0.0), room)
    for names, part in ((inside, share), (outside, room - share)):
        before = math.fsum(moved[name] for name in names)
        for name in names:
            moved[name] = part * (moved[name] / before) if before > 0 else part / len(names)
    return moved


def set_shares(weights: Mapping[str, float], asked: Sequence[tuple[Collection[str], float]]) -> Weights:
    """Give groups of domains these sums, all at once; ratios inside each stay, and those among all others, too.

    Raises:
        BadInputError: a domain that is not there or stands in two groups, a share that is none, or shares that
            sum to more than 1, or to less where they name every domain.
    """
    taken: set[str] = set()
    for members, share in asked:
        shown = "+".join(members)
        if not 0 <= share <= 1:
            raise BadInputError(f"{shown}={share:g}", "a share is from 0 to 1", "write 0.25 for a quarter")
        if twice := sorted(taken & set(members)):
            raise BadInputError(twice[0], "is given a share twice", "name it once")
        taken.update(members)
    total = math.fsum(share for _, share in asked)
    if total > 1 + 1e-9 or (taken >= set(weights) and abs(total - 1) > 1e-9):
        rule = f"the shares given sum to {total:.6g}" + (", and no domain is left" if total < 1 else "")
        raise BadInputError(
            " ".join("+".join(m) for m, _ in asked), rule, "give shares that leave a sum of 1"
        )
    found = dict(weights)
    rest = [name for name in weights if name not in taken]
    for members, share in [*asked, *([(rest, 1 - total)] if rest else [])]:
        found.update(_scaled(weights, members, max(0.0, share)))
    return found


def _scaled(weights: Mapping[str, float], members: Collection[str], share: float) -> Weights:
    """Return the members' weights scaled to a sum of `share`; where all are 0, they share alike."""
    for domain in members:
        if domain not in weights:
            raise BadInputError(domain, "no such domain in the mixture", f"there are: {', '.join(weights)}")
    before = math.fsum(weights[name] for name in members)
    return {name: share * (weights[name] / before) if before else share / len(members) for name in members}


def group_sums(weights: Mapping[str, float], groups: Mapping[str, Collection[str]]) -> Weights:
    """Return each group's sum of weights; a domain that a group names and the weights do not counts 0."""
    return {group: math.fsum(weights.get(name, 0.0) for name in members) for group, members in groups.items()}


def preset(
    name: str,
    available: Mapping[str, int],
    *,
    temperature: float = 2.0,
    budget: int | None = None,
    max_epochs: float | Mapping[str, float] = 4.0,
) -> Weights:
    """Return weights by rule from the tokens that each domain has; an empty domain gets 0.

    Args:
        name: `proportional`; `uniform`; `temperature` (proportional to tokens^(1/T)); `unimax`
            (uniform, but no domain beyond `max_epochs`: Chung et al. 2023, algorithm 1); `effective`
            (uniform, but each domain counts for what its part of the budget is worth where it repeats:
            Muennighoff et al.'s D'. Uniform while nothing repeats, proportional where all repeats without end).
        available: Tokens by domain.
        temperature: T, 1 is proportional, large is uniform.
        budget: Tokens to train on, for `unimax` and `effective`; default all there are.
        max_epochs: The cap for `unimax`: a number, or one a domain, 4 where it leaves a domain out.

    Raises:
        BadInputError: an unknown preset, a temperature that is not positive, no tokens at all.
    """
    if name not in PRESETS:
        raise BadInputError(name, "no such preset", f"choose one of: {', '.join(PRESETS)}")
    if not (temperature > 0 and math.isfinite(temperature)):
        raise BadInputError(temperature, "a temperature is above 0", "try 2")
    sizes = {domain: tokens for domain, tokens in available.items() if tokens > 0}
    if not sizes:
        raise BadInputError(name, "no domain has a token", "loosen the filters")
    if name == "unimax":
        raw = _unimax(sizes, budget or sum(sizes.values()), max_epochs)
    elif name == "effective":
        part = (budget or sum(sizes.values())) // len(sizes)
        raw = {domain: float(max(1, effective_tokens(tokens, part))) for domain, tokens in sizes.items()}
    elif name == "uniform":
        raw = dict.fromkeys(sizes, 1.0)
    else:
        power = 1.0 if name == "proportional" else 1.0 / temperature
        largest = max(sizes.values())
        raw = {domain: (tokens / largest) ** power for domain, tokens in sizes.items()}
    total = math.fsum(raw.values())
    return {domain: raw.get(domain, 0.0) / total for domain in available}


def _unimax(sizes: Mapping[str, int], budget: int, max_epochs: float | Mapping[str, float]) -> Weights:
    """Give each domain, smallest first, an even share of what is left, or all its epochs if they are less."""
    epochs = max_epochs if isinstance(max_epochs, Mapping) else dict.fromkeys(sizes, max_epochs)
    most = {domain: tokens * epochs.get(domain, 4.0) for domain, tokens in sizes.items()}
    left, given = float(budget), {}
    ranked = sorted(sizes, key=lambda domain: (most[domain], domain))
    for position, domain in enumerate(ranked):
        given[domain] = min(left / (len(ranked) - position), most[domain])
        left -= given[domain]
    return given


def apportion(weights: Sequence[float], total: int) -> list[int]:
    """Divide `total` whole tokens by the weights: largest remainder, ties to the first; sums to `total`.

    Computed in fractions: floating point would miss the sum from about 10^15 tokens on.
    """
    shares = [Fraction(weight) for weight in weights]
    scale = sum(shares)
    exact = [share * total / scale for share in shares]
    whole = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    for i in by_remainder[: total - sum(whole)]:
        whole[i] += 1
    return whole


def nearest_feasible(weights: Sequence[float] | Floats, upper: Sequence[float] | Floats) -> Floats | None:
    """Project the weights onto {x : sum x = 1, 0 <= x <= upper}, by least squares; None where it is empty.

    The solution is clip(w - t, 0, upper) for the one t at which it sums to 1. That sum falls as t rises, in
    a straight line between two breakpoints: bisection finds the two, and t is read off between them.
    """
    wanted = np.asarray(weights, dtype=np.float64)
    caps: Floats = np.minimum(np.asarray(upper, dtype=np.float64), 1)
    if math.fsum(caps) < 1 - 1e-12:
        return None
    breaks = np.unique(np.concatenate([wanted, wanted - caps]))

    def total(t: float) -> float:
        return math.fsum(np.clip(wanted - t, 0, caps))

    right = bisect.bisect_left(breaks, -1.0, key=lambda t: -total(t))
    if right == 0:  # the caps sum to 1, up to rounding
        return caps
    low, high = breaks[right - 1], breaks[right]
    above, below = total(low), total(high)
    return np.asarray(np.clip(wanted - (low + (high - low) * (above - 1) / (above - below)), 0, caps))
