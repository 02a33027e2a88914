"""The backend's door: a sealed manifest and a config go in, a run comes out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar, Protocol

from core.backend._files import held_alone
from core.backend.config import Config
from core.backend.data.sealed import open_manifest
from core.backend.parallel.crew import crew_of_this_process
from core.backend.parallel.distributed import CrewSession, SpreadSession
from core.backend.record import Run
from core.backend.training.members import Member, check_members
from core.backend.training.session import Session, Start
from core.errors import BadInputError, InterruptedRunError
from core.types import Progress, silent


class Backend(Protocol):
    """Trains on a manifest somewhere: here, or wherever an implementation takes it."""

    name: ClassVar[str]
    version: ClassVar[int]

    def submit(self, manifest: Path, config: Config) -> Run:
        """Train, or go on training, and return the finished run."""


def train(
    manifest_path: Path, config: Config, out: Path, progress: Progress = silent, *, until: float = 1.0
) -> Run:
    """Train on a manifest and return the run, as `run.json` in `out` holds it.

    The same call after a stop or a kill at any moment goes on from the last checkpoint, on a CPU to
    the same losses to the bit; after the end it returns the result at once. `out` then holds
    `model/` (safetensors, which transformers loads), `metrics.jsonl` (a line an evaluation),
    `data/` (tokenizer, tokens) and the checkpoint.

    Args:
        manifest_path: The `manifest.json` of an export.
        config: How to train.
        out: The run's folder, made where it is missing; it holds one run only.
        progress: Told of every step.
        until: The share of training to stop at, with a checkpoint; a later call goes on from there.

    Raises:
        BadInputError: The config does not fit the manifest, or `out` holds another run or other files.
        TamperedError: A data file is missing or changed.
        DivergedError: The loss is no number any more.
        InterruptedRunError: A disk failed or is full; the same call goes on once there is room.
    """
    _let_threads_sleep()
    if crew := crew_of_this_process():
        config = crew.joined(config)
        sealed = crew.shared(lambda: open_manifest(manifest_path, progress))
        with _whole_disk(out), crew.held(lambda: _taken(out, "run.json")), crew.records(out) as folder:
            return CrewSession(
                crew, out, sealed, manifest_path, config, folder, progress, Start(), until
            ).alone()
    sealed = open_manifest(manifest_path, progress)
    with _taken(out, "run.json"):
        session = Session(sealed, manifest_path, config, out, progress, Start(), until)
        return session.alone()


def train_stack(
    manifest_path: Path,
    config: Config,
    members: Sequence[Member],
    out: Path,
    progress: Progress = silent,
    *,
    trunk: Path | None = None,
    trunk_weights_only: bool = False,
    until: float = 1.0,
    data: Path | None = None,
) -> list[Run]:
    """Train some models of one shape together and return their runs, in the order of the members.

    `out/NAME` is each member's folder, as that of a run but for `data/` and the checkpoint, which stand in
    `out` itself beside `stack.json`. The same call goes on where it stopped, and members that are done come
    back at once. A member that diverges is stopped, its run says `failed` and why, and the others go on. A
    stack of more models than fit (`stack_most`) trains in parts, one after another.

    Args:
        manifest_path: The `manifest.json` of an export.
        config: How to train; members may replace its seed and learning rate.
        members: The models.
        out: The stack's folder.
        progress: Told of every step.
        trunk: The folder of a finished or stopped run, or of a stack's member, whose weights, moments and
            step the members start from.
        trunk_weights_only: Take the trunk's weights alone and begin at step 0; it may then be a folder that
            holds no more than a model.
        until: The share of training to stop at, with a checkpoint.
        data: The folder of prepared data, where several stacks on one manifest share it.

    Raises:
        BadInputError: As for `train`, or a member is wrong, or the trunk does not fit.
        DivergedError: All members diverged.
        TamperedError: A data file is missing or changed.
        InterruptedRunError: A disk failed or is full; the same call goes on once there is room.
    """
    start = Start(trunk, trunk_weights_only)
    return _members(manifest_path, config, members, out, progress, start, until, data, None)


def train_serial(
    manifest_path: Path,
    config: Config,
    members: Sequence[Member],
    out: Path,
    progress: Progress = silent,
    *,
    trunk: Path | None = None,
    trunk_weights_only: bool = False,
    until: float = 1.0,
    data: Path | None = None,
) -> list[Run]:
    """Train the members of a stack one after another: the same folders, and the same losses but for rounding.

    See `train_stack` for the arguments and errors.
    """
    start = Start(trunk, trunk_weights_only)
    return _members(manifest_path, config, members, out, progress, start, until, data, 1)


def _members(
    manifest_path: Path,
    config: Config,
    members: Sequence[Member],
    out: Path,
    progress: Progress,
    start: Start,
    until: float,
    data: Path | None,
    most: int | None,
) -> list[Run]:
    check_members(members)
    _let_threads_sleep()
    if crew := crew_of_this_process():
        config = crew.joined(config)
        sealed = crew.shared(lambda: open_manifest(manifest_path, progress))
        with _whole_disk(out), crew.held(lambda: _all_taken(out, data)):
            if config.parallel == "auto":
                return SpreadSession(
                    crew, sealed, manifest_path, config, out, progress, start, until, data
                ).together(members, most)
            with crew.records(out) as folder:
                return CrewSession(
                    crew, out, sealed, manifest_path, config, folder, progress, start, until, data
                ).together(members, most)
    sealed = open_manifest(manifest_path, progress)
    with _all_taken(out, data):
        session = Session(sealed, manifest_path, config, out, progress, start, until, data)
        return session.together(members, most)


def _let_threads_sleep() -> None:
    """Let threads that wait do it asleep, where torch has not been imported yet.

    That costs a twentieth on an idle machine; spinning ones cost most of the speed where the app or another
    job needs a core.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@contextmanager
def _all_taken(out: Path, data: Path | None) -> Iterator[None]:
    """Hold a stack's folder and, where it is another, that of its data."""
    with ExitStack() as held:
        held.enter_context(_taken(out, "stack.json"))
        if data is not None and data.parent.resolve() != out.resolve():
            held.enter_context(_whole_disk(data))
            held.enter_context(held_alone(data.parent))
        yield


@contextmanager
def _taken(out: Path, record: str) -> Iterator[None]:
    """Hold a run's or a stack's folder; a disk that fails is an error that says how to go on."""
    with _whole_disk(out):
        _check_out(out, record)
        with held_alone(out):
            yield


@contextmanager
def _whole_disk(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InterruptedRunError(
            f"{error.filename or out}: {error.strerror or error}; mend the disk and run the same command again, "
            "which goes on from the last checkpoint"
        ) from error


def _check_out(out: Path, record: str) -> None:
    """Make the folder; refuse one that holds anything but a run, whose `data` and `model` would be replaced."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A run that was killed before its first record has left hidden names alone.
        occupied = any(not entry.name.startswith(".") for entry in out.iterdir())
    except OSError as error:
        rule = f"is no folder to write to ({error.strerror})"
        raise BadInputError(out, rule, "name another --out") from None
    if occupied and not (out / record).exists():
        what = "run" if record == "run.json" else "stack"
        raise BadInputError(out, f"is not empty and holds no {what}", "name another --out")
