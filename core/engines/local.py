"""A pool of processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from core.disk import is_alive

PARENT_SECONDS = 1.0  # between a worker's looks at its parent
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Runs in `workers` processes (default: every core this process may use); 1 runs right here.

    At most twice as many items as workers are under way, so memory does not grow with the corpus.
    """

    workers: int | None = None

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield `function(item)` in order; `function` must be importable, for it travels by pickle."""
        workers = self.workers or len(os.sched_getaffinity(0))
        if workers == 1:
            yield from map(function, items)
            return
        # Fork is unsafe once threads run (torch, faiss); a fork server starts clean and then forks fast.
        context = multiprocessing.get_context("forkserver")
        pending: deque[Future[R]] = deque()
        with ProcessPoolExecutor(
            workers, mp_context=context, initializer=_leave_with, initargs=(os.getpid(),)
        ) as pool:
            try:
                for item in items:
                    pending.append(pool.submit(function, item))
                    if len(pending) >= 2 * workers:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _leave_with(parent: int) -> None:
    """End this worker soon after its parent was killed: nobody is left to tell it to stop."""

    def watch() -> None:
        while is_alive(parent):
            time.sleep(PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
