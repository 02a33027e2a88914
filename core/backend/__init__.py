"""The training backend: it sees a sealed manifest, never the app, and its losses come back.

`train` does it here and now; a `Backend` is a place where it can be done.
"""

from core.backend.config import Config, load_config, parse_config
from core.backend.cost import Estimate, estimate
from core.backend.model.shape import PRESETS, Shape
from core.backend.places import PLACES, Slurm, Ssh, ThisMachine
from core.backend.record import Metrics, Run, RunDomain, read_metrics, read_run
from core.backend.trainer import Backend, train, train_serial, train_stack
from core.backend.training.members import Member

__all__ = [
    "PLACES",
    "PRESETS",
    "Backend",
    "Config",
    "Estimate",
    "Member",
    "Metrics",
    "Run",
    "RunDomain",
    "Shape",
    "Slurm",
    "Ssh",
    "ThisMachine",
    "estimate",
    "load_config",
    "parse_config",
    "read_metrics",
    "read_run",
    "train",
    "train_serial",
    "train_stack",
]
