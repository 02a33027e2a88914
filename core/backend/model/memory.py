"""How much memory the models of a stack take, and how many fit."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path

from core.backend.config import Config
from core.errors import BadInputError

_SHARE = 0.85  # of what is free: allocators leave gaps
_PER_WEIGHT = 16  # bytes: the weight, its gradient and two moments, all fp32
_COPY = 12 / _PER_WEIGHT  # of these, in this machine's memory: what a checkpoint is written from
_AROUND = {"cpu": 2**28, "cuda": 2**30}  # the logits of a chunk with their gradient, and libraries' own


def model_bytes(config: Config, bf16: bool, vocabulary: int | None = None) -> tuple[int, int]:
    """Return what one model of a stack takes: (weights, gradients and moments; activations).

    Activations are what a step keeps for its way back, counted from the decoder's operations: they grow
    with the micro-batch.
    """
    shape = config.shape
    tables = (1 if shape.tied else 2) * (vocabulary or config.vocabulary) * shape.width
    tokens = -(-config.batch_size // config.accumulate) * config.context
    low = 2 if bf16 else 4
    kv = shape.kv_heads * shape.head_width
    # Norms keep their input and what they scale; attention its queries, keys, values and result, before and
    # after they are turned; SwiGLU its gate, that gate's SiLU, the other factor and their product.
    layer = 4 * 6 * shape.width + low * (4 * shape.width + 4 * kv + 4 * shape.hidden)
    fixed = _PER_WEIGHT * (shape.parameters + tables) + (2 * shape.parameters if bf16 else 0)  # cast to bf16
    return fixed, tokens * (shape.layers * layer + 16 * shape.width)


def free_bytes(device: str) -> int:
    """Return the bytes that are free on a device, or in this machine's memory."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return min(_meminfo("MemAvailable"), *_limits())


def whole_bytes(device: str) -> int:
    """Return the size of a device's memory, or of this machine's."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[1])
    return min(_meminfo("MemTotal"), *_limits())


def _limits() -> list[int]:
    """Return what this process may take at most, by its own limit (`ulimit -v`) and by its container's."""
    own = resource.getrlimit(resource.RLIMIT_AS)[0]
    found = [own] if own != resource.RLIM_INFINITY else []
    with suppress(OSError, ValueError):  # a machine without, or the word max
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="utf-8")))
    return [*found, 2**63]


def _meminfo(key: str) -> int:
    facts = dict(line.split(":") for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines())
    return int(facts[key].split()[0]) * 1024


def _held(config: Config, device: str, bf16: bool) -> tuple[int, int]:
    """Return what one model takes on a device: as `model_bytes`, with its part of a checkpoint's copy."""
    fixed, activations = model_bytes(config, bf16)
    return (round(fixed * (1 + _COPY)) if device == "cpu" else fixed), activations


def _fit(config: Config, device: str, bf16: bool, size: int) -> int:
    """Return how many models fit into `size` bytes, which may be none."""
    fixed, activations = _held(config, device, bf16)
    room = int(_SHARE * size) - _AROUND[device.partition(":")[0]]
    if device != "cpu":
        return max(0, room // (fixed + activations))
    at_once = _cores()
    few = room // (fixed + activations)
    return max(0, few if few <= at_once else (room - at_once * activations) // fixed)


def stack_bytes(config: Config, device: str, bf16: bool, models: int) -> int:
    """Return what models that train together take in all, beside the libraries and the logits of a chunk."""
    fixed, activations = _held(config, device, bf16)
    return models * fixed + (min(models, _cores()) if device == "cpu" else models) * activations


def _cores() -> int:
    """Return this process's cores: each has the activations of one model at a time."""
    return len(os.sched_getaffinity(0))


def models_that_fit(config: Config, device: str, bf16: bool) -> int:
    """Return how many models to train together: `stack_most` where it is given, else what memory holds."""
    return config.stack_most or max(1, _fit(config, device, bf16, free_bytes(device)))


def too_large(config: Config, device: str, bf16: bool, models: int) -> BadInputError:
    """Return the error of a step that did not fit: what a model takes, and how many would fit."""
    fixed, activations = _held(config, device, bf16)
    size = whole_bytes(device)
    fit = _fit(config, device, bf16, size)
    copy = ", a checkpoint's copy" if device == "cpu" else ""
    whom = f"{models} models, each" if models > 1 else "the model,"
    rule = (
        f"{whom} of {fixed / 2**20:,.0f} MiB (weights, gradients, moments{copy}) and {activations / 2**20:,.0f} MiB "
        f"(activations), did not fit into {size / 2**30:.1f} GiB"
    )
    if 0 < fit < models:
        remedy = f"set stack_most to {fit}, or raise accumulate"
    elif models > 1:
        remedy = "set stack_most to half of them, raise accumulate, or free memory"
    else:
        remedy = "raise accumulate, lower batch_size or choose a smaller preset"
    return BadInputError(f"batch_size {config.batch_size} of {config.context} tokens", rule, remedy)
