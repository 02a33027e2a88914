"""A Python file of a person's, `WORKSPACE/signals/NAME.py`, that scores texts in a process of its own.

The file defines ``score(texts: list[str])`` and returns a list or array of one value a text, or a dict
of several by column name: numbers, texts or booleans; None and what is not finite is null. Whether the
values are the same for any batch is for the file's author to see to. The process is no jail: the code
may do what its user may, so it runs only where the user allows it by name.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from core import disk
from core.errors import BadInputError, MixdeskError, NotFoundError

FILE_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
BATCH_TEXTS, BATCH_CHARACTERS = 256, 2_000_000  # of a batch at most
START_SECONDS = 60.0  # for the interpreter itself, before the file is loaded
LARGEST_ANSWER = 256_000_000  # bytes of one batch's values
_CHILD = Path(__file__).with_name("child.py")


class OwnSignalError(MixdeskError):
    """A person's Python file raised, gave what is no column, or took too long."""


def available(folder: Path) -> list[str]:
    """Return the names of the signals that lie in a workspace's folder, without running them."""
    return sorted(p.stem for p in folder.glob("signals/*.py") if FILE_NAME.fullmatch(p.stem))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may take: seconds to load, and for each batch; gigabytes that its process writes to."""

    seconds: float = 60.0
    gigabytes: float = 8.0

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for value, unit in ((self.seconds, "seconds"), (self.gigabytes, "gigabytes")):
            if not (math.isfinite(value) and value > 0):
                raise BadInputError(value, f"a limit is a number of {unit} above 0", "give another")


@dataclass(frozen=True, slots=True)
class PythonFile:
    """A Python file that its user allowed, as it was then."""

    name: str
    path: Path
    sha256: str


def allowed(folder: Path, name: str, allow: Collection[str]) -> PythonFile:
    """Return the file of that name, if it is among those that the user allows.

    Raises:
        NotFoundError: where there is no such file.
        BadInputError: where it is not allowed; names its path and hash.
    """
    path = folder / "signals" / f"{name}.py"
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        known = ", ".join(available(folder)) or f"none yet; put one at {folder / 'signals' / 'NAME.py'}"
        raise NotFoundError(name, "no such Python signal in this workspace", f"there are: {known}")
    found = PythonFile(name, path, disk.file_sha256(path))
    if name not in allow:
        rule = f"sha256 {found.sha256}; its code runs with your rights, so only where you allow it by name"
        raise BadInputError(path, rule, f"read the file, then add --allow {name}")
    return found


def _lacking(message: bytes | bytearray) -> int:
    """Return how many bytes a message lacks, of its length or else of what follows."""
    return 8 - len(message) if len(message) < 8 else 8 + int.from_bytes(message[:8], "big") - len(message)


class Runner:
    """The process that runs one file; as a context it is gone at the end, with its children."""

    def __init__(self, file: PythonFile, limits: Limits) -> None:
        self._file, self._limits = file, limits
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        self._printed, output = os.pipe()
        os.set_blocking(self._requests, False)
        self._process = subprocess.Popen(  # noqa: S603 our own file
            [
                sys.executable,
                "-P",
                str(_CHILD),
                str(requests),
                str(replies),
                str(int(limits.gigabytes * 1e9)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,  # a library's warnings may hold text
            pass_fds=(requests, replies),
            start_new_session=True,
        )
        for pipe in (requests, replies, output):  # the process has its own copies
            os.close(pipe)

    def __enter__(self) -> Runner:
        """Load the file."""
        try:
            asked = {"name": self._file.name, "path": str(self._file.path), "sha256": self._file.sha256}
            self._exchange(asked, START_SECONDS, "to start")
            self._exchange(None, self._limits.seconds, "to load")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the process and all that it started."""
        self._end()

    def score(self, texts: Sequence[str]) -> dict[str, tuple[str | None, list[Any]]]:
        """Return type ("bool", "int", "float", "str"; None where all is null) and values by column.

        A column that the file gave no name of its own is "".

        Raises:
            OwnSignalError: whatever went wrong; says what and, where known, on which line.
        """
        reply = self._exchange(list(texts), self._limits.seconds, f"for a batch of {len(texts)} texts")
        return {name: (c["type"], c["values"]) for name, c in reply["columns"].items()}

    def _exchange(self, asked: object, limit: float, purpose: str) -> Mapping[str, Any]:
        """Send a message (None: only wait) and return the answer, or kill the process and raise."""
        data = b"" if asked is None else json.dumps(asked).encode()
        unsent = memoryview(len(data).to_bytes(8, "big") + data if data else b"")
        answer, until = bytearray(), time.monotonic() + limit
        with selectors.DefaultSelector() as ready:
            ready.register(self._replies, selectors.EVENT_READ)
            ready.register(self._printed, selectors.EVENT_READ)
            if unsent:
                ready.register(self._requests, selectors.EVENT_WRITE)
            while lacking := _lacking(answer):
                fds = {key.fd for key, _ in ready.select(max(0.0, until - time.monotonic()))}
                if time.monotonic() > until:
                    raise self._too_slow(f"took more than {limit:g} seconds {purpose}")
                if self._printed in fds:
                    self._look_at_output()
                    ready.unregister(self._printed)  # its end, for the file closed it
                if self._requests in fds and not (unsent := self._send(unsent)):
                    ready.unregister(self._requests)
                if self._replies in fds:
                    answer += self._receive(lacking)
                if len(answer) > LARGEST_ANSWER:
                    raise self._failed("gave more than 256 MB for a batch of texts")
        reply: Mapping[str, Any] = json.loads(bytes(answer[8:]))
        if "error" in reply or "wrong" in reply:
            raise self._failed(self._told(reply))
        return reply

    def _look_at_output(self) -> None:
        if os.read(self._printed, 1):
            raise self._failed("wrote to standard output, where a text might show")

    def _send(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._requests, unsent) :]
        except BrokenPipeError:
            raise self._failed(self._ending()) from None

    def _receive(self, lacking: int) -> bytes:
        piece = os.read(self._replies, min(lacking, 1 << 20))
        if not piece:
            raise self._failed(self._ending())
        return piece

    def _too_slow(self, what: str) -> OwnSignalError:
        if self._process.poll() is not None:  # a child of its own may hold the pipe open
            return self._failed(self._ending())
        return self._failed(what, "make it faster, or allow more with --limit-seconds")

    def _told(self, reply: Mapping[str, Any]) -> str:
        if "wrong" in reply:
            return str(reply["wrong"])
        if reply["error"] in ("MemoryError", "_ArrayMemoryError"):
            return f"needed more than {self._limits.gigabytes:g} GB of memory{self._where(reply)}"
        return f"failed with {reply['error']}{self._where(reply)}"

    def _where(self, reply: Mapping[str, Any]) -> str:
        return f" at {self._file.path.name}:{reply['line']}" if reply["line"] else ""

    def _ending(self) -> str:
        """Say how the process ended, of itself."""
        try:
            status = self._process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed the pipe to its process"
        if status == -signal.SIGKILL:
            return "was killed with its process (SIGKILL); memory may have run out"
        if status < 0:
            return f"died with its process ({signal.Signals(-status).name})"
        return f"ended its process with status {status}"

    def _failed(self, what: str, remedy: str = "mend the file and run again") -> OwnSignalError:
        """Kill the process and return the error to raise."""
        self._end()
        return OwnSignalError(f"signal '{self._file.name}' {what}; {remedy}")

    def _end(self) -> None:
        """Kill the process group and close the pipes; a second time does nothing."""
        if self._requests < 0:
            return
        with contextlib.suppress(ProcessLookupError):  # all have gone already
            os.killpg(self._process.pid, signal.SIGKILL)  # its own children are of its group
        self._process.wait()
        for pipe in (self._requests, self._replies, self._printed):
            os.close(pipe)
        self._requests = -1
