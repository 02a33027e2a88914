"""Here: in this process, or in several, on this machine's CPU or GPUs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.backend.config import Config
from core.backend.places._code import ROOT
from core.backend.places._command import command
from core.backend.record import Run, read_run
from core.errors import BadInputError, InterruptedRunError
from core.types import Progress, silent


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """Trains on this machine, with results in the folder `out`: in this process, or in several by torchrun.

    Attributes:
        out: The run's folder.
        processes: More than 1: that many new ones, a GPU each where there are.
        progress: Told of every step; of several processes, when they start and when they have ended.
    """

    name: ClassVar[str] = "this_machine"
    version: ClassVar[int] = 1
    out: Path
    processes: int = 1
    progress: Progress = silent

    def submit(self, manifest: Path, config: Config) -> Run:
        """Train, or go on training, and return the finished run.

        Raises:
            BadInputError: As `train`; what several processes refuse, they say themselves on standard error.
            InterruptedRunError: Several processes stopped before the run's end.
        """
        from core.backend.trainer import train  # the trainer stands above its places

        if self.processes < 1:
            raise BadInputError(f"{self.processes} processes", "are none to train with", "give 1 or more")
        if self.processes == 1:
            return train(manifest, config, self.out, self.progress)
        self.progress(0, None, f"training in {self.processes} processes")
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder) / "config.json"
            settings.write_text(config.model_dump_json(exclude_unset=True), encoding="utf-8")
            data, told, out = (str(path.resolve()) for path in (manifest, settings, self.out))
            words = command(sys.executable, ("train",), data, told, out, self.processes)
            done = subprocess.run(  # noqa: S603 our own module
                words, cwd=ROOT, stdout=subprocess.DEVNULL, check=False
            )
        run = read_run(self.out)
        if done.returncode or run is None or run["state"] != "done":
            why = (run or {}).get("error") or f"torchrun ended with {done.returncode}"
            raise InterruptedRunError(f"{why}; the same command goes on from the last checkpoint")
        self.progress(run["steps"], run["steps"], "training")
        return run
