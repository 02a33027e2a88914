"""One model a domain: what each domain teaches about every other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.backend.experiments._bench import Bench, Lot, Result, RunResult, opened
from core.backend.experiments._tables import write_runs
from core.backend.experiments._training import domain_models, prepared, trained
from core.types import Manifest


class ExpertsResult(Result, total=False):
    """The experts' losses: a row the domain that one was trained on, a column the domain it read."""

    matrix: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Experts:
    """Train one model on each domain alone and evaluate every model on every domain."""

    name: ClassVar[str] = "experts"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = True

    def inputs(self) -> Mapping[str, str]:
        """Return nothing: the manifest is all it reads."""
        return {}

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:
        """Return one lot of a model a domain."""
        return [Lot(len({file.domain for file in manifest.files if file.rows}) if manifest else 1, 1.0)]

    def conduct(self, bench: Bench) -> ExpertsResult:
        """Train the experts and return the matrix of their losses."""
        trial = opened(bench)
        data = prepared(trial)
        runs = trained(trial, domain_models(data, trial.config.seed, "expert"))
        return {"runs": runs, "matrix": matrix(runs), "files": write_runs(bench.out, runs)}


def matrix(runs: Sequence[RunResult]) -> dict[str, dict[str, float]]:
    """Return the losses by the domain that a model was trained on, then by the domain it read."""
    return {next(iter(run["weights"])): dict(run["losses"]) for run in runs}
