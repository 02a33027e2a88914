"""Which source files training needs somewhere else: the backend's own, and what of core they import."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]  # the folder that holds `core`


def code_files(root: Path = ROOT) -> tuple[str, ...]:
    """Return the files, relative to `root` and sorted, with which `python -m core.backend` runs elsewhere.

    Found by reading the imports of every file of the backend, and of every file found so: late ones, too.
    """
    found: set[Path] = set()
    left = list((root / "core/backend").rglob("*.py"))
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [file for module in _imported(path) for file in _files(root, module)]
    return tuple(sorted(path.relative_to(root).as_posix() for path in found))


def code_packages(files: tuple[str, ...], root: Path = ROOT) -> tuple[str, ...]:
    """Return the packages of others that these files import, sorted, by the names they are imported by."""
    modules = {module.split(".")[0] for name in files for module in _imported(root / name)}
    return tuple(sorted(modules - {"core"} - sys.stdlib_module_names))


def code_hash(files: tuple[str, ...], root: Path = ROOT) -> str:
    """Return twelve hex digits over the files' names and bytes."""
    digest = hashlib.sha256()
    for name in files:
        digest.update(f"{name}\0{hashlib.sha256((root / name).read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:12]


@cache  # a file is read for its own imports, and again for the packages that it needs
def _imported(path: Path) -> frozenset[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def _files(root: Path, module: str) -> Iterator[Path]:
    """Yield the files that importing a module of core runs: its own and those of the packages around it."""
    names = module.split(".")
    if names[0] != "core":
        return
    for length in range(1, len(names) + 1):
        stem = root.joinpath(*names[:length])
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                yield path
