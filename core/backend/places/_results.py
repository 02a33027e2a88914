"""What comes back from another machine: small files while a run goes on, all of it at its end."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.backend._files import read_json, write_json, written_aside
from core.backend.places._remote import Remote
from core.errors import BadInputError

MIRROR = ".there"  # in the run's folder: what was last seen there
_OWNER = ".launched.json"  # whose results the folder holds
_HIDDEN = ("--exclude=.*", "--exclude=data/")
# What tells how a run is doing: a few kilobytes, in each member's folder of a stack.
_NEWS = (
    "--exclude=model/",
    "--exclude=checkpoint*",
    "--include=*/",
    "--include=run.json",
    "--include=stack.json",
    "--include=metrics.jsonl",
    "--exclude=*",
)
# What a run goes on from, and every document's loss at every evaluation; models that it keeps do come back.
_HEAVY = ("--include=checkpoints/", "--exclude=checkpoint*", "--exclude=documents/")


def claim(out: Path, key: str) -> bool:
    """Make the folder, for the results of the work known by `key` alone; return whether all are there.

    Raises:
        BadInputError: It is no folder, or holds other work's results or other files.
    """
    owner = out / _OWNER
    try:
        out.mkdir(parents=True, exist_ok=True)
        occupied = any(not entry.name.startswith(".") for entry in out.iterdir())
    except OSError as error:
        rule = f"is no folder to write to ({error.strerror})"
        raise BadInputError(out, rule, "name another --out") from None
    if owner.exists():
        facts = read_json(owner)
        if facts["key"] != key:
            rule = "holds results of another manifest, config or command"
            raise BadInputError(out, rule, "name another --out or remove it")
        return bool(facts["done"])
    if occupied:
        raise BadInputError(out, "is not empty and holds nothing of a run elsewhere", "name another --out")
    write_json(owner, {"key": key, "done": False})
    return False


def bring_news(remote: Remote, out: Path) -> None:
    """Bring what the run has told so far; that it is done is told last, by `bring_all`."""
    mirror = out / MIRROR
    remote.pull("run", mirror, ["--prune-empty-dirs", *_HIDDEN, *_NEWS])
    for path in sorted(mirror.rglob("*")):
        if path.is_file() and not (path.name == "run.json" and _is_done(path)):
            target = out / path.relative_to(mirror)
            target.parent.mkdir(parents=True, exist_ok=True)
            with written_aside(target) as aside:
                shutil.copyfile(path, aside)


def bring_all(remote: Remote, out: Path, key: str, checkpoint: bool) -> None:
    """Bring the models and all else, but the tokens; then what says that the run is done."""
    heavy = () if checkpoint else _HEAVY
    remote.pull("run", out, [*_HIDDEN, *heavy, "--exclude=run.json", "--delay-updates"])
    remote.pull(
        "run", out, [*_HIDDEN, "--exclude=model/", "--include=*/", "--include=run.json", "--exclude=*"]
    )
    write_json(out / _OWNER, {"key": key, "done": True})


def _is_done(path: Path) -> bool:
    value = read_json(path)
    return isinstance(value, dict) and value.get("state") == "done"
