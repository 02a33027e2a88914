"""The system's ssh and rsync: words that no shell there reads otherwise, and errors in one line."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInputError, InterruptedRunError

_HOST = re.compile(r"^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*$")
_LOST = {10, 12, 30, 35, 255}  # rsync: socket, stream, time; 255 is ssh's own
_SECONDS = 30  # until a connection that does not answer is given up


class LostError(InterruptedRunError):
    """The connection broke, or was never made: trying again may help."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A machine that ssh knows by name, and a folder on it.

    Whom to log in as, with which key, through which gate: the person's own ssh configuration and agent
    say. Nothing here reads or stores a key, and no password is ever asked for.
    """

    host: str
    folder: str
    port: int | None = None
    ssh_config: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what could pass for an option, or be read as more than one word.

        Raises:
            BadInputError: The host, the folder, the port or the configuration's path is none.
        """
        if not _HOST.match(self.host):
            raise BadInputError(
                self.host,
                "a host is [user@]name, in letters, digits, '.', '_' and '-', not starting with '-'",
                "give it a name in ~/.ssh/config",
            )
        if not self.folder.strip() or not self.folder.isprintable() or self.folder.startswith(("-", "~")):
            raise BadInputError(
                self.folder,
                "a folder there is a path in printable characters, absolute or from the home folder, "
                "without '~' or '-' in front",
                "name another --remote-dir",
            )
        if self.port is not None and not 1 <= self.port <= 65_535:
            raise BadInputError(f"port {self.port}", "is none: they go from 1 to 65535", "leave it out")
        if self.ssh_config is not None and not self.ssh_config.is_file():
            raise BadInputError(self.ssh_config, "is no file", "name ssh's configuration file")

    def ask(self, python: str, script: Path, *words: str) -> dict[str, Any]:
        """Run a script of this machine by the Python there; return the JSON object that it prints last.

        Raises:
            LostError: The connection failed.
            BadInputError: There is no such Python.
            InterruptedRunError: The script failed.
        """
        command = shlex.join([python, "-", *words])
        done = _run([*self._ssh(), "--", self.host, command], script.read_text(encoding="utf-8"))
        if done.returncode == 255:
            raise LostError(f"{self.host}: ssh does not reach it ({_last(done.stderr)})")
        if done.returncode in (126, 127):
            raise BadInputError(python, f"is no program on {self.host}", "name one that is there")
        if done.returncode:
            raise InterruptedRunError(f"{self.host}: {words[0]} failed ({_last(done.stderr)})")
        # A login script may have printed something before.
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))

    def push(self, here: Path, files: Sequence[str], there: str) -> None:
        """Send the files, named from `here`, into a part of the folder: what changed alone, resumable."""
        source = f"{here.resolve()}/"
        target = f"{self.host}:{self._path(there)}/"
        listed = "".join(f"./{name}\0" for name in files)  # a name of its own may begin as a comment does
        self._rsync(["-rLt", "--from0", "--files-from=-", source, target], listed)

    def pull(self, there: str, here: Path, options: Sequence[str] = ()) -> None:
        """Bring a part of the folder here; every file is whole under its name or not there."""
        here.mkdir(parents=True, exist_ok=True)
        self._rsync(["-rt", *options, f"{self.host}:{self._path(there)}/", f"{here.resolve()}/"])

    def _path(self, part: str) -> str:
        """Return the part's path; a relative one begins with a dot, so that no colon in it is a host's."""
        path = f"{self.folder.rstrip('/')}/{part}"
        return path if path.startswith("/") else f"./{path}"

    def _ssh(self) -> list[str]:
        words = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={_SECONDS}"]
        words += ["-o", f"ServerAliveInterval={_SECONDS // 2}", "-o", "ClearAllForwardings=yes"]
        if self.ssh_config is not None:
            words += ["-F", str(self.ssh_config.resolve())]
        return words + (["-p", str(self.port)] if self.port is not None else [])

    def _rsync(self, words: Sequence[str], said: str = "") -> None:
        # -s, secluded arguments: rsync hands the path over itself, and the shell there never reads it.
        options = ["--partial", "--partial-dir=.rsync-partial", "-s", "-e", _joined(self._ssh())]
        done = _run(["rsync", *options, *words], said)
        if done.returncode in _LOST:
            raise LostError(f"{self.host}: the connection broke ({_last(done.stderr)})")
        if done.returncode:
            raise InterruptedRunError(f"{self.host}: rsync failed ({_last(done.stderr)})")


def _joined(words: Sequence[str]) -> str:
    """Join words for rsync's -e, which splits at spaces, knows quotes, and doubles one to escape it."""
    return " ".join(
        word if word.replace("/", "").isalnum() else "'" + word.replace("'", "''") + "'" for word in words
    )


def _run(words: list[str], said: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(words[0]) is None:
        raise BadInputError(words[0], "is not on this machine", "install it, or train on this machine")
    return subprocess.run(  # noqa: S603 a list of words, each checked above or a constant
        words, input=said, capture_output=True, text=True, check=False, errors="replace"
    )


def _last(lines: str) -> str:
    """Return the line that says why; rsync's own closing line does not."""
    said = [line.strip() for line in lines.splitlines() if line.strip()]
    causes = [
        line for line in said if not line.startswith(("rsync error:", "rsync: connection unexpectedly"))
    ]
    return (causes or said or ["it said nothing"])[-1][:300]
