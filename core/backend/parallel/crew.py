"""The processes that torchrun starts to train together: who they are, and what they tell one another."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.backend.config import Config
from core.errors import MixdeskError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
_BUCKET = 2**23  # numbers that travel together: 32 MB in fp32
_RECORDS = ("run.json", "metrics.jsonl", "stack.json")


@dataclass(frozen=True, slots=True)
class Crew:
    """The processes that train together: this one's number, how many there are, its number on its machine."""

    rank: int
    size: int
    local: int

    @property
    def leads(self) -> bool:
        """Whether this process writes what people read."""
        return self.rank == 0

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
        dist.broadcast_object_list(told, src=0)
        if told[0] is not None:
            raise told[0]
        return found

    def shared(self, act: Callable[[], T]) -> T:
        """Return everywhere what the leader found."""
        import torch.distributed as dist

        told = [self.led(act)]
        dist.broadcast_object_list(told, src=0)
        found: T = told[0]  # type: ignore[assignment] # the leader's is no None of `led`
        return found

    def summed(self, tensor: Tensor) -> Tensor:
        """Return the sum over all processes, in place."""
        import torch.distributed as dist

        dist.all_reduce(tensor)
        return tensor

    def add_up(self, gradients: Iterable[Tensor], part: float) -> None:
        """Replace gradients, in place, by the sums over all processes of `part` of each.

        They travel in buckets, each while the next is filled.
        """
        import torch
        import torch.distributed as dist

        sent = []
        for bucket in _buckets(gradients):
            flat = torch.cat([gradient.flatten() for gradient in bucket]).mul_(part)
            sent.append((bucket, flat, dist.all_reduce(flat, async_op=True)))
        for bucket, flat, work in sent:
            assert work is not None
            work.wait()
            pieces = torch.split(flat, [gradient.numel() for gradient in bucket])
            for gradient, piece in zip(bucket, pieces, strict=True):
                gradient.copy_(piece.view_as(gradient))

    @contextmanager
    def together(
        self, config: Config, out: Path, taken: Callable[[], AbstractContextManager[None]]
    ) -> Iterator[tuple[Config, Path]]:
        """Join the others; yield the config for this process's device, and a folder for its records.

        The leader holds `out` by `taken`; the others write copies of the records that nobody reads.
        """
        import torch.distributed as dist

        device = self._device(config)
        with ExitStack() as held:
            self.led(lambda: held.enter_context(taken()))
            folder = out
            if not self.leads:
                folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="mixdesk-"))) / "run"
                _copy_records(out, folder)
            dist.barrier()
            yield config.model_copy(update={"device": device}), folder

    def _device(self, config: Config) -> str:
        """Join the others, once in a process's life, and return the device that is this process's own."""
        import torch
        import torch.distributed as dist

        there = torch.cuda.is_available()
        on_gpu = config.device.startswith("cuda") or (config.device == "auto" and there)
        if there and self.local < torch.cuda.device_count():
            torch.cuda.set_device(self.local)
        if not dist.is_initialized():
            # Preparing the data may take long, and the others wait for it; torchrun ends them if it fails.
            dist.init_process_group("cpu:gloo,cuda:nccl" if there else "gloo", timeout=timedelta(days=1))
            atexit.register(dist.destroy_process_group)
        return f"cuda:{self.local}" if on_gpu else "cpu"


def crew_of_this_process() -> Crew | None:
    """Return what torchrun says of this process; None where it trains by itself."""
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR")
    if any(name not in os.environ for name in names) or int(os.environ["WORLD_SIZE"]) == 1:
        return None
    return Crew(*(int(os.environ[name]) for name in names[:3]))


def _copy_records(source: Path, target: Path) -> None:
    target.mkdir()
    for name in _RECORDS:
        for path in (*source.glob(name), *source.glob(f"*/{name}")):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)


def _buckets(tensors: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    bucket: list[Tensor] = []
    for tensor in tensors:
        bucket.append(tensor)
        if sum(t.numel() for t in bucket) >= _BUCKET:
            yield bucket
            bucket = []
    if bucket:
        yield bucket
