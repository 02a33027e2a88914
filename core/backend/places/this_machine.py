"""Here: in this process, or in several, on this machine's CPU or GPUs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.backend.config import Config
from core.backend.data.sealed import read_manifest
from core.backend.places._code import ROOT
from core.backend.places._command import command
from core.backend.record import Run, read_run
from core.errors import BadInputError, InterruptedRunError
from core.types import Progress, silent


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """Trains on this machine, with results in the folder `out`: in this process, or in several by torchrun.

    Attributes:
        out: The folder of results.
        processes: More than 1: that many new ones, a GPU each where there are.
        work: The backend's command and its options; `train` is one run.
        progress: Told of every step; of new processes, when they start and when they have ended.
    """

    name: ClassVar[str] = "this_machine"
    version: ClassVar[int] = 1
    out: Path
    processes: int = 1
    work: tuple[str, ...] = ("train",)
    progress: Progress = silent

    def __post_init__(self) -> None:
        """Refuse a number of processes that is none.

        Raises:
            BadInputError: It is below 1.
        """
        if self.processes < 1:
            raise BadInputError(f"{self.processes} processes", "are none to train with", "give 1 or more")

    def submit(self, manifest: Path, config: Config) -> Run:
        """Train, or go on training, and return the finished run.

        Raises:
            BadInputError: As `train`; what several processes refuse, they say themselves on standard error.
            InterruptedRunError: Several processes stopped before the run's end.
        """
        from core.backend.trainer import train  # the trainer stands above its places

        if self.processes == 1:
            return train(manifest, config, self.out, self.progress)
        self.follow(manifest, config)
        run = read_run(self.out)
        assert run is not None, "a finished run has written its run.json"
        return run

    def follow(self, manifest: Path, config: Config) -> None:
        """Do the work in new processes, whatever it is, until its end; the same call goes on.

        Raises:
            BadInputError: The manifest cannot be read, or the config does not fit it.
            InterruptedRunError: The work stopped before its end, or was refused there.
        """
        what = self.work[0]
        config.settled(read_manifest(manifest))  # what does not fit is said here, in one line
        self.progress(0, None, f"{what} in {self.processes} processes")
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder) / "config.json"
            settings.write_text(config.model_dump_json(exclude_unset=True), encoding="utf-8")
            paths = (str(manifest), str(settings), str(self.out))
            words = command(sys.executable, self.work, *paths, self.processes)
            path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
            done = subprocess.run(  # noqa: S603 our own module
                words, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.DEVNULL, check=False
            )
        if done.returncode:
            why = (read_run(self.out) or {}).get(
                "error"
            ) or f"{what} ended with {done.returncode}, for what it says above"
            raise InterruptedRunError(f"{why}; the same command goes on from the last checkpoint")
        self.progress(1, 1, what)
