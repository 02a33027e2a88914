"""Where bricks run: this machine's processes. The same results, in the same order, on any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from core.engines.local import LocalEngine

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["Engine", "LocalEngine"]


class Engine(Protocol):
    """Applies a function to items, possibly many at once."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield `function(item)` in the items' order; an exception of the function's comes through."""
