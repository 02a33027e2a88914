"""Training in several processes, as torchrun starts them: each takes rows of every batch, or models of a stack.

Of one run a process holds the whole model, and gradients are added up (`ddp`), or it holds a part of every
tensor, which the others lend it layer by layer (`fsdp`). The leader alone writes records; checkpoints are
written by all; losses are those of one process but for rounding. A stack's models are shared out instead:
each process trains parts of the stack by itself, to what one process comes to with the same parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.backend.config import Config
from core.backend.data.shards import Data
from core.backend.parallel.crew import Crew
from core.backend.record import Run, read_run
from core.backend.training.seat import Seat
from core.backend.training.session import Session, Start
from core.errors import BadInputError
from core.types import Progress, silent

if TYPE_CHECKING:
    from core.backend.data.sealed import Sealed
    from core.backend.training.loop import Training
    from core.backend.training.trunk import Trunk


class CrewSession(Session):
    """A session that several processes hold together; each calls the same methods at the same time."""

    def __init__(
        self,
        crew: Crew,
        shared: Path,
        sealed: Sealed,
        manifest_path: Path,
        config: Config,
        out: Path,
        progress: Progress,
        start: Start,
        until: float,
        data: Path | None = None,
    ) -> None:
        """Check what can be checked: as `Session`, and `shared` is the folder that all see.

        Raises:
            BadInputError: There are more processes than windows in a batch.
        """
        progress = progress if crew.leads else silent
        super().__init__(sealed, manifest_path, config, out, progress, start, until, data or shared / "data")
        self.crew, self.shared = crew, shared
        if config.batch_size < crew.size:
            rule = f"is fewer than {crew.size} processes"
            raise BadInputError(f"batch_size {config.batch_size}", rule, "raise it or start fewer")

    def _described(self, config: Config, key: str) -> Run:
        return super()._described(config, key) | {"processes": self.crew.size}

    def _parts(self, seats: dict[str, Seat], most: int | None) -> list[list[str]]:
        return self.crew.shared(lambda: super(CrewSession, self)._parts(seats, most))

    def _data(self) -> Data:
        found = self.crew.led(super()._data)
        return found or super()._data()

    def _train(
        self, seats: list[Seat], path: Path, key: str, progress: Progress, trunk: Trunk | None = None
    ) -> None:
        super()._train(seats, self.shared / path.name, key, progress, trunk)

    def _training(
        self, data: Data, seats: list[Seat], path: Path, key: str, progress: Progress, trunk: Trunk | None
    ) -> Training:
        from core.backend.parallel.crewed import CrewTraining, ShardedTraining, chosen  # loads torch

        size = self.crew.size
        kind = self.crew.shared(lambda: chosen(self.config, seats, data.vocabulary, size))
        for seat in seats:
            seat.run["parallel"] = kind
        made = ShardedTraining if kind == "fsdp" else CrewTraining
        return made(self.crew, self.sealed, data, seats, path, key, progress, trunk)


class SpreadSession(Session):
    """A session in which each process trains parts of a stack of its own, and writes what belongs to them.

    The parts are those that the stack was begun with, whatever the number of processes: some may have none.
    """

    def __init__(
        self,
        crew: Crew,
        sealed: Sealed,
        manifest_path: Path,
        config: Config,
        out: Path,
        progress: Progress,
        start: Start,
        until: float,
        data: Path | None = None,
    ) -> None:
        """Check what can be checked: as `Session`."""
        progress = progress if crew.leads else silent
        super().__init__(sealed, manifest_path, config, out, progress, start, until, data)
        self.crew = crew

    def _check_stack(self, seats: dict[str, Seat]) -> None:
        self.crew.led(lambda: super(SpreadSession, self)._check_stack(seats))

    def _parts(self, seats: dict[str, Seat], most: int | None) -> list[list[str]]:
        return self.crew.shared(lambda: super(SpreadSession, self)._parts(seats, most))

    def _count(self, seats: dict[str, Seat], most: int | None) -> int:
        turns = -(-super()._count(seats, most) // self.crew.size)
        return min(len(seats), turns * self.crew.size)

    def _fit(self, seat: Seat) -> int:
        fit = super()._fit(seat)
        shared = seat.run["device"] == "cpu" and seat.config.stack_most is None
        return max(1, fit // self.crew.here) if shared else fit

    def _mine(self, parts: int) -> range:
        return range(self.crew.rank, parts, self.crew.size)

    def _train_parts(self, seats: dict[str, Seat], parts: list[list[str]], trunk: Trunk | None) -> None:
        if self.crew.shared(lambda: any(seat.run["state"] != "done" for seat in seats.values())):
            self.crew.led(self._data)  # once for all, before each opens them
        self.crew.each(lambda: super(SpreadSession, self)._train_parts(seats, parts, trunk))
        for seat in seats.values():
            seat.run = read_run(seat.folder) or seat.run
