"""Checkpoints: weights, AdamW's moments and one integer, the step, in one safetensors file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend._files import written_aside
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import AdamW

_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(slots=True)
class Place:
    """How far a run is: the steps done, and what the next line of metrics is to be made of."""

    step: int = 0
    loss_sum: float = 0.0  # of the steps since the last line
    loss_steps: int = 0
    seconds: float = 0.0  # spent in training steps, in all


def save_checkpoint(path: Path, key: str, place: Place, weights: dict[str, Tensor], optimiser: AdamW) -> None:
    """Write a checkpoint aside, then let it take the old one's place."""
    tensors = {f"weights.{name}": tensor.detach() for name, tensor in weights.items()}
    for name, tensor in weights.items():
        state = optimiser.state.get(tensor, {})
        tensors |= {f"{moment}.{name}": state[moment] for moment in _MOMENTS if moment in state}
    save_tensors(path, tensors, {"key": key, "place": json.dumps(asdict(place))})


def load_checkpoint(path: Path, key: str, weights: dict[str, Tensor], optimiser: AdamW) -> Place:
    """Fill weights and optimiser in place and return how far the run was.

    Raises:
        BadInputError: The checkpoint is of another manifest or config, or is no checkpoint.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            if facts.get("key") != key:
                raise BadInputError(
                    path, "this is a checkpoint of another manifest or config", "name another --out"
                )
            place = Place(**json.loads(facts["place"]))
            with torch.no_grad():
                for name, tensor in weights.items():
                    tensor.copy_(file.get_tensor(f"weights.{name}"))
                    if place.step:
                        # Adam's own count of steps lies where the fused kernel wants it: on the device.
                        optimiser.state[tensor] = {
                            "step": torch.tensor(float(place.step), device=tensor.device),
                            **{m: file.get_tensor(f"{m}.{name}").to(tensor.device) for m in _MOMENTS},
                        }
    except SafetensorError:
        raise BadInputError(path, "this is no checkpoint", "remove it and run again") from None
    return place


def save_tensors(path: Path, tensors: dict[str, Tensor], facts: dict[str, str]) -> None:
    """Write a safetensors file in one step; a full disk is an `OSError` and leaves the old file."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        with written_aside(path) as aside:
            save_file({name: t.contiguous() for name, t in tensors.items()}, aside, {"format": "pt"} | facts)
    except SafetensorError as error:
        raise OSError(str(error)) from error
