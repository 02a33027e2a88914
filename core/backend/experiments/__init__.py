"""Ready experiments: questions to small models, each a small file, by name."""

from __future__ import annotations

from core.backend.experiments._bench import Bench, Experiment, Result, RunResult, read_result, run_experiment
from core.backend.experiments._estimate import ExperimentEstimate, estimate_experiment
from core.backend.experiments.compare import Compare
from core.backend.experiments.contrast import Contrast
from core.backend.experiments.experts import Experts
from core.backend.experiments.leave_one_out import LeaveOneOut
from core.backend.experiments.membership import Membership
from core.backend.experiments.merge import Merge
from core.backend.experiments.mix_experts import MixExperts
from core.backend.experiments.sweep import Sweep

EXPERIMENTS: dict[str, type[Experiment]] = {
    "sweep": Sweep,
    "experts": Experts,
    "mix-experts": MixExperts,
    "merge": Merge,
    "leave-one-out": LeaveOneOut,
    "compare": Compare,
    "contrast": Contrast,
    "membership": Membership,
}

__all__ = [
    "EXPERIMENTS",
    "Bench",
    "Experiment",
    "ExperimentEstimate",
    "Result",
    "RunResult",
    "estimate_experiment",
    "read_result",
    "run_experiment",
]
