"""The backend's door: a sealed manifest and a config go in, a run comes out."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from core.backend._files import fingerprint, held_alone
from core.backend.config import Config
from core.backend.record import Run, now, read_run, write_run
from core.backend.sealed import Sealed, open_manifest
from core.errors import BadInputError, InterruptedRunError
from core.types import Progress, silent


class Backend(Protocol):
    """Trains on a manifest somewhere: here, or wherever an implementation takes it."""

    name: ClassVar[str]
    version: ClassVar[int]

    def submit(self, manifest: Path, config: Config) -> Run:
        """Train, or go on training, and return the finished run."""


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """Trains in this process, on its CPU or one GPU, with results in the folder `out`."""

    name: ClassVar[str] = "this_machine"
    version: ClassVar[int] = 1
    out: Path
    progress: Progress = silent

    def submit(self, manifest: Path, config: Config) -> Run:
        """Train, or go on training, and return the finished run."""
        return train(manifest, config, self.out, self.progress)


def train(manifest_path: Path, config: Config, out: Path, progress: Progress = silent) -> Run:
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

    Raises:
        BadInputError: The config does not fit the manifest, or `out` holds another run or other files.
        TamperedError: A data file is missing or changed.
        DivergedError: The loss is no number any more.
        InterruptedRunError: A disk failed or is full; the same call goes on once there is room.
    """
    # Threads that wait asleep cost a twentieth on an idle machine; spinning ones cost most of the speed
    # where the app or another job needs a core. It counts only before torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sealed = open_manifest(manifest_path, progress)
    config = config.settled(sealed.manifest)
    key = fingerprint({"manifest": sealed.fingerprint, "config": config.fingerprint()})
    try:
        _check_out(out)
        with held_alone(out):
            earlier = read_run(out)
            if earlier is not None and earlier.get("key") != key:
                raise BadInputError(
                    out, "holds a run of another manifest or config", "name another --out or remove it"
                )
            if earlier is not None and earlier["state"] == "done":
                return earlier
            return _recorded(sealed, config, out, key, manifest_path, earlier, progress)
    except OSError as error:
        raise InterruptedRunError(
            f"{error.filename or out}: {error.strerror or error}; mend the disk and run the same command again, "
            "which goes on from the last checkpoint"
        ) from error


def _check_out(out: Path) -> None:
    """Make the folder; refuse one that holds anything but a run, whose `data` and `model` would be replaced."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A run that was killed before its first `run.json` has left hidden names alone.
        occupied = any(not entry.name.startswith(".") for entry in out.iterdir())
    except OSError as error:
        rule = f"is no folder to write to ({error.strerror})"
        raise BadInputError(out, rule, "name another --out") from None
    if occupied and not (out / "run.json").exists():
        raise BadInputError(out, "is not empty and holds no run", "name another --out")


def _recorded(
    sealed: Sealed,
    config: Config,
    out: Path,
    key: str,
    manifest_path: Path,
    earlier: Run | None,
    progress: Progress,
) -> Run:
    """Train, and see to it that `run.json` tells how it went, whatever happens short of a kill."""
    from core.backend.loop import Training
    from core.backend.setup import describe

    run = describe(sealed, config, key, manifest_path)
    if earlier is not None:
        run["started"] = earlier["started"]
    try:
        write_run(out, run)
        Training(sealed, config, out, run, progress).finish()
        run |= {"state": "done", "ended": now()}
        write_run(out, run)
    except BaseException as error:
        asked_to_stop = not isinstance(error, Exception)
        run |= {"state": "interrupted" if asked_to_stop else "failed", "ended": now()}
        run["error"] = str(error) or type(error).__name__
        with suppress(OSError):  # where the disk is what failed, the old run.json stays
            write_run(out, run)
        raise
    return run
