"""One call of training: who trains, in which parts, and a record of how it went, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend._files import fingerprint, read_json, write_json
from core.backend._stop import STOPPED, stoppable
from core.backend.config import Config
from core.backend.data.sealed import Sealed
from core.backend.data.shards import Data, prepare
from core.backend.model.memory import models_that_fit
from core.backend.record import Run, read_metrics, read_run, write_run
from core.backend.training.members import Member
from core.backend.training.seat import ALONE, Seat
from core.errors import BadInputError
from core.types import JSON, Progress

if TYPE_CHECKING:
    from core.backend.training.loop import Training
    from core.backend.training.trunk import Trunk

_ANOTHER = "name another --out or remove it"


@dataclass(frozen=True, slots=True)
class Start:
    """Where models begin: at fresh weights, or at a trunk."""

    folder: Path | None = None
    weights_only: bool = False

    def open(self) -> Trunk | None:
        """Read the trunk, if there is one."""
        if self.folder is None:
            return None
        from core.backend.training.trunk import open_trunk

        return open_trunk(self.folder, self.weights_only)


class Session:
    """A manifest, a config and a folder, held by this process."""

    def __init__(
        self,
        sealed: Sealed,
        manifest_path: Path,
        config: Config,
        out: Path,
        progress: Progress,
        start: Start,
        until: float,
        data: Path | None = None,
    ) -> None:
        """Check what can be checked before anything is prepared."""
        if not 0 < until <= 1:
            raise BadInputError(f"until {until}", "is no share of training", "give one above 0, at most 1")
        self.sealed, self.manifest_path, self.config = sealed, manifest_path, config
        self.out, self.progress = out, progress
        self.start, self.until = start, until
        self.folder = data or out / "data"

    def alone(self) -> Run:
        """Train the one run of the folder, or return it where it is done."""
        seat = self._seat(Member(ALONE), self.out, None)
        if seat.run["state"] == "done":
            return seat.run
        self._train([seat], self.out / "checkpoint.safetensors", seat.run["key"], self.progress)
        return seat.run

    def together(self, members: Sequence[Member], most: int | None) -> list[Run]:
        """Train the members in parts of at most `most` (None: as many as fit), and return their runs."""
        trunk = self.start.open()
        seats = {member.name: self._seat(member, self.out / member.name, trunk) for member in members}
        self._check_stack(seats)
        self._train_parts(seats, self._parts(seats, most), trunk)
        if len(seats) > 1 and all(seat.run["state"] == "failed" for seat in seats.values()):
            from core.backend.training.loop import DivergedError

            raise DivergedError("; ".join(f"{name}: {seat.run['error']}" for name, seat in seats.items()))
        return [seat.run for seat in seats.values()]

    # --- who trains ---------------------------------------------------------------------------------

    def _seat(self, member: Member, folder: Path, trunk: Trunk | None) -> Seat:
        """Return a member's seat, with the record of an earlier call where that is of the same run.

        Raises:
            BadInputError: The folder holds another run.
        """
        manifest = self.sealed.manifest
        config = member.config(self.config, manifest)
        course = member.course(manifest)
        facts: dict[str, JSON] = {"manifest": self.sealed.fingerprint, "config": config.fingerprint()}
        if (mixture := member.mixture_key(manifest)) is not None:
            facts["mixture"] = mixture
        if trunk is not None:
            facts["trunk"] = trunk.key
        key = fingerprint(facts)
        earlier = read_run(folder)
        if earlier is not None and earlier.get("key") != key:
            if self._begun(folder):
                raise BadInputError(folder, "holds a run of another manifest or config", _ANOTHER)
            earlier = None
        return Seat(member.name, folder, config, course, earlier or self._described(config, key))

    def _described(self, config: Config, key: str) -> Run:
        from core.backend.training.setup import describe

        run = describe(self.sealed, config, key, self.manifest_path)
        return run | {"trunk": str(self.start.folder.resolve()) if self.start.folder else None}

    def _check_stack(self, seats: dict[str, Seat]) -> None:
        """Refuse a folder that holds another stack."""
        path = self.out / "stack.json"
        key = self._key(list(seats.values()))
        there = path.exists() and self._stack()["key"] == key
        if path.exists() and not there and any(self._begun(self.out / name) for name in self._listed()):
            raise BadInputError(self.out, "holds a stack of other members", _ANOTHER)
        if not there:
            write_json(path, {"key": key, "members": list(seats), "parts": None})

    @staticmethod
    def _begun(folder: Path) -> bool:
        """Whether there is anything to lose: what was refused before its first step may be tried otherwise."""
        return bool(read_metrics(folder)) or (folder / "model").exists()

    def _listed(self) -> list[str]:
        """Return the members that the folder's stack was begun with."""
        found: list[str] = self._stack()["members"]
        return found

    def _stack(self) -> dict[str, JSON]:
        """Return what `stack.json` says.

        Raises:
            BadInputError: It is no record.
        """
        path = self.out / "stack.json"
        try:
            facts = read_json(path)
            return {name: facts[name] for name in ("key", "members", "parts")}
        except (ValueError, TypeError, KeyError):
            raise BadInputError(path, "is no record of a stack", "name another --out") from None

    def _parts(self, seats: dict[str, Seat], most: int | None) -> list[list[str]]:
        """Return which members train together: as it was begun, else in parts that fit."""
        facts = self._stack()
        if facts["parts"] is None:
            names, count = list(seats), self._count(seats, most)
            bounds = [number * len(names) // count for number in range(count + 1)]  # of nearly one size
            facts["parts"] = [names[start:end] for start, end in pairwise(bounds)]
            write_json(self.out / "stack.json", facts)
        found: list[list[str]] = facts["parts"]
        return found

    def _count(self, seats: dict[str, Seat], most: int | None) -> int:
        """Return into how many parts to cut the members: of `most` each, else as many as fit."""
        return -(-len(seats) // (most or self._fit(next(iter(seats.values())))))

    def _fit(self, seat: Seat) -> int:
        return models_that_fit(seat.config, seat.run["device"], seat.run["precision"] == "bf16")

    def _key(self, seats: Sequence[Seat]) -> str:
        """Return what the checkpoint of these models is of."""
        return fingerprint([[seat.name, seat.run["key"]] for seat in seats])

    # --- training -----------------------------------------------------------------------------------

    def _train_parts(self, seats: dict[str, Seat], parts: list[list[str]], trunk: Trunk | None) -> None:
        """Train parts of a stack, one after another; all of one failing does not stop the others."""
        from core.backend.training.loop import DivergedError

        mine = self._mine(len(parts))
        for turn, number in enumerate(mine):
            name = "checkpoint.safetensors" if len(parts) == 1 else f"checkpoint-{number}.safetensors"
            try:
                told = _turn_of(self.progress, turn, len(mine))
                self._train_part([seats[one] for one in parts[number]], self.out / name, told, trunk)
            except DivergedError:
                if len(seats) == 1:
                    raise

    def _mine(self, parts: int) -> range:
        """Return the numbers of the parts that this process trains."""
        return range(parts)

    def _train_part(self, seats: list[Seat], path: Path, progress: Progress, trunk: Trunk | None) -> None:
        """Train a part of a stack, unless it is done."""
        key = self._key(seats)
        if not all(seat.run["state"] == "done" for seat in _living(seats, path, key)):
            self._train(seats, path, key, progress, trunk)

    def _train(
        self, seats: list[Seat], path: Path, key: str, progress: Progress, trunk: Trunk | None = None
    ) -> None:
        """Train some seats together, and see to it that each `run.json` tells how it went."""
        seats = _living(seats, path, key)
        with stoppable(), self._recorded(seats, path, key):
            data = self._data()
            training = self._training(data, seats, path, key, progress, trunk)
            steps = seats[0].config.steps
            stop = max(1, round(self.until * steps))
            training.finish(stop)
            for seat in training.seats:
                if stop == steps:
                    seat.end("done")
                else:
                    seat.end("interrupted", f"stopped at step {stop} of {steps}, as asked")

    def _training(
        self, data: Data, seats: list[Seat], path: Path, key: str, progress: Progress, trunk: Trunk | None
    ) -> Training:
        from core.backend.training.loop import Training

        return Training(self.sealed, data, seats, path, key, progress, trunk)

    def _data(self) -> Data:
        return prepare(self.sealed, self.config.settled(self.sealed.manifest), self.folder, self.progress)

    @contextmanager
    def _recorded(self, seats: Sequence[Seat], path: Path, key: str) -> Iterator[None]:
        """Write down that the runs run, and how they ended, whatever happens short of a kill."""
        try:
            for seat in seats:
                seat.folder.mkdir(exist_ok=True)
                started = seat.run["started"]
                seat.run = self._described(seat.config, seat.run["key"])
                seat.run |= {
                    "started": started, "checkpoint_key": key, "stack": len(seats),
                    "data": _relative(self.folder, seat.folder), "checkpoint": _relative(path, seat.folder),
                }  # fmt: skip
                if seat.folder != self.out:
                    seat.run["member"] = seat.name
                write_run(seat.folder, seat.run)
            with stoppable():
                yield
        except BaseException as error:
            asked_to_stop = not isinstance(error, Exception)
            state = "interrupted" if asked_to_stop else "failed"
            told = STOPPED if asked_to_stop else str(error) or type(error).__name__
            with suppress(OSError):  # where the disk is what failed, the old run.json stays
                for seat in seats:
                    if seat.run["state"] == "running":
                        seat.end(state, told)
            raise


def _turn_of(progress: Progress, turn: int, turns: int) -> Progress:
    """Return the progress of one of several trainings, told as a share of all."""

    def told(done: int, total: int | None, message: str = "") -> None:
        if total is not None and message.startswith("training"):
            done, total = done + turn * total, total * turns
        progress(done, total, message)

    return told


def _living(seats: Sequence[Seat], path: Path, key: str) -> list[Seat]:
    """Return those that have not been stopped: the ones in the checkpoint, where there is one."""
    from core.backend.training.checkpoint import has_checkpoint, read_place

    if not has_checkpoint(path):
        return list(seats)

    living = read_place(path, key).recent
    return [seat for seat in seats if seat.name in living]


def _relative(path: Path, folder: Path) -> str:
    import os.path

    return os.path.relpath(path.resolve(), folder.resolve())
