"""What a mixture asks of a trainer beyond weights that hold: other weights in a later stage, documents in order."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from core.errors import BadInputError
from core.types import Mixture, Plan

REMEDY = "export each stage as a mixture of its own, or choose a format that can"


def weights_change(mixture: Mixture) -> bool:
    """Whether two stages have different weights; stages that differ in order or preface alone do not count."""
    asked = [stage.weights or mixture.weights for stage in mixture.stages]
    plain = [one and {domain: weight for domain, weight in one.items() if weight} for one in asked]
    return any(one != plain[0] for one in plain)


def asks_order(mixture: Mixture) -> bool:
    """Whether the course holds only for a trainer that reads a domain's documents as they stand in its file."""
    return any(stage.order is not None or not stage.preface for stage in mixture.stages)


def refusal(kind: Any, mixture: Mixture) -> str | None:
    """Return why an exporter (or its class) cannot carry a mixture, in words; None where it can."""
    if weights_change(mixture) and not kind.stages:
        return "its trainer keeps the same weights for the whole of training, and the mixture's stages change them"
    if asks_order(mixture) and not kind.in_order:
        return "its trainer shuffles, and a stage orders its documents or leaves their prefaces out"
    package: str = getattr(kind, "package", "")
    if package and find_spec(package) is None:
        name = package.replace("_", "-")
        return f"needs the package {name}, which is not installed (pip install {name})"
    return None


def refuse(exporter: Any, plan: Plan) -> None:
    """Raise where the plan's mixture asks what the exporter's trainer cannot do: nothing is averaged unsaid."""
    if rule := refusal(exporter, plan.mixture):
        raise BadInputError(f"format {exporter.name}", rule, REMEDY)
