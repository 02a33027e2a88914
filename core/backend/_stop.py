"""What is asked to stop writes down that it was, and can go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOPPED = "was asked to stop; the same command goes on from the last checkpoint"


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM (a job that is cancelled, a cluster's time limit) end the block as Ctrl-C does.

    Further ones change nothing until the block is left: what sends them kills in the end. Outside the main
    thread, which alone hears signals, nothing changes.
    """
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or before in (None, _stop):
        yield
        return
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)
