"""The models of a stack: what differs between models that train together."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.backend.config import Config
from core.backend.data.schedule import normal_weights, stage_weights
from core.errors import BadInputError
from core.types import JSON, Manifest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TAKEN = ("data", "stack", "checkpoint")  # what else stands in a stack's folder begins with these


@dataclass(frozen=True, slots=True)
class Member:
    """One model of a stack: what differs between models that train together.

    Attributes:
        name: The folder of its results: letters, digits and `._-`.
        weights: By domain; None: the manifest's own, stages and all.
        stages: (share of training at which it ends, weights by domain); goes before `weights`.
        seed: Of its initial weights and the order of its data; None: the config's.
        learning_rate: Its peak; None: the config's.
    """

    name: str
    weights: Mapping[str, float] | None = None
    stages: tuple[tuple[float, Mapping[str, float]], ...] = ()
    seed: int | None = None
    learning_rate: float | None = None

    def course(self, manifest: Manifest) -> list[tuple[float, dict[str, float]]]:
        """Return (share of training at which it ends, weights by domain) for each stage.

        Raises:
            BadInputError: Weights are no shares, name a domain without documents, or stages do not end at 1.
        """
        stages = self.stages or (((1.0, self.weights),) if self.weights is not None else ())
        if not stages:
            return stage_weights(manifest)
        ends = [until for until, _ in stages]
        if ends != sorted(set(ends)) or ends[0] <= 0 or ends[-1] != 1:
            raise BadInputError(
                f"{self.name}: stages until {ends}", "do not rise to 1", "give each a later end, the last 1"
            )
        return [(until, normal_weights(weights, manifest, self.name)) for until, weights in stages]

    def config(self, config: Config, manifest: Manifest) -> Config:
        """Return the settings of this model's run, with nothing left out."""
        own = {"seed": self.seed, "learning_rate": self.learning_rate}
        return config.model_copy(update={k: v for k, v in own.items() if v is not None}).settled(manifest)

    def mixture_key(self, manifest: Manifest) -> JSON:
        """Return what of its mixture is not in the manifest; None where all of it is."""
        if self.weights is None and not self.stages:
            return None
        return [[until, weights] for until, weights in self.course(manifest)]


def check_members(members: Sequence[Member]) -> None:
    """Refuse names that are no file names or stand twice, and settings that no run can have.

    Raises:
        BadInputError: The first that is wrong.
    """
    if not members:
        raise BadInputError("no members", "a stack has one model at least", "name the models to train")
    seen: set[str] = set()
    for member in members:
        if not _NAME.fullmatch(member.name) or member.name.startswith(_TAKEN):
            rule = f"is no name for a model's folder (nor may it begin with {', '.join(_TAKEN)})"
            raise BadInputError(repr(member.name), rule, "use letters, digits and ._-")
        if member.name.lower() in seen:
            raise BadInputError(member.name, "names two models of the stack", "give each its own name")
        seen.add(member.name.lower())
        if member.seed is not None and not 0 <= member.seed < 2**63:
            raise BadInputError(
                f"{member.name}: seed {member.seed}", "is below 0 or too large", "give another"
            )
        rate = member.learning_rate
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise BadInputError(f"{member.name}: learning_rate {rate}", "is not above 0", "give another")
