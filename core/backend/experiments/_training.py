"""Training the models of an experiment: checked before, together or one after another, and what they gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.backend._files import held_alone
from core.backend.data.shards import Data, check_lengths, prepare
from core.backend.experiments._bench import RunResult, Trial, worded
from core.backend.parallel.errands import asked
from core.backend.record import Run
from core.backend.training.members import Member
from core.errors import BadInputError, MixdeskError

_PREPARED = "prepared"  # its `data` is what all stacks of the experiment read


class FailedModelError(MixdeskError):
    """A model without which the experiment says nothing came to no end; the message names it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One model to train and its part in the experiment; `weights` over the whole of its training."""

    name: str
    kind: str
    weights: Mapping[str, float]
    seed: int
    stages: tuple[tuple[float, Mapping[str, float]], ...] = ()

    @property
    def member(self) -> Member:
        """The model as a stack takes it."""
        return Member(self.name, weights=self.weights, stages=self.stages, seed=self.seed)


def prepared(trial: Trial, weights: Mapping[str, float] | None = None) -> Data:
    """Tokenise the manifest once for all of the experiment's models.

    Args:
        trial: Where and what.
        weights: Which domains are trained on, those above 0; None: all.

    Raises:
        BadInputError: A domain has fewer tokens than a sequence.
    """
    folder = trial.out / _PREPARED
    with held_alone(folder):
        data = prepare(trial.sealed, trial.config, folder / "data", trial.bench.progress)
    check_lengths(data.train, weights or dict.fromkeys(data.train, 1.0), trial.config.context)
    return data


def domain_tokens(data: Data) -> dict[str, int]:
    """Return the tokens there are to train on, by domain."""
    return {domain: len(shard.tokens) for domain, shard in data.train.items()}


def several(tokens: Mapping[str, float]) -> list[str]:
    """Return the domains, where there are two or more."""
    if len(tokens) < 2:
        raise BadInputError(
            next(iter(tokens)), "is the only domain, and there is nothing to weigh it against", "export two"
        )
    return list(tokens)


def mean_of(course: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """Return the weights over the whole of training, its stages taken together."""
    found: dict[str, float] = {}
    start = 0.0
    for until, weights in course:
        for domain, weight in weights.items():
            found[domain] = found.get(domain, 0.0) + weight * (until - start)
        start = until
    return found


def domain_models(data: Data, seed: int, kind: str) -> list[Planned]:
    """Return one model a domain that trains on nothing else."""
    return [
        Planned(f"{kind}-{number:03d}", kind, {domain: 1.0}, seed) for number, domain in enumerate(data.train)
    ]


def trained(
    trial: Trial,
    planned: Sequence[Planned],
    *,
    where: str = "models",
    trunk: Path | None = None,
    needs_all: bool = True,
) -> list[RunResult]:
    """Train models to the end and return what they gave, in order; those that are done are not trained again.

    Args:
        trial: Where, on what, and whether together.
        planned: The models.
        where: The folder inside the experiment's.
        trunk: The folder of the run from which all of them go on.
        needs_all: Whether a model that diverged ends the experiment; else its result tells of it.

    Raises:
        FailedModelError: A model diverged that is needed.
    """
    runs = _run(trial, planned, where, 1.0, trunk)
    found = [_result(one, run, where) for one, run in zip(planned, runs, strict=True)]
    failed = [one for one in found if one["error"] is not None]
    if needs_all and failed:
        raise FailedModelError(f"{failed[0]['name']} of {trial.out}: {failed[0]['error']}")
    return found


def trunks(trial: Trial, planned: Sequence[Planned], share: float) -> list[Path]:
    """Train models to a share of training and return their folders, for others to go on from there.

    Raises:
        BadInputError: The run is so short that the share has no step, or leaves none.
        FailedModelError: One diverged.
    """
    steps = trial.config.steps
    if not 0 < round(share * steps) < steps:
        raise BadInputError(
            f"a run of {steps} steps", f"has no step on both sides of its first {share:.0%}", "raise tokens"
        )
    for one, run in zip(planned, _run(trial, planned, "trunks", share, None), strict=True):
        if run["state"] == "failed":
            raise FailedModelError(f"{one.name} of {trial.out}: {run['error']}")
    return [trial.out / "trunks" / one.name for one in planned]


def _run(trial: Trial, planned: Sequence[Planned], where: str, until: float, trunk: Path | None) -> list[Run]:
    from core.backend.trainer import train_serial, train_stack

    return asked(
        train_stack if trial.bench.stacked else train_serial,
        worded(trial.bench.progress, f"{len(planned)} models in {where}"),
        trial.manifest,
        trial.config,
        [one.member for one in planned],
        trial.out / where,
        trunk=trunk,
        until=until,
        data=trial.out / _PREPARED / "data",
    )


def _result(one: Planned, run: Run, where: str) -> RunResult:
    failed = run["state"] != "done"
    return {
        "name": one.name,
        "kind": one.kind,
        "seed": one.seed,
        "weights": dict(one.weights),
        "losses": {} if failed else dict(run["losses"]),
        "bits_per_byte": {} if failed else dict(run["bits_per_byte"]),
        "tokens": run["tokens"],
        "folder": f"{where}/{one.name}",
        "error": (run["error"] or run["state"]) if failed else None,
        "warnings": list(run.get("warnings", [])),
    }
