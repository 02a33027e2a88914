"""Work done beside the training, in a thread of its own: a checkpoint goes to the disk while steps go on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class Beside:
    """Does one thing at a time in another thread; what goes wrong there is raised here, at the next call.

    Use it as a context, which waits until all is done.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._pool: ThreadPoolExecutor | None = None
        self._due: Future[None] | None = None

    def __enter__(self) -> Beside:
        """Return itself; the thread starts with the first thing to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait until the last thing is done, and end the thread."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()
        if error is None:
            self.wait()

    def do(self, act: Callable[[], None]) -> None:
        """Begin with something, once what was begun before is done."""
        self.wait()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "beside")
        self._due = self._pool.submit(act)

    def look(self) -> None:
        """Raise what has gone wrong, if anything has; wait for nothing."""
        if self._due is not None and self._due.done():
            self.wait()

    def wait(self) -> None:
        """Wait until what was begun is done, and raise what went wrong."""
        due, self._due = self._due, None
        if due is not None:
            due.result()
