"""How a stack's models share a processor: on a GPU all at once, on a CPU some to each core."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")
_TOKENS = 4096  # of the models that one core takes at once: fewer are overhead, more leave its cache


class Lanes:
    """Cuts a stack of models into slices and runs a function on each.

    On a GPU, and for one model, there is one slice. On a CPU each core has models of its own: no core waits
    for another within a step, and what one works on stays in its cache. The slices follow from the numbers of
    models, tokens and threads, not from time. Use it as a context, which ends its threads.
    """

    def __init__(self, tokens: int, whole: bool) -> None:
        """Start nothing yet.

        Args:
            tokens: Of one model in a micro-batch.
            whole: Whether to leave the stack whole, as a GPU wants it.
        """
        import torch

        self._whole, self._threads = whole, torch.get_num_threads()
        self._together = max(1, _TOKENS // tokens)
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Lanes:
        """Return itself; threads start with the first function that needs them."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads, and let single operations have all cores again."""
        import torch

        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
            torch.set_num_threads(self._threads)

    def slices(self, models: int) -> list[slice]:
        """Cut a number of models."""
        if self._whole or models == 1:
            return [slice(0, models)]
        size = max(1, min(self._together, -(-models // self._threads)))
        return [slice(start, min(start + size, models)) for start in range(0, models, size)]

    def map(self, function: Callable[[slice], T], models: int) -> list[T]:
        """Run the function on every slice; the results are in their order."""
        slices = self.slices(models)
        if len(slices) == 1 or self._threads == 1:
            return [function(some) for some in slices]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, "lane", _alone)
        return list(self._pool.map(function, slices))


def _alone() -> None:
    """Let this thread's operations run in it alone."""
    import torch

    torch.set_num_threads(1)
