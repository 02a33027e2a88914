"""Work that the leader alone knows as a whole: the others do with it what it asks of all, call after call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from core.backend.parallel.crew import crew_of_this_process
from core.errors import MixdeskError
from core.types import Progress

if TYPE_CHECKING:
    from core.backend.config import Config

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _End:
    """The last word: what the leader found, or what went wrong."""

    found: Any = None
    error: MixdeskError | None = None


def conducted(config: Config, work: Callable[[], T]) -> T:
    """Do a piece of work; of several processes the leader does it, and all return what it found.

    Until it ends the others do what the leader asks of all by `asked`.

    Raises:
        MixdeskError: What the work raised, in every process.
    """
    crew = crew_of_this_process()
    if crew is None:
        return work()
    crew.joined(config)
    if crew.leads:
        try:
            end = _End(work())
        except MixdeskError as error:
            end = _End(error=error)
        _tell(end)
    else:
        while not isinstance(end := _tell(None), _End):
            with suppress(MixdeskError):  # the leader has met it, too, and says what follows from it
                end()
    if end.error is not None:
        raise end.error
    found: T = end.found
    return found


def asked(call: Callable[..., T], progress: Progress, /, *arguments: object, **keys: object) -> T:
    """Call a function of a module, in work that is `conducted`; of several processes, in all.

    Args:
        call: The function; it takes a `progress`, too.
        progress: What it is given here; in the others it speaks to nobody.
        arguments: What travels to the others.
        keys: The same.
    """
    if crew_of_this_process() is not None:
        _tell(partial(call, *arguments, **keys))
    return call(*arguments, progress=progress, **keys)


def _tell(word: Any) -> Any:
    """Give the leader's word to all, and return it."""
    import torch.distributed as dist

    told = [word]
    dist.broadcast_object_list(told, src=0)
    return told[0]
