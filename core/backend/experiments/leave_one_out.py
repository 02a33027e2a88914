"""What each domain is worth at the end of training: left out there, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypedDict

from core.backend.data.schedule import stage_weights
from core.backend.data.shards import Data
from core.backend.experiments._bench import Bench, Lot, Result, RunResult, Trial, opened
from core.backend.experiments._figures import Interval, in_words, interval
from core.backend.experiments._tables import write_parquet, write_runs
from core.backend.experiments._training import Planned, mean_of, prepared, several, trained, trunks
from core.errors import BadInputError
from core.types import Manifest


class Effect(TypedDict):
    """What leaving a domain out does: loss without it minus loss with all. Above 0 it was of use."""

    weight: float
    on: dict[str, Interval]  # by the domain read
    mean: Interval  # over the domains read
    others: Interval | None  # over all but itself
    words: str


class LeaveOneOutResult(Result, total=False):
    """The effect of each domain."""

    effects: dict[str, Effect]


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Train the last part without each domain in turn, from a common trunk, and compare with all of them.

    Up to `1 - share` of training every model is the same trunk; then one goes on with all domains and one
    without each, the others' weights keeping their ratios. Seeds repeat the whole of it. This is how the
    domains of a last, upsampled phase are weighed ("Does your data spark joy?", OLMo 2's anneals).
    """

    name: ClassVar[str] = "leave-one-out"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = True
    share: float = field(default=0.2, metadata={"help": "Of training, at its end, without the domain."})
    seeds: int = field(default=3, metadata={"help": "Repeats, for the interval."})

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise BadInputError(f"share {self.share}", "must be between 0 and 1", "give 0.2")
        if not 1 <= self.seeds <= 1000:
            raise BadInputError(f"{self.seeds} seeds", "must be 1 to 1,000", "give --seeds 3")

    def inputs(self) -> Mapping[str, str]:
        """Return nothing: the manifest is all it reads."""
        return {}

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:
        """Return a trunk a seed, then a branch with all domains and one without each."""
        left = len(_mixed(mean_of(stage_weights(manifest)))) if manifest else 1
        return [Lot(self.seeds, 1 - self.share), *[Lot(1 + left, self.share)] * self.seeds]

    def conduct(self, bench: Bench) -> LeaveOneOutResult:
        """Train trunks and branches and return each domain's effect."""
        trial = opened(bench)
        weights = _mixed(mean_of(stage_weights(trial.sealed.manifest)))
        several(weights)
        data = prepared(trial, weights)
        seeds = [trial.config.seed + number for number in range(self.seeds)]
        planned = [Planned(f"trunk-{seed}", "trunk", weights, seed) for seed in seeds]
        folders = trunks(trial, planned, 1 - self.share)
        runs: list[RunResult] = []
        for seed, folder in zip(seeds, folders, strict=True):
            branches = _branches(weights, seed)
            runs += trained(trial, branches, trunk=folder, where=f"branches-{seed}")
        effects = _effects(runs, weights, self.seeds)
        _write(trial, effects)
        files = ["effects.parquet", *write_runs(bench.out, runs)]
        return {"runs": runs, "effects": effects, "files": files, "warnings": _warnings(trial, data, weights)}


def _mixed(weights: Mapping[str, float]) -> dict[str, float]:
    return {domain: weight for domain, weight in sorted(weights.items()) if weight > 0}


def _branches(weights: Mapping[str, float], seed: int) -> list[Planned]:
    branches = [Planned("all", "all", weights, seed)]
    for number, left_out in enumerate(weights):
        rest = {domain: weight for domain, weight in weights.items() if domain != left_out}
        total = sum(rest.values())
        mixture = {left_out: 0.0, **{domain: weight / total for domain, weight in rest.items()}}
        branches.append(Planned(f"without-{number:03d}", f"without {left_out}", mixture, seed))
    return branches


def _effects(runs: Sequence[RunResult], weights: Mapping[str, float], seeds: int) -> dict[str, Effect]:
    each = len(runs) // seeds
    found: dict[str, Effect] = {}
    for number, left_out in enumerate(weights, 1):
        pairs = [
            (runs[start]["losses"], runs[start + number]["losses"]) for start in range(0, len(runs), each)
        ]
        read = list(pairs[0][0])
        others = [domain for domain in read if domain != left_out]
        apart = _mean_difference(pairs, others) if others else None
        found[left_out] = {
            "weight": weights[left_out],
            "on": {domain: _mean_difference(pairs, [domain]) for domain in read},
            "mean": _mean_difference(pairs, read),
            "others": apart,
            "words": _words(left_out, apart) if apart else f"{left_out} is the only domain that is read.",
        }
    return found


def _mean_difference(
    pairs: Sequence[tuple[Mapping[str, float], Mapping[str, float]]], domains: Sequence[str]
) -> Interval:
    return interval([sum(out[d] - with_[d] for d in domains) / len(domains) for with_, out in pairs])


def _words(domain: str, others: Interval) -> str:
    return in_words(others, f"Without {domain} the others do better", f"Without {domain} the others do worse")


def _write(trial: Trial, effects: Mapping[str, Effect]) -> None:
    rows = [
        (left, domain, found) for left, effect in effects.items() for domain, found in effect["on"].items()
    ]
    columns: dict[str, Sequence[object]] = {
        "left_out": [left for left, _, _ in rows],
        "domain": [domain for _, domain, _ in rows],
        "effect": [found["mean"] for _, _, found in rows],
        "low": [found["low"] for _, _, found in rows],
        "high": [found["high"] for _, _, found in rows],
    }
    write_parquet(trial.out / "effects.parquet", columns)


def _warnings(trial: Trial, data: Data, weights: Mapping[str, float]) -> list[str]:
    unread = [domain for domain in weights if domain not in data.validation]
    found = [f"{domain} has no held-out text: the effect on it is not known." for domain in unread]
    if len(trial.sealed.manifest.mixture.get("stages") or ()) > 1:
        found.append("The mixture's stages are taken together: one mean of their weights holds throughout.")
    return found
