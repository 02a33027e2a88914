"""A pool of processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from core.disk import is_alive

AHEAD = 2  # items that wait or run in another worker, each
PARENT_SECONDS = 1.0  # between a worker's looks at its parent
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Runs in `workers` processes (default: every core this process may use); 1 runs right here.

    This process is one of them: it works whenever the others have enough to do, and from the start, while
    they still load what they need; the last item is always its own, for others have some waiting by then.
    With `threads`, in as many threads of this process: for functions that leave the interpreter's lock alone
    for most of their time; what they return is not copied. Few items are under way at once, so memory does
    not grow with the corpus.
    """

    workers: int | None = None
    threads: bool = False

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield `function(item)` in order; `function` must be importable, for it travels by pickle."""
        workers = self.workers or len(os.sched_getaffinity(0))
        if workers == 1:
            yield from map(function, items)
            return
        others = workers if self.threads else workers - 1
        pending: deque[Future[R]] = deque()
        with self._pool(others) as pool:
            try:
                for item, is_last in _with_last(items):
                    is_short = sum(not future.done() for future in pending) < AHEAD * others
                    if self.threads and not is_short:
                        yield pending.popleft().result()
                    if self.threads or (is_short and not is_last):
                        pending.append(pool.submit(function, item))
                    else:
                        pending.append(_done(function, item))
                    while pending and (pending[0].done() or len(pending) > 2 * AHEAD * workers):
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _pool(self, others: int) -> Executor:
        if self.threads:
            return ThreadPoolExecutor(others)
        # Fork is unsafe once threads run (torch, faiss); a fork server starts clean and then forks fast.
        context = multiprocessing.get_context("forkserver")
        return ProcessPoolExecutor(
            others, mp_context=context, initializer=_leave_with, initargs=(os.getpid(),)
        )


def _with_last(items: Iterable[T]) -> Iterator[tuple[T, bool]]:
    """Yield each item and whether it is the last; one is taken ahead."""
    held: list[T] = []
    for item in items:
        if held:
            yield held.pop(), False
        held.append(item)
    if held:
        yield held.pop(), True


def _done(function: Callable[[T], R], item: T) -> Future[R]:
    """Apply the function here and now; what it raises comes in the item's turn."""
    future: Future[R] = Future()
    try:
        future.set_result(function(item))
    except Exception as error:  # whatever it is, it is raised where the result is asked for
        future.set_exception(error)
    return future


def _leave_with(parent: int) -> None:
    """End this worker soon after its parent was killed: nobody is left to tell it to stop."""

    def watch() -> None:
        while is_alive(parent):
            time.sleep(PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
