"""Weights that people write, and weights that a search finds."""

from __future__ import annotations

import hashlib
import os.path
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from core.errors import BadInputError

Floats = NDArray[np.float64]


def read_weights(text: str, domains: Sequence[str]) -> dict[str, float]:
    """Read weights over domains: `web=0.6,code=0.4`, or a YAML or JSON file of them (a mixture's, too).

    Raises:
        BadInputError: They cannot be read, name another domain, or are no shares of 1.
    """
    path = Path(text)
    raw = _of_file(path) if path.suffix in (".yaml", ".yml", ".json") else _of_pairs(text)
    found: dict[str, float] = {}
    for domain, weight in raw.items():
        if domain not in domains:
            raise BadInputError(
                domain, "the manifest has no such domain", f"its domains: {', '.join(domains)}"
            )
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise BadInputError(f"{domain}={weight}", "a weight is from 0 to 1", "give shares of 1")
        found[domain] = float(weight)
    total = sum(found.values())
    if abs(total - 1) > 0.01:
        raise BadInputError(text, f"the weights sum to {total:.4g}, not to 1", "give shares of 1")
    return {domain: found.get(domain, 0.0) / total for domain in domains}


def _of_file(path: Path) -> Mapping[str, object]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        raise BadInputError(path, "no readable YAML or JSON", "give a file of `domain: weight`") from None
    weights = raw.get("weights", raw) if isinstance(raw, dict) else None
    if not isinstance(weights, dict) or not weights:
        raise BadInputError(path, "holds no weights by domain", "write `domain: weight` lines")
    return {str(domain): weight for domain, weight in weights.items()}


def _of_pairs(text: str) -> Mapping[str, object]:
    found: dict[str, object] = {}
    for pair in text.split(","):
        domain, equals, weight = (part.strip() for part in pair.rpartition("="))
        if domain in found:
            raise BadInputError(f"{domain} in {text}", "stands twice", "give every domain one weight")
        try:
            found[domain] = float(weight)
        except ValueError:
            equals = ""
        if not equals:
            raise BadInputError(pair, "is no DOMAIN=WEIGHT", "write web=0.6,code=0.4 or name a file")
    return found


def signature(text: str) -> dict[str, str]:
    """Return what signs weights that are written in a file, whose path says nothing."""
    path = Path(text)
    if path.suffix not in (".yaml", ".yml", ".json") or not os.path.isfile(path):  # noqa: PTH113 -- a name too long is none
        return {}
    return {"weights": hashlib.sha256(path.read_bytes()).hexdigest()}


class Minimum(NamedTuple):
    """Weights on the simplex, the value there, and by how much at most a better one is lower."""

    weights: Floats
    value: float
    gap: float
    steps: int


def best_mixture(
    probabilities: Floats, share: Floats, tolerance: float = 1e-6, most_steps: int = 5000
) -> Minimum:
    """Return the weights w that minimise the mean of -log(sum over experts of w times their probability).

    The mean is over tokens by `share`. It is convex in w; found by exponentiated gradient from uniform
    weights, w ← w exp(-step · gradient), the step doubled after each success and halved until the value
    falls. What is left to gain is bounded by the Frank-Wolfe gap, at which it stops.

    Args:
        probabilities: (experts, tokens): what each expert gives to each token that came.
        share: (tokens,): sum 1.
        tolerance: The gap in nats a token to stop at.
        most_steps: To stop after whatever the gap.
    """
    experts = len(probabilities)
    weights, step = np.full(experts, 1 / experts), 1.0
    mixed = weights @ probabilities
    value = float(-share @ np.log(mixed))
    gap, done = np.inf, 0
    while done < most_steps:
        slope = -(probabilities @ (share / mixed))  # minus 1 in the mean over the weights, always
        gap = float(weights @ slope - slope.min())
        if gap <= tolerance:
            break
        done += 1
        moved = _stepped(weights, slope, step)
        better = float(-share @ np.log(moved @ probabilities))
        while better > value and step > 1e-12:
            step /= 2
            moved = _stepped(weights, slope, step)
            better = float(-share @ np.log(moved @ probabilities))
        if better > value:
            break
        weights, value, step = moved, better, step * 2
        mixed = weights @ probabilities
    return Minimum(weights, value, gap, done)


def _stepped(weights: Floats, slope: Floats, step: float) -> Floats:
    moved = weights * np.exp(-step * (slope - slope.min()))
    return np.asarray(moved / moved.sum())
