"""Checkpoints that several processes write together, each its part, and any number of them reads.

By torch's distributed checkpointing, in safetensors files: nothing is ever unpickled. A checkpoint is a
folder named after its step; it gets that name once it is whole, and only then the one before it goes.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend._files import write_json
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributed.checkpoint.api import CheckpointException

    from core.backend.parallel.crew import Crew

_FACTS = "facts.json"


def folder_of(path: Path) -> Path:
    """Return the folder of checkpoints in parts that stands for a checkpoint's file."""
    return path.with_suffix("")


def newest(path: Path) -> Path | None:
    """Return the last whole checkpoint in parts that stands for a checkpoint's file, if there is one."""
    found = [p for p in folder_of(path).glob("[0-9]*") if (p / _FACTS).is_file()]
    return max(found, key=lambda p: int(p.name), default=None)


def save_parts(
    crew: Crew, path: Path, facts: dict[str, str], step: int, tensors: Mapping[str, Tensor]
) -> None:
    """Write a checkpoint, each process what it holds; all processes call this together.

    Args:
        crew: The processes.
        path: The file for which the checkpoint stands, and which it replaces.
        facts: What is to be known beside the tensors.
        step: The steps done.
        tensors: By name: whole ones, equal everywhere, or DTensors.

    Raises:
        OSError: A disk failed or is full, in every process; the checkpoint before is as it was.
    """
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter
    from torch.distributed.checkpoint.state_dict_saver import save

    folder = folder_of(path)
    aside = folder / f".{step}.part"
    crew.led(lambda: _empty(folder, aside))
    writer = HuggingFaceStorageWriter(str(aside), save_distributed=True)
    try:
        save(dict(tensors), storage_writer=writer, process_group=crew.group)
    except CheckpointException as error:
        crew.led(lambda: shutil.rmtree(aside, ignore_errors=True))
        raise _of_the_disk(error) from None
    crew.led(lambda: _replace(path, facts, step, aside))


def _empty(folder: Path, aside: Path) -> None:
    """Make the folder to write to; what was cut short before goes."""
    for stale in folder.glob(".*.part"):
        shutil.rmtree(stale)
    aside.mkdir(parents=True)


def _replace(path: Path, facts: dict[str, str], step: int, aside: Path) -> None:
    """Give what has been written its name, and remove what it replaces."""
    for part in aside.iterdir():
        with part.open("rb") as file:
            os.fsync(file.fileno())
    write_json(aside / _FACTS, facts)
    target = folder_of(path) / str(step)
    if target.exists():
        shutil.rmtree(target)
    aside.rename(target)
    for older in folder_of(path).glob("[0-9]*"):
        if older != target:
            shutil.rmtree(older)
    path.unlink(missing_ok=True)


def _of_the_disk(error: CheckpointException) -> Exception:
    """Return what went wrong in the first process in which anything did."""
    from safetensors import SafetensorError

    first, _ = next(iter(error.failures.values()))
    if isinstance(first, OSError):
        return first
    if isinstance(first, SafetensorError):
        return OSError(str(first))
    return RuntimeError(str(first))


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
