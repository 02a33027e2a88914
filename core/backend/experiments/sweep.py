"""Many mixtures around a prior, trained and evaluated: evidence for the optimisers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypedDict

import numpy as np

from core.backend.data.shards import Data
from core.backend.experiments._bench import Bench, Lot, Result, RunResult, Trial, opened
from core.backend.experiments._draws import Prior, by_domain, drawn, prior_of
from core.backend.experiments._tables import check_columns, write_csv, write_runs
from core.backend.experiments._training import Planned, domain_tokens, prepared, several, trained
from core.errors import BadInputError
from core.types import Manifest


class Noise(TypedDict):
    """What the same mixture gives with other seeds: losses nearer than this say nothing."""

    mixture: dict[str, float]
    anchors: int
    deviation: dict[str, float | None]  # of the anchors' losses by domain; None below two anchors
    spread: dict[str, float | None]  # of the drawn mixtures' losses: what the noise is to be held against


class SweepResult(Result, total=False):
    """The runs, with what noise there is in their losses."""

    noise: Noise


@dataclass(frozen=True, slots=True)
class Sweep:
    """Train models on mixtures drawn around a prior, as RegMix does, with anchors that show the noise.

    Of `models` the first are `anchors` (the prior itself, with a seed each), one with all domains alike
    and, where the prior is another, one with every domain's share of the tokens; at most half of all. The
    rest are draws, which share one seed. `mixtures.csv` and `losses.csv` are what `optimise` reads.
    """

    name: ClassVar[str] = "sweep"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = True
    models: int = field(default=64, metadata={"help": "Models in all, anchors among them."})
    prior: Prior = field(default="tokens", metadata={"help": "What to draw around."})
    anchors: int = field(default=3, metadata={"help": "Repeats of the prior's mixture."})
    max_epochs: float | None = field(default=None, metadata={"help": "Of a domain, in a drawn mixture."})

    def __post_init__(self) -> None:
        if not 1 <= self.models <= 10_000:
            raise BadInputError(f"{self.models} models", "a sweep has 1 to 10,000", "give --models 64")
        if self.anchors < 0:
            raise BadInputError(
                f"{self.anchors} anchors", "there cannot be fewer than none", "give 0 or more"
            )
        if self.max_epochs is not None and not self.max_epochs > 0:
            raise BadInputError(f"max_epochs {self.max_epochs}", "must be above 0", "give 4, or leave it out")

    def inputs(self) -> Mapping[str, str]:
        """Return nothing: the manifest is all it reads."""
        return {}

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:  # noqa: ARG002 the same for every manifest
        """Return one lot of all models."""
        return [Lot(self.models, 1.0)]

    def conduct(self, bench: Bench) -> SweepResult:
        """Train the models and return their losses and the noise."""
        trial = opened(bench)
        check_columns(trial.sealed.domains)
        data = prepared(trial)
        runs = trained(trial, self._planned(trial, data), needs_all=False)
        domains = list(data.train)
        done = {str(number): run for number, run in enumerate(runs) if run["error"] is None}
        evaluated = [domain for domain in domains if all(domain in run["losses"] for run in done.values())]
        write_csv(bench.out / "mixtures.csv", domains, {i: run["weights"] for i, run in done.items()})
        write_csv(bench.out / "losses.csv", evaluated, {i: run["losses"] for i, run in done.items()})
        files = ["mixtures.csv", "losses.csv", *write_runs(bench.out, runs)]
        noise = _noise(runs, evaluated)
        return {"runs": runs, "noise": noise, "files": files, "warnings": _warnings(runs, noise)}

    def _planned(self, trial: Trial, data: Data) -> list[Planned]:
        """Name the models and give them their seeds: the draws share the config's."""
        planned, repeats = [], 0
        for number, (kind, weights) in enumerate(self._mixtures(trial, data)):
            seed = trial.config.seed + (repeats if kind == "anchor" else 0)
            repeats += kind == "anchor"
            planned.append(Planned(f"{number:04d}-{kind}", kind, weights=weights, seed=seed))
        return planned

    def _mixtures(self, trial: Trial, data: Data) -> list[tuple[str, dict[str, float]]]:
        """Return (kind, weights) of every model: what is there to compare with first, then the draws."""
        tokens = domain_tokens(data)
        domains = several(tokens)
        prior = by_domain(domains, prior_of(self.prior, trial.sealed, domains, tokens))
        alike = {domain: 1 / len(domains) for domain in domains}
        share = by_domain(domains, prior_of("tokens", trial.sealed, domains, tokens))
        anchors = [("anchor", prior)] * self.anchors
        fixed = [*anchors[:2], ("uniform", alike)]
        fixed += [("proportional", share)] if self.prior != "tokens" else []
        fixed = [*fixed, *anchors[2:]][: self.models // 2]
        number = self.models - len(fixed)
        seen = trial.config.steps * trial.config.batch_tokens
        counts = np.array(list(tokens.values()), dtype=np.float64)
        most = None if self.max_epochs is None else self.max_epochs * counts / seen
        rng = np.random.default_rng(trial.config.seed)
        draws = drawn(np.array([prior[domain] for domain in domains]), number, rng, most)
        return fixed + [("draw", by_domain(domains, draw)) for draw in draws]


def _noise(runs: Sequence[RunResult], domains: Sequence[str]) -> Noise:
    """Return the deviation of losses over the anchors, and over the draws, by domain."""

    def deviation(kind: str) -> dict[str, float | None]:
        some = [run["losses"] for run in runs if run["kind"] == kind and run["error"] is None]
        if len(some) < 2:
            return dict.fromkeys(domains)
        return {domain: float(np.std([losses[domain] for losses in some], ddof=1)) for domain in domains}

    anchors = [run for run in runs if run["kind"] == "anchor"]
    return {
        "mixture": anchors[0]["weights"] if anchors else {},
        "anchors": len(anchors),
        "deviation": deviation("anchor"),
        "spread": deviation("draw"),
    }


def _warnings(runs: Sequence[RunResult], noise: Noise) -> list[str]:
    found = [f"{run['name']} failed and is in no table: {run['error']}" for run in runs if run["error"]]
    if noise["anchors"] < 2:
        found.append("Fewer than two anchors: nothing says how far losses differ by the seed alone.")
    for domain, deviation in noise["deviation"].items():
        spread = noise["spread"][domain]
        if deviation is not None and spread is not None and spread < 2 * deviation:
            found.append(
                f"{domain}: mixtures differ by {spread:.4f}, seeds by {deviation:.4f} (standard deviations): "
                "train longer, or take the weights that follow from it with caution."
            )
    return found
