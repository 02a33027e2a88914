"""Checkpoints: a stack's weights, AdamW's moments and one integer, the step, in one safetensors file."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from core.backend._files import written_aside
from core.backend.model.stack import MOMENTS, Stack
from core.backend.parallel.parted import folder_of, newest, read_facts, read_parts
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(slots=True)
class Recent:
    """What a model's next line of metrics is to be made of: the steps since the last line."""

    loss_sum: float = 0.0
    loss_steps: int = 0
    last: list[float] = field(default_factory=list)  # the last losses, where a spike is looked for

    @property
    def mean(self) -> float | None:
        """The mean training loss since the last line."""
        return self.loss_sum / self.loss_steps if self.loss_steps else None

    def add(self, loss: float, spike: float | None, window: int) -> str | None:
        """Take a step's loss in, and say in words what is wrong with it, if anything is.

        Args:
            loss: In nats a token.
            spike: The deviations above the mean of the last losses from which on it is one; None: never.
            window: How many last losses that is.
        """
        self.loss_sum += loss
        self.loss_steps += 1
        if not math.isfinite(loss):
            return f"loss is {loss}"
        if spike is None:
            return None
        before, self.last = self.last, [*self.last, loss][-window:]
        if len(before) < window:
            return None
        mean, deviation = fmean(before), pstdev(before)
        if loss <= mean + spike * deviation:
            return None
        return f"loss is {loss:.3f}, a spike above the last {window} steps' {mean:.3f} ± {deviation:.3f}"


@dataclass(slots=True)
class Place:
    """How far a stack is: the steps done, and what each of its models has since the last evaluation."""

    step: int = 0
    seconds: float = 0.0  # spent in training steps, in all
    waited: float = 0.0  # of these, for data
    joules: float | None = None  # of all steps; None where nothing counts them
    recent: dict[str, Recent] = field(default_factory=dict)  # by member; those that still train


def state_of(stack: Stack) -> dict[str, Tensor]:
    """Return weights and moments under the names that they have in a checkpoint."""
    tensors = {f"weights.{name}": tensor.detach() for name, tensor in stack.weights.items()}
    for moment, some in stack.moments.items():
        tensors |= {f"{moment}.{name}": tensor for name, tensor in some.items()}
    return tensors


def facts_of(key: str, place: Place) -> dict[str, str]:
    """Return what a checkpoint says beside its tensors."""
    return {"key": key, "place": json.dumps(asdict(place))}


def copied(tensors: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies in this machine's memory, which stay as they are while the next step is made.

    They take the place of those `before`, where shapes are the same: fresh memory takes six times as long.
    """
    import torch

    found = {}
    for name, tensor in tensors.items():
        place = before.get(name)
        if place is None or place.shape != tensor.shape:
            # Pinned, so that copies from a GPU follow one another without waiting.
            place = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
        found[name] = place.copy_(tensor, non_blocking=True)
    if any(tensor.is_cuda for tensor in tensors.values()):
        torch.cuda.current_stream().synchronize()
    return found


def save_checkpoint(path: Path, state: Mapping[str, Tensor], facts: dict[str, str]) -> None:
    """Write a checkpoint aside, then let it take the old one's place."""
    save_tensors(path, state, facts)
    shutil.rmtree(folder_of(path), ignore_errors=True)  # written by several processes, before this one


def has_checkpoint(path: Path) -> bool:
    """Whether there is a checkpoint, in one file or in parts."""
    return path.exists() or newest(path) is not None


def later_parts(path: Path) -> Path | None:
    """Return the checkpoint in parts where that is the last: both forms are there after a kill between them."""
    parts = newest(path)
    if parts is None or not path.exists():
        return parts
    there = json.loads(_header(path).get("place", "{}")).get("step", -1)
    return parts if int(parts.name) > there else None


def read_place(path: Path, key: str) -> Place:
    """Return how far the stack of a checkpoint was.

    Raises:
        BadInputError: The checkpoint is of another manifest, config or members, or is no checkpoint.
    """
    parts = later_parts(path)
    facts = read_facts(parts) if parts else _header(path)
    if facts.get("key") != key:
        raise BadInputError(
            path, "this is a checkpoint of another manifest, config or members", "name another --out"
        )
    value = json.loads(facts["place"])
    if "recent" not in value:
        raise BadInputError(path, "an earlier version wrote this checkpoint", "remove it and run again")
    recent = {name: Recent(**some) for name, some in value.pop("recent").items()}
    return Place(**value, recent=recent)


def read_state(
    path: Path, models: Sequence[int] | None = None
) -> tuple[dict[str, Tensor], dict[str, dict[str, Tensor]]]:
    """Return a checkpoint's weights and moments, of all its models or of some."""
    from safetensors import safe_open

    found: dict[str, dict[str, Tensor]] = {kind: {} for kind in ("weights", *MOMENTS)}
    if parts := later_parts(path):
        for full, tensor in read_parts(parts).items():
            kind, _, name = full.partition(".")
            found[kind][name] = tensor if models is None else tensor[list(models)]
        return found.pop("weights"), found
    with safe_open(path, framework="pt") as file:
        for full in file.keys():  # noqa: SIM118 -- it is no map
            kind, _, name = full.partition(".")
            tensor = file.get_tensor(full)
            # A copy: products of numbers that lie unaligned, as in a file, are rounded otherwise.
            found[kind][name] = tensor.clone() if models is None else tensor[list(models)]
    weights = found.pop("weights")
    return weights, found


def _header(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except SafetensorError:
        raise BadInputError(path, "this is no checkpoint", "remove it and run again") from None


def save_tensors(path: Path, tensors: Mapping[str, Tensor], facts: dict[str, str]) -> None:
    """Write a safetensors file in one step; a full disk is an `OSError` and leaves the old file."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        with written_aside(path) as aside:
            save_file({name: t.contiguous() for name, t in tensors.items()}, aside, {"format": "pt"} | facts)
    except SafetensorError as error:
        raise OSError(str(error)) from error
