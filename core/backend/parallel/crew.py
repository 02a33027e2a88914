"""The processes that torchrun starts to train together: who they are, and what they tell one another."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.backend.config import Config
from core.errors import MixdeskError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributed import ProcessGroup

T = TypeVar("T")
# Preparing data takes long, and so does the part of a stack that others wait for; torchrun ends all if one fails.
_PATIENCE = timedelta(days=7)
_RECORDS = ("run.json", "metrics.jsonl", "stack.json")


@dataclass(frozen=True, slots=True)
class Crew:
    """The processes that train together: this one's number, how many there are, its number on its machine.

    They speak by `group`; None: by that of all that a step exchanges.
    """

    rank: int
    size: int
    local: int
    group: ProcessGroup | None = field(default=None, compare=False)

    @property
    def leads(self) -> bool:
        """Whether this process writes what people read."""
        return self.rank == 0

    @property
    def here(self) -> int:
        """How many of them share this machine."""
        return int(os.environ.get("LOCAL_WORLD_SIZE", self.size))

    def aside(self) -> Crew:
        """Return the same crew for another thread of each process: what is said there meets no step's sums."""
        return replace(self, group=_second_group())

    @property
    def rows(self) -> slice:
        """The rows of each batch that this process takes."""
        return slice(self.rank, None, self.size)

    def led(self, act: Callable[[], T]) -> T | None:
        """Let the leader do something while the others wait; what goes wrong there is raised everywhere."""
        import torch.distributed as dist

        found, error = None, None
        if self.leads:
            try:
                found = act()
            except (MixdeskError, OSError) as caught:
                error = caught
        told = [error]
        dist.broadcast_object_list(told, src=0, group=self.group)
        if told[0] is not None:
            raise told[0]
        return found

    def shared(self, act: Callable[[], T]) -> T:
        """Return everywhere what the leader found."""
        import torch.distributed as dist

        told = [self.led(act)]
        dist.broadcast_object_list(told, src=0, group=self.group)
        found: T = told[0]  # type: ignore[assignment] # the leader's is no None of `led`
        return found

    def each(self, act: Callable[[], None]) -> None:
        """Let every process do something of its own; what goes wrong in one is raised everywhere, at the end."""
        import torch.distributed as dist

        error: Exception | None = None
        try:
            act()
        except (MixdeskError, OSError) as caught:
            error = caught
        told: list[Exception | None] = [None] * self.size
        dist.all_gather_object(told, error)
        for first in filter(None, told):
            raise first

    def summed(self, tensor: Tensor) -> Tensor:
        """Return the sum over all processes, in place."""
        import torch.distributed as dist

        dist.all_reduce(tensor)
        return tensor

    @contextmanager
    def held(self, taken: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
        """Let the leader hold a folder by `taken`, for all."""
        with ExitStack() as held:
            self.led(lambda: held.enter_context(taken()))
            yield

    @contextmanager
    def records(self, out: Path) -> Iterator[Path]:
        """Yield a folder for records: the leader's is `out`, the others have copies that nobody reads."""
        import torch.distributed as dist

        with ExitStack() as held:
            folder = out
            if not self.leads:
                folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="mixdesk-"))) / "run"
                _copy_records(out, folder)
            dist.barrier()
            yield folder

    def joined(self, config: Config) -> Config:
        """Join the others, once in a process's life; return the config for the device that is this process's own."""
        import torch
        import torch.distributed as dist

        there = torch.cuda.is_available()
        on_gpu = config.device.startswith("cuda") or (config.device == "auto" and there)
        if there and self.local < torch.cuda.device_count():
            torch.cuda.set_device(self.local)
        if not dist.is_initialized():
            dist.init_process_group("cpu:gloo,cuda:nccl" if there else "gloo", timeout=_PATIENCE)
            atexit.register(dist.destroy_process_group)
        return config.model_copy(update={"device": f"cuda:{self.local}" if on_gpu else "cpu"})


@cache
def _second_group() -> ProcessGroup:
    import torch.distributed as dist

    found: ProcessGroup = dist.new_group(backend="gloo", timeout=_PATIENCE)
    return found


def crew_of_this_process() -> Crew | None:
    """Return what torchrun says of this process; None where it trains by itself."""
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR")
    if any(name not in os.environ for name in names) or int(os.environ["WORLD_SIZE"]) == 1:
        return None
    rank, size, local = (int(os.environ[name]) for name in names[:3])
    return Crew(rank, size, local)


def _copy_records(source: Path, target: Path) -> None:
    target.mkdir()
    for name in _RECORDS:
        for path in (*source.glob(name), *source.glob(f"*/{name}")):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
