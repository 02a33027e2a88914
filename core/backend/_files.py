"""Files and folders that are either whole or not there, and fingerprints of values.

The backend also runs where the rest of the app is not, so it has its own copy of these few lines.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import BadInputError
from core.types import JSON


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes `path` when the block ends well, else it is removed.

    What a killed process left aside is cleared first; what a living one writes is locked, and stays.

    Raises:
        BadInputError: There is a folder or a device of that name.
    """
    if path.exists() and not path.is_file():
        raise BadInputError(path, "is there and is no file that may be replaced", "name another file")
    _clear(path)
    aside = _aside(path)
    try:
        with aside.open("xb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Remove what was written aside for a file by processes that are no more: the system freed their locks."""
    names = re.compile(rf"\.{re.escape(path.name)}\.\d+\.[0-9a-f]{{8}}")
    for stale in path.parent.iterdir():
        if names.fullmatch(stale.name):
            with suppress(OSError), stale.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stale.unlink()


@contextmanager
def folder_aside(path: Path) -> Iterator[Path]:
    """Yield a folder to fill; it becomes `path` when the block ends well, else it is removed.

    What a killed process left aside is cleared first: the caller holds the lock of the parent folder.
    """
    for stale in path.parent.glob(f".{path.name}.*"):
        shutil.rmtree(stale, ignore_errors=True)
    aside = _aside(path)
    aside.mkdir(parents=True)
    try:
        yield aside
        if path.exists():
            shutil.rmtree(path)
        aside.rename(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_json(path: Path, value: JSON) -> None:
    """Replace the file's contents by the value as JSON, in one step."""
    with written_aside(path) as aside:
        text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
        aside.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> JSON:
    """Read one JSON value."""
    return json.loads(path.read_text(encoding="utf-8"))


def file_sha256(path: Path) -> str:
    """Return the hash of a file's contents."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(value: JSON) -> str:
    """SHA-256 of the value as canonical JSON (sorted keys, no spaces), 64 hex digits."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """Hold the folder against every other process, or raise at once where another one holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInputError(
                folder, "another process is training into this folder", "wait for it or name another --out"
            ) from None
        yield
