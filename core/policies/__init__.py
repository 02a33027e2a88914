"""Toxicity policies: values, the published ones, and how they judge."""

from core.policies.presets import PRESETS
from core.policies.value import (
    ACTIONS,
    LEVELS,
    Action,
    Exempt,
    Level,
    Levels,
    Policy,
    dump_policy,
    parse_policy,
)

__all__ = [
    "ACTIONS",
    "LEVELS",
    "PRESETS",
    "Action",
    "Exempt",
    "Level",
    "Levels",
    "Policy",
    "dump_policy",
    "parse_policy",
]
