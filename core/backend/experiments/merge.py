"""Averages of models trained on single domains: what a mixture gives, scored without training on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypedDict

from core.backend.data.shards import Data
from core.backend.experiments._bench import Bench, Lot, Result, RunResult, Trial, opened
from core.backend.experiments._draws import candidate_mixtures, check_number
from core.backend.experiments._figures import spearman
from core.backend.experiments._reading import domain_losses, merged, read_saved, target_nats
from core.backend.experiments._tables import check_columns, write_csv, write_runs
from core.backend.experiments._training import (
    Planned,
    domain_models,
    domain_tokens,
    prepared,
    several,
    trained,
    trunks,
)
from core.backend.reading.evaluate import examination
from core.errors import BadInputError
from core.types import Manifest


class Candidate(TypedDict):
    """A mixture, the losses of the parameter average by its weights, and of a model trained on it."""

    name: str
    weights: dict[str, float]
    losses: dict[str, float]
    trained: dict[str, float] | None


class Agreement(TypedDict):
    """Spearman's rank correlation of merged with trained models' losses, over the checked candidates."""

    candidates: int
    by_domain: dict[str, float | None]
    mean: float | None  # of the mean loss over domains


class MergeResult(Result, total=False):
    """Candidates by their merged losses; the agreement where some were trained for real."""

    candidates: list[Candidate]
    best: str
    agreement: Agreement | None


@dataclass(frozen=True, slots=True)
class Merge:
    """Train one model a domain from a shared seed checkpoint, and score mixtures by averaging parameters.

    Scalable data ablations by modular training and merging (Na et al.): the loss of the average of the
    partitions' models, weighted by a candidate mixture, stands for that of a model trained on the mixture.
    The cost grows with the number of domains, not of candidates. The seed model learns from all domains in
    proportion; then each partition's model goes on alone, all on as many tokens. In the paper a source has
    as many equal partitions as its size asks for, averaged alike; here it has one, whose weight in the
    average is its weight in the mixture. `check` trains the first so many drawn candidates for real, from
    the same seed model.
    """

    name: ClassVar[str] = "merge"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = True
    candidates: int = field(default=64, metadata={"help": "Mixtures to score, drawn as a sweep does."})
    seed_share: float = field(default=0.5, metadata={"help": "Of training, that the seed model has."})
    check: int = field(default=0, metadata={"help": "Candidates to train for real, to see how they rank."})

    def __post_init__(self) -> None:
        check_number(self.candidates)
        if not 0 < self.seed_share < 1:
            raise BadInputError(f"seed_share {self.seed_share}", "must be between 0 and 1", "give 0.5")
        if not 0 <= self.check <= self.candidates:
            rule = f"must be 0 to the {self.candidates} candidates"
            raise BadInputError(f"check {self.check}", rule, "check fewer or draw more")

    def inputs(self) -> Mapping[str, str]:
        """Return nothing: the manifest is all it reads."""
        return {}

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:
        """Return the seed model, then a model a domain and those of the check."""
        domains = len({file.domain for file in manifest.files if file.rows}) if manifest else 1
        return [Lot(1, self.seed_share), Lot(domains + self.check, 1 - self.seed_share)]

    def conduct(self, bench: Bench) -> MergeResult:
        """Train seed and partitions, score the candidates, and train those to be checked."""
        trial = opened(bench)
        check_columns(trial.sealed.domains)
        data = prepared(trial)
        tokens, seed = domain_tokens(data), trial.config.seed
        domains = several(tokens)
        mixtures = candidate_mixtures(self.candidates, trial.sealed, tokens, seed)
        base = Planned("seed", "seed", mixtures["proportional"], seed)
        trunk = trunks(trial, [base], self.seed_share)
        planned = [*domain_models(data, seed, "partition"), *self._checked(mixtures, seed)]
        runs = trained(trial, planned, trunk=trunk[0])
        parts = runs[: len(domains)]
        found = self._scored(trial, data, parts, mixtures, runs[len(domains) :])
        rows = {one["name"]: one for one in found}
        write_csv(bench.out / "mixtures.csv", domains, {name: row["weights"] for name, row in rows.items()})
        evaluated = list(found[0]["losses"])
        write_csv(bench.out / "losses.csv", evaluated, {name: row["losses"] for name, row in rows.items()})
        return {
            "runs": runs,
            "candidates": found,
            "best": min(found, key=lambda one: sum(one["losses"].values()))["name"],
            "agreement": _agreement(found) if self.check else None,
            "files": ["mixtures.csv", "losses.csv", *write_runs(bench.out, runs)],
        }

    def _checked(self, mixtures: Mapping[str, dict[str, float]], seed: int) -> list[Planned]:
        draws = [name for name in mixtures if name.startswith("draw-")][: self.check]
        return [Planned(name, "checked", mixtures[name], seed) for name in draws]

    def _scored(
        self,
        trial: Trial,
        data: Data,
        parts: Sequence[RunResult],
        mixtures: Mapping[str, dict[str, float]],
        checked: Sequence[RunResult],
    ) -> list[Candidate]:
        exam = examination(data, trial.config.context, trial.config.validation_tokens)
        models = [read_saved(trial.out / part["folder"], trial.device, trial.apart) for part in parts]
        really = {run["name"]: run["losses"] for run in checked}
        found: list[Candidate] = []
        for done, (name, weights) in enumerate(mixtures.items()):
            average = merged(models, [weights[next(iter(part["weights"]))] for part in parts])
            losses = domain_losses(target_nats(average, exam, trial.config.batch_size), exam)
            found.append({"name": name, "weights": weights, "losses": losses, "trained": really.get(name)})
            trial.bench.progress(done + 1, len(mixtures), "scoring merged models")
        return found


def _agreement(found: Sequence[Candidate]) -> Agreement:
    both = [(one["losses"], one["trained"]) for one in found if one["trained"] is not None]
    domains = list(both[0][0])

    def mean(losses: Mapping[str, float]) -> float:
        return sum(losses[domain] for domain in domains) / len(domains)

    return {
        "candidates": len(both),
        "by_domain": {d: spearman([m[d] for m, _ in both], [t[d] for _, t in both]) for d in domains},
        "mean": spearman([mean(m) for m, _ in both], [mean(t) for _, t in both]),
    }
