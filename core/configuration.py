"""What is gathered of a trainer's configuration: weights by stage, the budget, and traps; values may be anything."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

_ENDINGS = (".bin", ".idx", ".npy", ".jsonl", ".json", ".parquet")


@dataclass(slots=True)
class Found:
    """What a reader gathers: weights up to each share of training, the budget, and the traps."""

    stages: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    tokens: int | None = None
    seed: int = 0
    traps: list[str] = field(default_factory=list)

    def trap(self, sentence: str) -> None:
        """Take note of what does not do what it says."""
        self.traps.append(sentence)

    def stage(self, until: float, pairs: Sequence[tuple[str, Any]], unit: str) -> None:
        """Take one stage's weights by path or name; note what is no weight, and a sum that is not 1."""
        weights: dict[str, float] = {}
        for path, raw in pairs:
            name = domain_of(path)
            if not is_weight(raw):
                self.trap(f"'{name}' has the weight {raw!r}, which is no number from 0 up; it is taken as 0.")
            elif name in weights:
                self.trap(f"'{name}' stands twice; its weights are added.")
            weights[name] = weights.get(name, 0.0) + (float(raw) if is_weight(raw) else 0.0)
        total = math.fsum(weights.values())
        if weights and abs(total - 1) > 1e-6 and total > 0:
            self.trap(f"The weights sum to {total:.6g}, not 1: {unit}")
        self.stages.append((until, {name: w / total for name, w in weights.items()} if total > 0 else {}))


def ends_of(starts: Sequence[Any], steps: int | None, first: int, found: Found) -> list[float]:
    """Return the share of training at which each stage ends; equal shares where steps do not say."""
    count = len(starts)
    equal = [(n + 1) / count for n in range(count)]
    if any(not isinstance(start, int) for start in starts) or sorted(set(starts)) != list(starts):
        found.trap(f"The stages start at {list(starts)}: their steps must rise.")
        return equal
    if steps is None or (starts and starts[-1] - first >= steps):
        if steps is not None:
            found.trap(f"The last stage starts at step {starts[-1]} of {steps}: it never comes.")
        return equal
    return [*((start - first) / steps for start in starts[1:]), 1.0][:count]


def domain_of(path: object) -> str:
    """Return what a path is of: the folder of a domain, or a file's or prefix's own name."""
    name = PurePosixPath(str(path).rstrip("/")).name or str(path)
    name = next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)
    return re.sub(r"_text_(document|sentence)$", "", name)


def is_weight(value: object) -> bool:
    """Whether it is a finite number from 0 up, written as one or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return math.isfinite(float(value)) and float(value) >= 0
    except ValueError:
        return False


def positive(value: object) -> int | None:
    """Return a whole number above 0; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def seed_of(value: object) -> int:
    """Return what a mixture takes as its seed; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else 0


def listed(names: Sequence[str]) -> str:
    """Return the names in quotes, with `and` before the last."""
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
