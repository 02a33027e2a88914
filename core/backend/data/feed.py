"""Batches made ready while the step before them runs: their order is the schedules' and no other."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from core.backend.data.schedule import Schedule, Window
from core.backend.data.shards import Shard

if TYPE_CHECKING:
    from torch import Tensor

_AHEAD = 2  # batches that wait, ready, for the step


@dataclass(frozen=True, slots=True)
class Batch:
    """One step of all models: tokens (models, windows, context + 1) on the device, and where they are from."""

    step: int
    tokens: Tensor
    windows: list[list[Window]]  # by model; of the whole batch, also where others take a part of it


class Feed:
    """Reads windows in a thread of its own, two batches ahead of the step that takes them.

    What a step gets depends on its number alone, so that a run may begin at any step and nothing is lost
    by stopping. Use it as a context, which ends the thread; `waited` counts the seconds that steps spent
    waiting for it. For a GPU the batches lie in pinned memory and are copied without waiting.
    """

    def __init__(
        self,
        schedules: Sequence[Schedule],
        shards: Sequence[Shard],
        context: int,
        device: str,
        rows: slice = slice(None),
    ) -> None:
        """Read nothing yet.

        Args:
            schedules: One a model; all have one batch size.
            shards: The domains' training parts, in the order in which the schedules number them.
            context: Tokens of a window; each comes with the one that follows.
            device: Where the tokens go.
            rows: The windows of each batch that this process takes.
        """
        self.waited = 0.0
        self._schedules, self._shards = list(schedules), list(shards)
        self._context, self._device, self._rows = context, device, rows
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Feed:
        """Return itself; the thread starts with the first batch that is asked for."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread, whatever it is at."""
        self.close()

    def close(self) -> None:
        """End the thread and wait until it has ended."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def batches(self, from_step: int, to_step: int) -> Iterator[Batch]:
        """Yield the batches of the steps from `from_step` up to but not `to_step`.

        Raises:
            Exception: What reading a window raised, such as a disk's error, at the step that it belongs to.
        """
        self.close()
        self._stop = threading.Event()
        ready: queue.Queue[Batch | Exception] = queue.Queue(_AHEAD)
        stop = self._stop
        self._thread = threading.Thread(
            target=self._fill, args=(ready, stop, from_step, to_step), daemon=True, name="feed"
        )
        self._thread.start()
        try:
            for _ in range(from_step, to_step):
                began = time.perf_counter()
                found = ready.get()
                self.waited += time.perf_counter() - began
                if isinstance(found, Exception):
                    raise found
                yield self._on_device(found)
        finally:
            stop.set()

    def batch(self, step: int) -> Batch:
        """Return the batch of one step, read here and now."""
        return self._on_device(self._read(step))

    def ids(self, batch: Batch, model: int) -> list[str]:
        """Return the ids of the documents in a model's part of a batch, in order of name."""
        found = {
            identity
            for window in batch.windows[model]
            for identity in self._shards[window.domain].ids(window.index, self._context)
        }
        return sorted(found)

    def _fill(
        self, ready: queue.Queue[Batch | Exception], stop: threading.Event, step: int, end: int
    ) -> None:
        while step < end and not stop.is_set():
            found: Batch | Exception
            try:
                found = self._read(step)
            except Exception as error:
                found = error
            while not stop.is_set():
                try:
                    ready.put(found, timeout=0.1)
                    break
                except queue.Full:
                    continue
            if isinstance(found, Exception):
                return
            step += 1

    def _read(self, step: int) -> Batch:
        import torch

        windows = [schedule.batch(step) for schedule in self._schedules]
        rows = len(windows[0][self._rows])
        tokens = np.empty((len(windows), rows, self._context + 1), dtype=np.int64)
        for model, some in enumerate(windows):
            for row, window in enumerate(some[self._rows]):
                tokens[model, row] = self._shards[window.domain].window(window.index, self._context)
        found = torch.from_numpy(tokens)
        return Batch(step, found.pin_memory() if self._device.startswith("cuda") else found, windows)

    def _on_device(self, batch: Batch) -> Batch:
        return Batch(batch.step, batch.tokens.to(self._device, non_blocking=True), batch.windows)
