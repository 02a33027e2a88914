"""Where a model lies: a folder or a hub id's local copy; what its files hold, and that no pickle is read."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from core import disk
from core.errors import BadInputError, NotFoundError

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
WANTED = ("*.safetensors", "*.json", "*.txt", "*.model")  # what is fetched, read and signed
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
CONVERT = (
    "where you trust it, convert it with transformers: "
    "AutoModelForSequenceClassification.from_pretrained(OLD).save_pretrained(NEW) writes model.safetensors; "
    "save its tokenizer there, too"
)


def find(model: str) -> Path:
    """Return the folder of a model's files: a folder itself, or the hub id's copy, fetched where none is here."""
    if not model:
        raise BadInputError("classifier", "needs a model", "name one: classifier.model=FOLDER or ORG/MODEL")
    folder = Path(model).expanduser()
    if folder.exists():
        return _readable(folder.absolute())
    if not HUB_ID.fullmatch(model):
        remedy = "name a folder with config.json and model.safetensors, or a hub id such as ORG/MODEL"
        raise NotFoundError(model, "no model lies there", remedy)
    return _readable(disk.hub_folder(model, WANTED))


def name_of(folder: Path) -> str:
    """Return what a model is called: its folder's name, or in the hub's cache the name after the owner's."""
    if folder.parent.name == "snapshots" and folder.parent.parent.name.startswith("models--"):
        return folder.parent.parent.name.rsplit("--", 1)[-1]
    return folder.name


def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return the files that are read, with their sizes and times: other files are another model."""
    found = sorted(path for pattern in WANTED for path in folder.glob(pattern))
    return tuple((path.name, (facts := path.stat()).st_size, facts.st_mtime_ns) for path in found)


def signature(folder: Path) -> str:
    """SHA-256 over weights, configuration and tokenizer; a second a gigabyte, once a process."""
    return _signature(folder, stamp(folder))


@functools.lru_cache(maxsize=8)
def _signature(folder: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    return disk.fingerprint([[name, disk.file_sha256(folder / name)] for name, _, _ in files])


def _readable(folder: Path) -> Path:
    """Refuse a folder without a configuration, or whose weights only unpickling could read."""
    if not (folder / "config.json").is_file():
        raise NotFoundError(folder, "holds no config.json", "name the folder that save_pretrained wrote")
    if any(folder.glob("*.safetensors")):
        return folder
    pickled = sorted(path.name for pattern in PICKLED for path in folder.glob(pattern))
    if pickled:
        rule = f"its weights are in {pickled[0]}, which cannot be read without running code in it"
        raise BadInputError(folder, rule, CONVERT)
    raise NotFoundError(folder, "holds no .safetensors file", CONVERT)
