"""Long work: a queue in a database, and a worker that runs each job in a process group of its own.

A job is a command of ``python -m core``: whatever a page can ask for, a shell can too. The worker is
a detached process that outlives the page and the session; it holds a lock file, so there is one a
workspace, and leaves when nothing is left to do. Progress is a small file that the job replaces.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core import disk
from core.errors import BadInputError, NotFoundError
from core.types import JSON, Job
from core.workspace import Workspace

POLL_SECONDS = 0.2
GRACE_SECONDS = 5.0  # between asking a cancelled job to stop and killing it
PROGRESS_VARIABLE = "MIXDESK_PROGRESS"


class FileProgress:
    """Writes progress to a job's file, at most five times a second."""

    def __init__(self, path: Path) -> None:
        self.path, self._last, self._step = path, 0.0, ""

    def __call__(self, done: int, total: int | None, message: str = "") -> None:
        """Replace the file where the last one is old enough, the step is new, or all is done."""
        now = time.time()
        step = message.partition(":")[0]  # what follows a colon may change with every item
        if now - self._last < POLL_SECONDS and step == self._step and done != total:
            return
        if step != self._step or not self._last:
            self._step, self._began, self._first = step, now, done
        self._last = now
        rate = (done - self._first) / (now - self._began) if now > self._began else 0.0
        disk.write_json(self.path, {"done": done, "total": total, "message": message, "rate": rate})


# Cancelled by nobody, and so with the reason why: a person's cancel has none.
_DROPPED = (
    "SELECT id FROM jobs WHERE follows = :first AND state = 'cancelled' AND started IS NULL AND error <> ''"
)


class Jobs:
    """The jobs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._engine = _engine(workspace.database_url)

    # --- asking ------------------------------------------------------------------------------------

    def submit(self, command: Sequence[str], title: str, after: str | None = None) -> Job:
        """Queue a command (the arguments after ``python -m core``) and see that a worker runs.

        It waits until the job `after` is done; where that one ends otherwise, this one is cancelled.
        """
        identifier = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
        (self.workspace.jobs_folder / identifier).mkdir()
        self._run(
            "INSERT INTO jobs (id, command, title, state, created, follows) "
            "VALUES (:id, :command, :title, 'queued', :now, :after)",
            id=identifier,
            command=json.dumps(list(command)),
            title=title,
            now=time.time(),
            after=after,
        )
        self._wake()
        return self.job(identifier)

    def retry(self, identifier: str) -> Job:
        """Queue an ended job again; its command goes on from the shards and checkpoints it left.

        Those that were dropped because it had not come to its end follow it again.
        """
        if self.job(identifier).state in ("queued", "running"):
            raise BadInputError(identifier, "this job has not ended", "cancel it first")
        again = [identifier]
        for one in again:
            again += [row["id"] for row in self._rows(_DROPPED, first=one)]
            self._run(
                "UPDATE jobs SET state = 'queued', started = NULL, ended = NULL, process = NULL, error = '' "
                "WHERE id = :id",
                id=one,
            )
        self._wake()
        return self.job(identifier)

    def cancel(self, identifier: str) -> None:
        """Stop a job: one that waits at once, one that runs as soon as its processes have gone."""
        self.job(identifier)
        self._run(
            "UPDATE jobs SET state = 'cancelled', ended = :now WHERE id = :id AND state = 'queued'",
            id=identifier,
            now=time.time(),
        )
        self._run("UPDATE jobs SET stop = 1 WHERE id = :id AND state = 'running'", id=identifier)
        self._wake()

    @property
    def limit(self) -> int:
        """How many jobs may run at a time."""
        rows = self._rows("SELECT value FROM job_settings WHERE name = 'limit'")
        return int(rows[0]["value"]) if rows else 1

    @limit.setter
    def limit(self, value: int) -> None:
        if not 1 <= value <= 64:
            raise BadInputError(value, "jobs at a time are 1 to 64", "give a number in that range")
        self._run("DELETE FROM job_settings WHERE name = 'limit'")
        self._run("INSERT INTO job_settings (name, value) VALUES ('limit', :value)", value=str(value))
        self._wake()

    # --- looking -----------------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """Every job, the newest first."""
        jobs = [self._job(row) for row in self._rows("SELECT * FROM jobs ORDER BY created DESC, id DESC")]
        if any(job.state in ("queued", "running") for job in jobs) and not self._is_worked():
            self._wake()  # the worker was killed: a new one marks what it ran and goes on
        return jobs

    def job(self, identifier: str) -> Job:
        """One job by its id."""
        rows = self._rows("SELECT * FROM jobs WHERE id = :id", id=identifier)
        if not rows:
            raise NotFoundError(identifier, "no such job", "look at the list of jobs")
        return self._job(rows[0])

    def _job(self, row: dict[str, Any]) -> Job:
        folder = self.workspace.folder / "jobs" / row["id"]
        job = Job(
            id=row["id"],
            command=tuple(json.loads(row["command"])),
            title=row["title"],
            state=row["state"],
            folder=folder,
            created=row["created"],
            started=row["started"],
            ended=row["ended"],
            error=row["error"],
        )
        with contextlib.suppress(FileNotFoundError):
            seen = disk.read_json(folder / "progress.json")
            job = replace(job, **seen)
        return job

    def log(self, identifier: str, lines: int = 200) -> str:
        """The last lines of what the job said."""
        path = self.job(identifier).folder / "log"
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 400 * lines))
            text = file.read().decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

    def result(self, identifier: str) -> JSON | None:
        """What the command printed with ``--json``, or None while there is nothing."""
        try:
            return disk.read_json(self.job(identifier).folder / "result.json")
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    # --- the database ------------------------------------------------------------------------------

    def _rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        from sqlalchemy import text

        with self._engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(text(sql), values)]

    def _run(self, sql: str, **values: object) -> int:
        from sqlalchemy import text

        with self._engine.begin() as connection:
            return int(connection.execute(text(sql), values).rowcount)

    # --- the worker --------------------------------------------------------------------------------

    def _is_worked(self) -> bool:
        """Whether a worker holds the lock."""
        with (self.workspace.jobs_folder / "worker.lock").open("a", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _wake(self) -> None:
        """Start a worker; where one holds the lock already, the new one leaves at once."""
        environment = {**os.environ, "MIXDESK_WORKSPACE": str(self.workspace.folder)}
        with (self.workspace.jobs_folder / "worker.log").open("ab") as log:
            subprocess.Popen(  # noqa: S603 our own module
                [sys.executable, "-m", "core.jobs", str(self.workspace.folder)],
                cwd=Path(__file__).parents[1],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def work(self) -> None:
        """Run queued jobs until none is left; returns at once where another worker is at it."""
        with (self.workspace.jobs_folder / "worker.lock").open("a", encoding="utf-8") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._recover()
                running: dict[str, subprocess.Popen[bytes]] = {}
                while self._step(running):
                    time.sleep(POLL_SECONDS)
                fcntl.flock(lock, fcntl.LOCK_UN)
                # A job queued after the last look, whose own worker saw the lock held, is not forgotten.
                if not self._rows("SELECT id FROM jobs WHERE state = 'queued'"):
                    return

    def _recover(self) -> None:
        """Mark jobs whose worker died: their processes are ended, their work can be resumed."""
        for row in self._rows("SELECT id, process FROM jobs WHERE state = 'running'"):
            _end_group(row["process"], row["id"])
            self._finish(row["id"], "interrupted", "the process that ran it died; resume to go on")

    def _step(self, running: dict[str, subprocess.Popen[bytes]]) -> bool:
        """Collect the ended, stop the cancelled, start the next; False when nothing is left."""
        stops = {row["id"] for row in self._rows("SELECT id FROM jobs WHERE state = 'running' AND stop = 1")}
        for identifier, process in list(running.items()):
            if identifier in stops:
                _end_group(process.pid, identifier, process)
                self._finish(identifier, "cancelled", "")
            elif (status := process.poll()) is None:
                continue
            elif status == 0:
                self._finish(identifier, "done", "")
            else:
                self._finish(identifier, "failed", self._last_words(identifier, status))
            del running[identifier]
        queued = self._rows(
            "SELECT jobs.id, jobs.command, first.state AS first, first.title AS title FROM jobs "
            "LEFT JOIN jobs first ON first.id = jobs.follows "
            "WHERE jobs.state = 'queued' ORDER BY jobs.created, jobs.id"
        )
        ready = [row for row in queued if row["first"] in (None, "done")]
        for row in ready[: max(0, self.limit - len(running))]:
            running[row["id"]] = self._start(row["id"], json.loads(row["command"]))
        for row in queued:
            if row["first"] in ("failed", "cancelled", "interrupted"):
                why = f"'{row['title']}', which comes first, ended as {row['first']}; resume that one, and this follows"
                self._finish(row["id"], "cancelled", why)
        return bool(running or queued)

    def _start(self, identifier: str, command: list[str]) -> subprocess.Popen[bytes]:
        folder = self.workspace.jobs_folder / identifier
        folder.mkdir(exist_ok=True)
        (folder / "progress.json").unlink(missing_ok=True)
        # What follows a double dash are another command's words. The workspace goes by the environment, for
        # the backend's commands know of none.
        own = command.index("--") if "--" in command else len(command)
        whole = [sys.executable, "-m", "core", *command[:own], "--json", *command[own:]]
        with (folder / "log").open("ab") as log, (folder / "result.json").open("wb") as result:
            log.write(f"$ python -m core {shlex.join(command)}\n".encode())
            log.flush()
            process = subprocess.Popen(  # noqa: S603 our own commands; no shell reads them
                whole,
                cwd=Path(__file__).parents[1],
                env={
                    **os.environ,
                    PROGRESS_VARIABLE: str(folder / "progress.json"),
                    "MIXDESK_JOB": identifier,
                    "MIXDESK_WORKSPACE": str(self.workspace.folder.resolve()),
                },
                stdin=subprocess.DEVNULL,
                stdout=result,
                stderr=log,
                start_new_session=True,
            )
        self._run(
            "UPDATE jobs SET state = 'running', started = :now, process = :process, stop = 0 WHERE id = :id",
            id=identifier,
            now=time.time(),
            process=process.pid,
        )
        return process

    def _finish(self, identifier: str, state: str, error: str) -> None:
        self._run(
            "UPDATE jobs SET state = :state, ended = :now, process = NULL, error = :error WHERE id = :id",
            id=identifier,
            state=state,
            now=time.time(),
            error=error,
        )

    def _last_words(self, identifier: str, status: int) -> str:
        lines = [line for line in self.log(identifier, 20).splitlines() if line.strip()]
        if status < 0:
            return f"ended by signal {signal.Signals(-status).name}; resume to go on"
        return lines[-1] if lines else f"left with status {status}"


def _engine(url: str) -> Any:
    from sqlalchemy import create_engine, inspect, text
    from sqlalchemy.pool import NullPool

    options: dict[str, Any] = {"connect_args": {"timeout": 30}} if url.startswith("sqlite") else {}
    engine = create_engine(url, poolclass=NullPool, **options)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS jobs (id VARCHAR(40) PRIMARY KEY, command TEXT NOT NULL, "
                "title TEXT NOT NULL, state VARCHAR(12) NOT NULL, created DOUBLE PRECISION NOT NULL, "
                "started DOUBLE PRECISION, ended DOUBLE PRECISION, process INTEGER, "
                "stop INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', follows VARCHAR(40))"
            )
        )
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS job_settings (name VARCHAR(20) PRIMARY KEY, value TEXT NOT NULL)"
            )
        )
        if "follows" not in {column["name"] for column in inspect(connection).get_columns("jobs")}:
            connection.execute(text("ALTER TABLE jobs ADD COLUMN follows VARCHAR(40)"))
    return engine


def _end_group(process: int | None, identifier: str, child: subprocess.Popen[bytes] | None = None) -> None:
    """Ask a job's processes to stop, wait, then kill what is left. A reused number is left alone."""
    if process is None or not _is_ours(process, identifier):
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, sign)
        until = time.time() + GRACE_SECONDS
        while time.time() < until:
            if child is not None:
                child.poll()
            if not _is_ours(process, identifier):
                break
            time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)  # grandchildren that outlived their parent


def _is_ours(process: int, identifier: str) -> bool:
    """Whether the process still runs that job; without /proc, whether it runs at all."""
    environment = Path(f"/proc/{process}/environ")
    if not Path("/proc/self").exists():
        return disk.is_alive(process)
    try:
        return f"MIXDESK_JOB={identifier}".encode() in environment.read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    Jobs(Workspace(sys.argv[1])).work()
