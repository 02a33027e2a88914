"""Files that are either whole or not there: write aside, then rename; locks; fingerprints; the hub's cache."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import BadInputError, NotFoundError
from core.types import JSON


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it takes the name `path` when the block ends well, else it is removed.

    The file is flushed to the disk before the rename, so a power cut leaves the old file or the new.

    Raises:
        BadInputError: There is a folder or a device of that name.
    """
    if path.exists() and not path.is_file():
        raise BadInputError(path, "is there and is no file that may be replaced", "name another file")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
    try:
        yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace the file's contents in one step."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: JSON) -> None:
    """Replace the file's contents by the value as JSON, keys in their order, in one step."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> JSON:
    """Read one JSON value."""
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file as a lock against every other process; the system frees it when a process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Yield an empty folder under `folder`/scratch that is gone when the block ends.

    What killed processes left there is removed first: a living one holds its folder locked.
    """
    home = folder / "scratch"
    with locked(home / ".lock"):
        for stale in home.glob("*/"):
            if (held := _taken(stale)) is not None:
                shutil.rmtree(stale)
                os.close(held)
        place = home / uuid.uuid4().hex
        place.mkdir()
        held = _taken(place)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if held is not None:
            os.close(held)


def _taken(folder: Path) -> int | None:
    """Lock a folder, and return what holds it; None where another process does."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def fingerprint(value: JSON) -> str:
    """SHA-256 of the value as canonical JSON (sorted keys, no spaces), 64 hex digits."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_alive(process: int) -> bool:
    """Whether a process of that number runs on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def hub_folder(model: str, wanted: Sequence[str]) -> Path:
    """Return the local copy of a hub id's files: the cache's, or fetched where it has none.

    Args:
        model: The id, such as `org/model`.
        wanted: Patterns of the files to fetch.

    Raises:
        NotFoundError: Neither the cache nor the hub has it.
    """
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(model, local_files_only=True))
    except (OSError, ValueError):
        pass  # not in the local cache: ask the hub itself
    try:
        return Path(huggingface_hub.snapshot_download(model, allow_patterns=list(wanted)))
    except Exception as error:  # the hub's client raises a dozen kinds, all of which mean the same here
        rule = f"is no folder here, and could not be fetched from the hub ({type(error).__name__})"
        raise NotFoundError(model, rule, "check the id and the network, or name a local folder") from None
