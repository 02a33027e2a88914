"""What runs on the other machine to start, watch and cancel a run; it needs Python alone, and no package.

It comes on standard input: `python - VERB FOLDER REQUEST` prints one JSON object. A run is one process
group, detached from the connection that started it; it holds the folder's lock as long as any of its
processes lives, so that nothing is believed of a process number that may be another's by now.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OLDEST = (3, 11)
_GRACE = 20.0  # seconds between asking a run to stop and making it
_LOG_BYTES = 8192  # of the log's end that are looked at
# The shell says who it is and how the run ended, which it outlives; a kill of all leaves no such note.
_WATCH = """
folder=$1; shift
echo "$$" >"$folder/job.process"
"$@"
status=$?
echo "$status" >"$folder/job.status.part" && mv "$folder/job.status.part" "$folder/job.status"
"""


@contextmanager
def _lock(folder: Path, kind: int) -> Iterator[int | None]:
    """Yield the open lock, held for a start (alone) or a look; None where a run holds it."""
    with (folder / "job.lock").open("a", encoding="utf-8") as file:
        for left in range(10 if kind == fcntl.LOCK_EX else 1, 0, -1):
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
            except BlockingIOError:  # a look of another connection is over at once
                if left > 1:
                    time.sleep(0.1)
                    continue
                yield None
            else:
                yield file.fileno()
            return


def check(folder: Path, request: dict[str, object]) -> dict[str, object]:
    """Make the folder's `parts`; say which `packages` are missing, and which Python this is if too old."""
    for part in _listed(request["parts"]):
        (folder / part).mkdir(parents=True, exist_ok=True)
    if sys.version_info < OLDEST:
        return {"python": sys.version.split()[0], "missing": []}
    packages = _listed(request["packages"])
    return {"missing": [name for name in packages if importlib.util.find_spec(name) is None]}


def start(folder: Path, request: dict[str, object]) -> dict[str, object]:
    """Start the request's command detached, unless it runs or has ended well already; `state` says which.

    The request has `command` (words), `code` (the folder, in `folder`, that holds `core`), `files` (texts by
    name, to write first) and `key`: what the run is known by.
    """
    with _lock(folder, fcntl.LOCK_EX) as lock:
        if lock is None:
            return {"state": "running" if _key(folder) == request["key"] else "occupied"}
        if _key(folder) == request["key"] and _status(folder) == 0:
            return {"state": "finished"}
        files = request["files"]
        assert isinstance(files, dict)
        for name in ("status", "process", "cancelled"):
            (folder / f"job.{name}").unlink(missing_ok=True)
        for name, text in [*files.items(), ("job.key", request["key"])]:
            _write(folder / name, str(text))
        with (folder / "job.log").open("ab") as log:
            # The words are started as they stand: no shell reads them.
            subprocess.Popen(  # noqa: S603 what the person asked for, on the machine that they named
                ["/bin/sh", "-c", _WATCH, "sh", str(folder), *_listed(request["command"])],
                cwd=folder / str(request["code"]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
            )
        return {"state": "started"}


def status(folder: Path) -> dict[str, object]:
    """Say whether the run lives; where it has ended: its exit status (None: killed), and its last words."""
    with _lock(folder, fcntl.LOCK_SH) as lock:
        if lock is None:
            return {"running": True}
        cancelled = (folder / "job.cancelled").exists()
        return {
            "running": False,
            "status": _status(folder),
            "cancelled": cancelled,
            "said": _last_words(folder),
        }


def cancel(folder: Path) -> dict[str, object]:
    """Ask the run's processes to stop, then make them; say whether there was one."""
    if not folder.is_dir():
        return {"cancelled": False}
    with _lock(folder, fcntl.LOCK_SH) as lock:
        if lock is not None:
            return {"cancelled": False}
    (folder / "job.cancelled").touch()
    leader = int((folder / "job.process").read_text(encoding="utf-8"))
    group = descendants(leader)  # torchrun gives each of its processes a session of its own
    _signal(leader, group, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline and any(map(lives, group)):
        time.sleep(0.1)
    _signal(leader, [process for process in group if lives(process)], signal.SIGKILL)
    return {"cancelled": True}


def _signal(leader: int, group: list[int], number: signal.Signals) -> None:
    if leader in group:
        with suppress(ProcessLookupError):
            os.killpg(leader, number)
    for process in group:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def descendants(leader: int) -> list[int]:
    """Return the process and all that it started, as /proc has them; where there is no /proc, itself."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # The name in brackets may hold anything; the parent is the second word after it.
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    found = [leader]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def lives(process: int) -> bool:
    """Say whether there is such a process that has not ended; one that nobody has buried yet has."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return state != "Z"


def _listed(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(item) for item in value]


def _key(folder: Path) -> str | None:
    path = folder / "job.key"
    return path.read_text(encoding="utf-8") if path.exists() else None


def _status(folder: Path) -> int | None:
    path = folder / "job.status"
    status = int(path.read_text(encoding="utf-8")) if path.exists() else None
    return None if status is not None and status > 128 else status  # the shell's way to say: by a signal


def _last_words(folder: Path) -> str:
    """Return the log's last line of error, else its last line: what a person needs of it."""
    path = folder / "job.log"
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _LOG_BYTES))
        lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    return (errors or lines or [""])[-1][:1000]


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def main() -> None:
    """Do what the command line asks."""
    verb, folder, request = sys.argv[1], Path(sys.argv[2]).absolute(), json.loads(sys.argv[3])
    if verb in ("check", "start"):
        answer = {"check": check, "start": start}[verb](folder, request)
    else:
        answer = {"status": status, "cancel": cancel}[verb](folder)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
