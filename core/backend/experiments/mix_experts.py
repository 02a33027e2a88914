"""The experts' predictions mixed: what a mixture of domains gives, without training on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypedDict

import numpy as np

from core.backend.experiments._bench import Bench, Lot, Result, opened
from core.backend.experiments._draws import by_domain, candidate_mixtures, check_number
from core.backend.experiments._reading import Answers, answers
from core.backend.experiments._tables import check_columns, write_csv, write_runs
from core.backend.experiments._training import domain_models, domain_tokens, prepared, several, trained
from core.backend.experiments._weights import best_mixture, read_weights, signature
from core.backend.reading.evaluate import examination
from core.types import Manifest


class Mixed(TypedDict):
    """A candidate mixture and the cross-entropy, nats a token, of the experts mixed by it."""

    name: str
    weights: dict[str, float]
    losses: dict[str, float]
    target: float


class Best(Mixed):
    """The mixture that minimises the target: what is left to gain is `gap` at most."""

    gap: float
    steps: int


class MixExpertsResult(Result, total=False):
    """Candidates, and the best mixture for the target."""

    target: dict[str, float]
    candidates: list[Mixed]
    best: Best


@dataclass(frozen=True, slots=True)
class MixExperts:
    """Train one expert a domain and mix their next-token distributions by candidate weights.

    The cross-entropy of that mixture on a domain's held-out text is a prediction of what a model trained
    on the weights would reach (mixture of data experts), written to `mixtures.csv` and `losses.csv` as
    `optimise` reads them. Over a target it is convex in the weights: MixMin's weights are those that
    minimise it, found by exponentiated gradient.
    """

    name: ClassVar[str] = "mix-experts"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = True
    candidates: int = field(default=64, metadata={"help": "Mixtures to score, drawn as a sweep does."})
    target: str = field(
        default="", metadata={"help": "web=0.6,code=0.4 or a file of weights; empty: all domains alike."}
    )

    def __post_init__(self) -> None:
        check_number(self.candidates)

    def inputs(self) -> Mapping[str, str]:
        """Return what the target's file holds, where it is a file."""
        return signature(self.target)

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:
        """Return one lot of a model a domain."""
        return [Lot(len({file.domain for file in manifest.files if file.rows}) if manifest else 1, 1.0)]

    def conduct(self, bench: Bench) -> MixExpertsResult:
        """Train the experts, ask them about every held-out token, and mix their answers."""
        trial = opened(bench)
        check_columns(trial.sealed.domains)
        data = prepared(trial)
        domains = several(domain_tokens(data))
        target = self._target(domains)
        runs = trained(trial, domain_models(data, trial.config.seed, "expert"))
        exam = examination(data, trial.config.context, trial.config.validation_tokens)
        folders = [bench.out / run["folder"] for run in runs]
        asked = answers(folders, exam, trial.config.batch_size, trial.device, trial.apart)
        mixtures = candidate_mixtures(self.candidates, trial.sealed, domain_tokens(data), trial.config.seed)
        found = [_mixed(name, weights, asked, target) for name, weights in mixtures.items()]
        minimum = best_mixture(asked.probabilities, asked.share(target))
        best: Best = {
            **_mixed("best", by_domain(domains, minimum.weights), asked, target),
            "gap": minimum.gap,
            "steps": minimum.steps,
        }
        rows = {mixed["name"]: mixed for mixed in [*found, best]}
        write_csv(bench.out / "mixtures.csv", domains, {name: row["weights"] for name, row in rows.items()})
        write_csv(
            bench.out / "losses.csv", asked.domains, {name: row["losses"] for name, row in rows.items()}
        )
        files = ["mixtures.csv", "losses.csv", *write_runs(bench.out, runs)]
        return {"runs": runs, "target": target, "candidates": found, "best": best, "files": files}

    def _target(self, domains: Sequence[str]) -> dict[str, float]:
        if self.target:
            return read_weights(self.target, domains)
        return {domain: 1 / len(domains) for domain in domains}


def _mixed(name: str, weights: dict[str, float], asked: Answers, target: Mapping[str, float]) -> Mixed:
    losses = asked.losses(np.array(list(weights.values())))
    share = sum(target.get(domain, 0.0) for domain in losses)
    mean = sum(target.get(domain, 0.0) * loss for domain, loss in losses.items()) / share
    return {"name": name, "weights": weights, "losses": losses, "target": mean}
