"""TensorBoard's event files beside a run's lines of metrics: the same numbers, as curves."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from core.backend.record import Metrics


class Board:
    """The event file of one run, in its folder `tensorboard`, written anew whenever the run goes on."""

    def __init__(self, folder: Path, lines: Iterable[Metrics], began: float) -> None:
        """Replace what is there by the lines so far; `began` is when the run did, in seconds since 1970."""
        from tensorboardX.event_file_writer import EventsWriter

        self._began, self._folder = began, folder / "tensorboard"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._writer: Any = EventsWriter(str(self._folder / "events"))
        for line in lines:
            self.add(line)

    def add(self, line: Metrics) -> None:
        """Write one line's numbers, and see them to the file."""
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in _numbers(line)]
        event = Event(
            step=line["step"], wall_time=self._began + line["seconds"], summary=Summary(value=values)
        )
        self._writer.write_event(event)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def _numbers(line: Metrics) -> Iterator[tuple[str, float]]:
    for domain, loss in line["losses"].items():
        yield f"losses/{domain}", loss
        yield f"bits_per_byte/{domain}", line["bits_per_byte"][domain]
    single = {name: line[name] for name in ("train_loss", "learning_rate", "tokens_per_second")}
    measures = {f"measures/{name}": value for name, value in line["measures"].items()}
    for name, value in (single | measures).items():
        if isinstance(value, float | int):
            yield name, value
