"""A cluster that runs Slurm: the batch script written out, and handed to sbatch where there is one."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.backend._files import written_aside
from core.backend.config import Config
from core.backend.data.sealed import open_manifest
from core.backend.places._code import ROOT
from core.backend.record import Run, read_run
from core.errors import BadInputError, InterruptedRunError
from core.types import Progress, silent

_WORD = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.,:@+=/&|*()\[\]-]*$")
_TIME = re.compile(r"^(\d+-)?\d+(:\d+){0,2}$")
_MEMORY = re.compile(r"^\d+[KMGT]?$")

_AGAIN = """\
# Slurm tells this shell before the time is up, and requeues by itself after preemption or a failed node:
# either way the job begins again with this same script, which goes on from the last checkpoint.
again() {
  echo "time is nearly up: back into the queue, to go on from the last checkpoint" >&2
  kill -TERM "$child" 2>/dev/null || true
  wait "$child" || true
  scontrol requeue "$SLURM_JOB_ID"
  exit 0
}
trap again USR1
"""
_MEET = """\
mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
meeting="${hosts[0]}:$((20000 + SLURM_JOB_ID % 20000))"
"""


@dataclass(frozen=True, slots=True)
class Slurm:
    """Writes the batch script that trains on a cluster; the same script goes on after any end.

    Paths are those of the file system that this machine and the cluster share; relative ones, also among the
    work's options, are from the folder in which the script is written. With several GPUs torchrun starts a
    process for each; with `tasks` it is a job array, each with its part of the members.

    Attributes:
        out: The folder of results, on the shared file system.
        script: The file to write.
        python: The Python that has torch, on the cluster's machines.
        code: The folder that holds `core`.
        work: The backend's command and its options; `train` is one run.
        tasks: More than 1: a job array; the work is told `--part I --parts N`, and each has its folder in `out`.
        at_once: The most tasks that run at a time.
        job: The job's name, and its log's.
        time: The limit, as sbatch takes it.
        nodes: Machines, with `gpus` each; 0 GPUs is the processor.
        gpus: For each machine.
        cpus: For each machine.
        memory: For each machine, as sbatch takes it.
        partition: And the next three: sbatch's options of these names, or none.
        account: The budget it is charged to.
        qos: Its quality of service.
        constraint: What the machines must have.
        setup: Lines of shell to run first, such as `module load cuda`; written as they stand.
        grace: Seconds before the time limit at which the job goes back into the queue.
    """

    name: ClassVar[str] = "slurm"
    version: ClassVar[int] = 1
    out: Path
    script: Path
    python: str = sys.executable
    code: Path = ROOT
    work: tuple[str, ...] = ("train",)
    tasks: int = 1
    at_once: int | None = None
    job: str = "mixdesk"
    time: str = "24:00:00"
    nodes: int = 1
    gpus: int = 1
    cpus: int = 8
    memory: str = "64G"
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    setup: tuple[str, ...] = ()
    grace: int = 120
    progress: Progress = silent

    def __post_init__(self) -> None:
        """Refuse what sbatch would read as something else.

        Raises:
            BadInputError: A setting is none.
        """
        for key in ("job", "partition", "account", "qos", "constraint"):
            self._check(key, _WORD, "one word of letters, digits and signs")
        self._check("time", _TIME, "minutes, HH:MM:SS or D-HH:MM:SS")
        self._check("memory", _MEMORY, "a number with K, M, G or T")
        for key, least in (
            ("nodes", 1),
            ("gpus", 0),
            ("cpus", 1),
            ("tasks", 1),
            ("at_once", 1),
            ("grace", 1),
        ):
            value = getattr(self, key)
            if value is not None and value < least:
                raise BadInputError(f"{key} {value}", f"is {least} at least", f"raise {key}")
        if self.nodes > 1 and not self.gpus:
            raise BadInputError(f"{self.nodes} nodes", "train together on GPUs alone", "set gpus, or 1 node")

    def _check(self, key: str, rule: re.Pattern[str], words: str) -> None:
        value = getattr(self, key)
        if value is not None and not rule.match(value):
            raise BadInputError(f"{key} {value}", f"is {words} in a batch script", "give another value")

    def submit(self, manifest: Path, config: Config) -> Run:
        """Write the script, hand it to sbatch, wait for the job's end and return the finished run.

        Raises:
            BadInputError: There is no sbatch here, or the work is not one run.
            InterruptedRunError: The job ended before the run did.
        """
        if self.work != ("train",) or self.tasks > 1:
            raise BadInputError(" ".join(self.work), "is no single run to wait for", "write the script alone")
        self.write(manifest, config)
        if shutil.which("sbatch") is None:
            raise BadInputError("sbatch", "is not on this machine", f"run `sbatch {self.script}` where it is")
        self.progress(0, None, "waiting for the job")
        words = ["sbatch", "--wait", str(self.script.resolve())]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 our own script
        run = read_run(self.out)
        if run is None or run["state"] != "done":
            why = (run or {}).get("error") or done.stderr.strip() or f"sbatch ended with {done.returncode}"
            raise InterruptedRunError(f"{self.job}: {why}; the same command goes on from the last checkpoint")
        return run

    def write(self, manifest: Path, config: Config) -> Path:
        """Write the script and, beside it, the config; return the script's path."""
        config.settled(open_manifest(manifest, self.progress).manifest)
        if config.tokenizer is not None:  # the job starts in another folder
            config = config.model_copy(update={"tokenizer": str(Path(config.tokenizer).resolve())})
        settings = self.script.with_suffix(".config.json")
        try:
            self.script.parent.mkdir(parents=True, exist_ok=True)
            with written_aside(settings) as aside:
                aside.write_text(config.model_dump_json(exclude_unset=True) + "\n", encoding="utf-8")
            with written_aside(self.script) as aside:
                aside.write_text(self.text(manifest.resolve(), settings.resolve()), encoding="utf-8")
                aside.chmod(0o755)
        except OSError as error:
            raise BadInputError(
                self.script, f"cannot be written ({error.strerror})", "name another"
            ) from None
        return self.script

    def text(self, manifest: Path, config: Path) -> str:
        """Return the script."""
        directives = "".join(f"#SBATCH --{key}={value}\n" for key, value in self._directives().items())
        setup = "".join(f"{line}\n" for line in self.setup)
        return (
            f"#!/bin/bash\n{directives}#SBATCH --requeue\nset -euo pipefail\n\n{_AGAIN}\n{setup}"
            f"export PYTHONSAFEPATH=1 PYTHONPATH={shlex.quote(str(self.code.resolve()))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
            f"cd {shlex.quote(str(Path.cwd()))}\n{_MEET if self.nodes > 1 else ''}"
            f"srun --kill-on-bad-exit=1 {self._command(manifest, config)} &\n"
            'child=$!\nwait "$child"\n'
        )

    def _directives(self) -> Mapping[str, str | int]:
        """Return sbatch's options by name, in the order of the script."""
        array = f"0-{self.tasks - 1}" + (f"%{self.at_once}" if self.at_once else "")
        asked: dict[str, str | int | None] = {
            "job-name": self.job,
            "output": f"{self.job}-%A_%a.log" if self.tasks > 1 else f"{self.job}-%j.log",
            "open-mode": "append",
            "array": array if self.tasks > 1 else None,
            "nodes": self.nodes,
            "ntasks-per-node": 1,
            "gpus-per-node": self.gpus or None,
            "cpus-per-task": self.cpus,
            "mem": self.memory,
            "time": self.time,
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "constraint": self.constraint,
            "signal": f"B:USR1@{self.grace}",
        }
        return {key: value for key, value in asked.items() if value is not None}

    def _command(self, manifest: Path, config: Path) -> str:
        """Return the command in the shell's words; what Slurm knows alone stays a variable."""
        words = [shlex.quote(self.python)]
        if self.nodes > 1:
            words += [
                '-m torch.distributed.run --nnodes="$SLURM_JOB_NUM_NODES"',
                f"--nproc-per-node={self.gpus}",
                '--rdzv-backend=c10d --rdzv-id="$SLURM_JOB_ID" --rdzv-endpoint="$meeting"',
            ]
        elif self.gpus > 1:
            words.append(f"-m torch.distributed.run --standalone --nproc-per-node={self.gpus}")
        name, *options = self.work
        out = shlex.quote(str(self.out.resolve()))
        if self.tasks > 1:
            out += '/part-"$SLURM_ARRAY_TASK_ID"'
            options += ["--parts", str(self.tasks)]
        words.append(f"-m core.backend {shlex.quote(name)} {shlex.quote(str(manifest))}")
        words.append(f"--config {shlex.quote(str(config))} --out {out}")
        words += [shlex.quote(option) for option in options]
        if self.tasks > 1:
            words.append('--part "$SLURM_ARRAY_TASK_ID"')
        return " \\\n  ".join(words)
