"""A GPU's step recorded once and replayed: a thousand launches become one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_WARM = 3  # steps in which kernels are chosen and compiled, before one is recorded


class Captured:
    """A step as a CUDA graph: the same work on the same places in memory, with new tokens each time.

    The first steps run as they are. Whatever the step changes must lie where it lay when it was recorded;
    its learning rates are tensors that are filled before.
    """

    def __init__(self, step: Callable[[Tensor], Tensor]) -> None:
        """Record nothing yet.

        Args:
            step: Makes a step with some tokens, and returns what is to be known of it, without waiting.
        """
        self._step, self._calls = step, 0
        self._graph: object = None

    def __call__(self, tokens: Tensor) -> Tensor:
        """Make a step; what is returned is overwritten by the next."""
        import torch

        self._calls += 1
        if self._calls <= _WARM:
            side = torch.cuda.Stream(tokens.device)  # type: ignore[no-untyped-call] # torch leaves it untyped
            side.wait_stream(torch.cuda.current_stream(tokens.device))
            with torch.cuda.stream(side):
                found = self._step(tokens)
            torch.cuda.current_stream(tokens.device).wait_stream(side)
            return found
        if self._graph is None:
            self._tokens = tokens.clone()
            graph = torch.cuda.CUDAGraph()
            # Records without computing; what the feed's thread asks of the GPU meanwhile is no part of it.
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self._found = self._step(self._tokens)
            self._graph = graph
        self._tokens.copy_(tokens)
        self._graph.replay()  # type: ignore[attr-defined] # a CUDAGraph by now
        return self._found
