"""Two mixtures, several seeds: whether their losses differ by more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypedDict

from core.backend.data.schedule import stage_weights
from core.backend.data.sealed import open_manifest
from core.backend.experiments._bench import Bench, Lot, Result, RunResult, Trial, opened
from core.backend.experiments._figures import Interval, in_words, interval
from core.backend.experiments._joined import Course, joined
from core.backend.experiments._tables import write_parquet, write_runs
from core.backend.experiments._training import Planned, mean_of, prepared, trained
from core.backend.experiments._weights import read_weights, signature
from core.errors import BadInputError
from core.types import Manifest


class Difference(TypedDict):
    """Loss of the second minus loss of the first, with its 95 % interval over seeds, and in words."""

    first: float
    second: float
    difference: Interval
    words: str


class CompareResult(Result, total=False):
    """The difference by domain read, and of the mean over domains."""

    domains: dict[str, Difference]
    mean: Difference


@dataclass(frozen=True, slots=True)
class Compare:
    """Train two mixtures with the same seeds and say by domain whether the difference is more than noise.

    The second is another manifest, or other weights over this one's domains. Two manifests are read as
    one, with one tokenizer and texts held out of both; their domains are then called `first:…` and
    `second:…`. Each seed draws the same weights for both, and the interval is Student's t over the pairs:
    of twenty domains that do not differ, one is expected to seem to.
    """

    name: ClassVar[str] = "compare"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = True
    second: str = field(
        default="",
        metadata={
            "help": "The other: a manifest.json, a file of weights, or web=0.6,code=0.4.",
            "file": True,
        },
    )
    first: str = field(
        default="", metadata={"help": "Weights of the first, written alike; empty: its own.", "file": True}
    )
    seeds: int = field(default=3, metadata={"help": "Pairs of models."})

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= 1000:
            raise BadInputError(f"{self.seeds} seeds", "must be 1 to 1,000", "give --seeds 3")

    def inputs(self) -> Mapping[str, str]:
        """Return what both sides hold, wherever their files lie."""
        return {"first": _signed(self.first), "second": _signed(self.second)}

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:  # noqa: ARG002 the same for every manifest
        """Return a lot of two models a seed."""
        return [Lot(2 * self.seeds, 1.0)]

    def conduct(self, bench: Bench) -> CompareResult:
        """Train both with each seed and compare."""
        trial, first, second = self._sides(opened(bench))
        prepared(trial, {**mean_of(first), **_above(mean_of(second))})
        seeds = [trial.config.seed + number for number in range(self.seeds)]
        planned = [
            Planned(f"{side}-{seed}", side, mean_of(course), seed, tuple(course))
            for seed in seeds
            for side, course in (("first", first), ("second", second))
        ]
        runs = trained(trial, planned)
        pairs = list(zip(runs[::2], runs[1::2], strict=True))
        domains = {domain: _difference(pairs, [domain]) for domain in runs[0]["losses"]}
        _write(trial, domains)
        files = ["differences.parquet", *write_runs(bench.out, runs)]
        return {
            "runs": runs, "domains": domains, "mean": _difference(pairs, list(domains)), "files": files,
        }  # fmt: skip

    def _sides(self, trial: Trial) -> tuple[Trial, Course, Course]:
        """Return where to train and the stages of both sides."""
        if not self.second:
            raise BadInputError(
                "second", "there is nothing to compare with", "give --second MANIFEST or weights"
            )
        domains = list(trial.sealed.domains)
        own = (
            [(1.0, read_weights(self.first, domains))] if self.first else stage_weights(trial.sealed.manifest)
        )
        if not _is_manifest(self.second):
            return trial, own, [(1.0, read_weights(self.second, domains))]
        other = open_manifest(Path(self.second), trial.bench.progress)
        return joined(trial, own, other)


def _is_manifest(text: str) -> bool:
    return Path(text).name == "manifest.json"


def _signed(text: str) -> str:
    if text and _is_manifest(text):
        return open_manifest(Path(text)).fingerprint
    return signature(text).get("weights", text)


def _above(weights: Mapping[str, float]) -> dict[str, float]:
    return {domain: weight for domain, weight in weights.items() if weight > 0}


def _difference(pairs: Sequence[tuple[RunResult, RunResult]], domains: Sequence[str]) -> Difference:
    def mean(run: RunResult) -> float:
        return sum(run["losses"][domain] for domain in domains) / len(domains)

    differences = interval([mean(second) - mean(first) for first, second in pairs])
    return {
        "first": sum(mean(first) for first, _ in pairs) / len(pairs),
        "second": sum(mean(second) for _, second in pairs) / len(pairs),
        "difference": differences,
        "words": in_words(differences, "The second is lower", "The first is lower"),
    }


def _write(trial: Trial, domains: Mapping[str, Difference]) -> None:
    found = list(domains.values())
    columns: dict[str, list[object]] = {
        "domain": list(domains),
        "first": [one["first"] for one in found],
        "second": [one["second"] for one in found],
        "difference": [one["difference"]["mean"] for one in found],
        "low": [one["difference"]["low"] for one in found],
        "high": [one["difference"]["high"] for one in found],
    }
    write_parquet(trial.out / "differences.parquet", columns)
