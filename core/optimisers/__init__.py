"""Which weights: each optimiser a small file, by name. All propose from runs that were really trained."""

from __future__ import annotations

from core.optimisers._surrogate import Floats, Optimiser, Runs, Surrogate, fitted, one_thread
from core.optimisers.gp import GaussianProcess
from core.optimisers.linear import Linear
from core.optimisers.log_linear import LogLinear

OPTIMISERS: dict[str, type[Optimiser]] = {"linear": Linear, "log_linear": LogLinear, "gp": GaussianProcess}

__all__ = ["OPTIMISERS", "Floats", "Optimiser", "Runs", "Surrogate", "fitted", "one_thread"]
