"""Another machine over SSH: files by rsync, the run detached there, its results brought back."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from core.backend._files import file_sha256, fingerprint, held_alone
from core.backend.config import Config
from core.backend.data.sealed import Sealed, open_manifest
from core.backend.data.vocabulary import tokenizer_hash
from core.backend.places._code import ROOT, code_files, code_hash, code_packages
from core.backend.places._command import command
from core.backend.places._remote import LostError, Remote
from core.backend.places._results import MIRROR, bring_all, bring_news, claim
from core.backend.record import Run, read_run
from core.errors import BadInputError, InterruptedRunError
from core.types import Progress, silent

T = TypeVar("T")
_THERE = Path(__file__).with_name("there.py")


@dataclass(frozen=True, slots=True)
class Ssh:
    """Trains on another machine: the person's own ssh configuration and keys open it, and none is kept here.

    Sends what changed of the manifest's files and of the backend's code into `folder` there, starts the
    run in a session of its own, and follows it until its end. A lost connection, or this program's own
    end, leaves it running: the same call finds it again. A run that was killed there, or whose machine
    went down, starts again from its last checkpoint, `restarts` times by itself.

    Attributes:
        out: The folder here that the results come to.
        host: [user@]name, as ssh takes it.
        folder: The folder there, absolute or from the home folder; one run, or one experiment, in each.
        python: The Python there that has torch and the backend's other packages.
        processes: More than 1 trains by torchrun with so many, a GPU each.
        port: ssh's, where its configuration says none.
        ssh_config: Another file than ~/.ssh/config.
        work: The backend's command and its options; `train` is one run.
        checkpoint: Whether the checkpoint comes back, too, from which other runs can start.
        poll: Seconds between two looks.
        patience: Seconds for which a connection that is gone is tried again.
        restarts: How often a run that died there is started again.
    """

    name: ClassVar[str] = "ssh"
    version: ClassVar[int] = 1
    out: Path
    host: str
    folder: str
    python: str = "python3"
    processes: int = 1
    port: int | None = None
    ssh_config: Path | None = None
    work: tuple[str, ...] = ("train",)
    checkpoint: bool = False
    poll: float = 5.0
    patience: float = 600.0
    restarts: int = 2
    progress: Progress = silent

    def __post_init__(self) -> None:
        """Refuse what could be read as an option.

        Raises:
            BadInputError: A setting is none.
        """
        Remote(self.host, self.folder, self.port, self.ssh_config)
        if not self.python.isprintable() or not self.python.strip() or self.python.startswith(("-", "~")):
            raise BadInputError(self.python, "is no path of a Python there", "name one with --python")
        if self.processes < 1 or not self.work:
            raise BadInputError(self.processes, "a run has one process or more", "set processes to 1")
        if not (0 < self.poll < math.inf and 0 <= self.patience < math.inf and self.restarts >= 0):
            waits = f"poll {self.poll}, patience {self.patience}, restarts {self.restarts}"
            raise BadInputError(waits, "poll is above 0, the others are not below it", "leave them out")

    @property
    def remote(self) -> Remote:
        """The machine and the folder."""
        return Remote(self.host, self.folder, self.port, self.ssh_config)

    def submit(self, manifest: Path, config: Config) -> Run:
        """Train there, or go on, and return the finished run as `run.json` tells it here.

        Raises:
            BadInputError: The host is not reached, lacks a package, or holds another run in that folder.
            InterruptedRunError: The run stopped before its end; the message says how it goes on.
        """
        self.follow(manifest, config)
        run = read_run(self.out)
        assert run is not None, "a finished run has brought its run.json"
        return run

    def follow(self, manifest: Path, config: Config) -> None:
        """Do the work there, whatever it is, until its results are here; the same call goes on."""
        sealed = open_manifest(manifest, self.progress)
        # What does not fit the manifest is said here, not there.
        settled = config.settled(sealed.manifest)
        named = {place: path for place, word in enumerate(self.work) if (path := _file_in(word))}
        hashes = {"files": [file_sha256(path) for path in named.values()]} if named else {}
        known = {"manifest": sealed.fingerprint, "config": settled.fingerprint(), "work": list(self.work)}
        key = fingerprint({**known, **hashes})
        if claim(self.out, key):
            return
        with held_alone(self.out):
            files = code_files()
            code = f"code/{code_hash(files)}"
            self._check([code, f"export/{sealed.fingerprint[:12]}", "run"])
            self._send(f"code to {self.host}", ROOT, files, code)
            there = self._send_export(manifest, sealed)
            work = list(self.work)
            for place, path in named.items():
                work[place] = work[place].removesuffix(str(path)) + self._send_named(path)
            words = command(self.python, work, there, "../../config.json", "../../run", self.processes)
            text = self._send_tokenizer(config).model_dump_json(exclude_unset=True)
            request = {"key": key, "code": code, "files": {"config.json": text}, "command": words}
            self._start(request)
            self._until_the_end(request)

    def cancel(self) -> bool:
        """Stop what runs there, with all its processes; return whether anything did. It can go on later."""
        try:
            return bool(self._ask("cancel")["cancelled"])
        except LostError as error:
            rule = f"{error}; what was started there goes on"
            raise InterruptedRunError(
                f"{rule}; mend what `ssh {self.host} true` says and cancel again"
            ) from None

    def _check(self, parts: list[str]) -> None:
        """Make the folders there, and see that the backend can run."""
        request = {"parts": parts, "packages": code_packages(code_files())}
        try:
            found = self._ask("check", request)
        except LostError as error:
            why = str(error).removeprefix(f"{self.host}: ")
            raise BadInputError(self.host, why, f"mend what `ssh {self.host} true` says") from None
        if found.get("python"):
            rule = f"is Python {found['python']} on {self.host}"
            raise BadInputError(self.python, rule, "name one from 3.11 with --python")
        if found["missing"]:
            rule = f"lacks {', '.join(found['missing'])} on {self.host}"
            raise BadInputError(self.python, rule, "install them there, or name another --python")

    def _send_export(self, manifest: Path, sealed: Sealed) -> str:
        """Send a manifest and its files, and return its path there, from the code's folder."""
        there = f"export/{sealed.fingerprint[:12]}"
        sent = [manifest.name, *(file.path for file in sealed.manifest.files)]
        self._send(f"data to {self.host}", sealed.folder, sent, there)
        return f"../../{there}/{manifest.name}"

    def _send_named(self, path: Path) -> str:
        """Send a file that the work names, a manifest with its own files, and return its path there."""
        if path.name == "manifest.json":
            return self._send_export(path, open_manifest(path, self.progress))
        there = f"named-{file_sha256(path)[:12]}"
        self._send(f"{path.name} to {self.host}", path.parent, [path.name], there)
        return f"../../{there}/{path.name}"

    def _send_tokenizer(self, config: Config) -> Config:
        """Send the tokenizer's file, where the config names one, and return the config with its path there."""
        if config.tokenizer is None:
            return config
        path = Path(config.tokenizer)
        beside = path.with_name("tokenizer_config.json")  # which may tell the end token
        there = f"tokenizer-{tokenizer_hash(path)[:12]}"
        files = [path.name, *([beside.name] if beside.is_file() else [])]
        self._send(f"the tokenizer to {self.host}", path.parent, files, there)
        return config.model_copy(update={"tokenizer": f"../../{there}/{path.name}"})

    def _send(self, what: str, here: Path, files: Sequence[str], there: str) -> None:
        self.progress(0, None, f"sending {what}")
        remote = self.remote
        self._patiently(lambda: remote.push(here, files, there))

    def _start(self, request: dict[str, Any]) -> None:
        """Start the work there unless it is under way."""
        answer = self._patiently(lambda: self._ask("start", request))
        if answer["state"] == "occupied":
            rule = f"other work is going on in it on {self.host}"
            raise BadInputError(self.folder, rule, "name another --remote-dir, or cancel it")

    def _until_the_end(self, request: dict[str, Any]) -> None:
        remote, restarts = self.remote, self.restarts
        while True:
            state = self._patiently(lambda: self._ask("status"))
            if state["running"]:
                self._patiently(lambda: bring_news(remote, self.out))
                self._tell()
                time.sleep(self.poll)
            elif state["status"] == 0:
                self.progress(0, None, f"bringing results from {self.host}")
                self._patiently(lambda: bring_all(remote, self.out, request["key"], self.checkpoint))
                return
            elif state["status"] is None and not state["cancelled"] and restarts:
                restarts -= 1
                self.progress(0, None, f"the run died on {self.host}; starting it from its last checkpoint")
                self._start(request)
            else:
                self._patiently(lambda: bring_news(remote, self.out))
                raise self._ended(state)

    def _ended(self, state: dict[str, Any]) -> Exception:
        said = str(state["said"]).removeprefix("error: ")
        if state["cancelled"]:
            return InterruptedRunError(
                f"{self.host}: the run was cancelled; the same command goes on with it"
            )
        if state["status"] is None:
            return InterruptedRunError(
                f"{self.host}: the run was killed there; the same command goes on from its last checkpoint"
            )
        if state["status"] == BadInputError.exit_status:
            return BadInputError(self.host, said, f"look at {self.folder}/job.log there")
        return InterruptedRunError(f"{self.host}: {said} (all of it in {self.folder}/job.log there)")

    def _tell(self) -> None:
        """Tell how far the run is, or all the models of a stack or an experiment together."""
        paths = [path for path in self.out.rglob("run.json") if MIRROR not in path.parts]
        runs = [run for path in paths if (run := read_run(path.parent)) and "steps" in run]
        if runs:
            done, total = (sum(int(run[key]) for run in runs) for key in ("step", "steps"))
            self.progress(done, total, f"training on {self.host}")

    def _ask(self, verb: str, request: object = None) -> dict[str, Any]:
        return self.remote.ask(self.python, _THERE, verb, self.folder, json.dumps(request))

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask again while the connection is gone, more and more seldom, until patience ends."""
        deadline, wait = time.monotonic() + self.patience, min(1.0, self.poll)
        while True:
            try:
                return ask()
            except LostError as error:
                if time.monotonic() + wait > deadline:
                    raise InterruptedRunError(
                        f"{error}; what was started there goes on, and the same command finds it again"
                    ) from None
                self.progress(0, None, f"no connection to {self.host}, trying again")
                time.sleep(wait)
                wait = min(60.0, 2 * wait)


def _file_in(word: str) -> Path | None:
    """Return the file that a word of the work names, by itself or after a `--key=`; a bare name is none."""
    path = Path(word.partition("=")[2] if word.startswith("--") else word)
    return path if path.suffix and path.is_file() else None
