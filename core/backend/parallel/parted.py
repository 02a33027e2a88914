"""Checkpoints that several processes write together, each its part, and any number of them reads.

By torch's distributed checkpointing, in safetensors files: nothing is ever unpickled. A checkpoint is a
folder named after its step; it gets that name once it is whole, and only then the one before it goes.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend._files import write_json
from core.errors import BadInputError
from core.types import JSON

if TYPE_CHECKING:
    from torch import Tensor

_FACTS = "facts.json"


def folder_of(path: Path) -> Path:
    """Return the folder of checkpoints in parts that stands for a checkpoint's file."""
    return path.with_suffix("")


def newest(path: Path) -> Path | None:
    """Return the last whole checkpoint in parts that stands for a checkpoint's file, if there is one."""
    found = [p for p in folder_of(path).glob("[0-9]*") if (p / _FACTS).is_file()]
    return max(found, key=lambda p: int(p.name), default=None)


def save_parts(path: Path, facts: dict[str, JSON], step: int, tensors: Mapping[str, Tensor]) -> None:
    """Write a checkpoint, each process what it holds; all processes call this together.

    Args:
        path: The file for which the checkpoint stands, and which it replaces.
        facts: What is to be known beside the tensors.
        step: The steps done.
        tensors: By name: whole ones, equal everywhere, or DTensors.
    """
    import torch.distributed as dist
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter
    from torch.distributed.checkpoint.state_dict_saver import save

    leads, folder = dist.get_rank() == 0, folder_of(path)
    target, aside = folder / str(step), folder / f".{step}.part"
    if leads:
        for stale in folder.glob(".*.part"):
            shutil.rmtree(stale)
        aside.mkdir(parents=True)
    dist.barrier()
    save(dict(tensors), storage_writer=HuggingFaceStorageWriter(str(aside), save_distributed=True))
    dist.barrier()
    if leads:
        write_json(aside / _FACTS, facts)
        if target.exists():
            shutil.rmtree(target)
        aside.rename(target)
        for older in folder.glob("[0-9]*"):
            if older != target:
                shutil.rmtree(older)
        path.unlink(missing_ok=True)
    dist.barrier()


def read_facts(parts: Path) -> dict[str, str]:
    """Return what was saved beside a checkpoint's tensors.

    Raises:
        BadInputError: It is no checkpoint.
    """
    try:
        return dict(json.loads((parts / _FACTS).read_text(encoding="utf-8")))
    except ValueError:
        raise BadInputError(parts, "this is no checkpoint", "remove it and run again") from None


def load_parts(parts: Path, tensors: Mapping[str, Tensor]) -> None:
    """Fill the tensors, in place, with a checkpoint's; DTensors with the part that this process holds."""
    import torch.distributed as dist
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
    from torch.distributed.checkpoint.state_dict_loader import load

    alone = not dist.is_initialized()
    with warnings.catch_warnings():
        if alone:
            warnings.filterwarnings("ignore", message="torch.distributed is disabled")  # as is meant
        load(dict(tensors), storage_reader=HuggingFaceStorageReader(str(parts)), no_dist=alone)


def read_parts(parts: Path) -> dict[str, Tensor]:
    """Return all tensors of a checkpoint, whole, on the CPU."""
    import torch
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
    from torch.distributed.checkpoint.metadata import TensorStorageMetadata

    facts = HuggingFaceStorageReader(str(parts)).read_metadata().state_dict_metadata
    found = {
        name: torch.empty(fact.size, dtype=fact.properties.dtype)
        for name, fact in facts.items()
        if isinstance(fact, TensorStorageMetadata)
    }
    load_parts(parts, found)
    return found
