"""What a Python environment and its system hold of public text: which files, of which domain and package.

Only the standard library, the environment's site-packages and scripts, and the system's documentation
are looked at. Links that leave these folders, packages installed from a local folder, and everything
that an editable install points to are passed over.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DOMAINS: dict[str, float] = {  # shares of the documents asked for, where there is enough of each
    "modules": 0.17, "docstrings": 0.18, "package-descriptions": 0.10, "documentation": 0.10,
    "licences": 0.09, "scripts": 0.05, "data-files": 0.08, "native-code": 0.06, "manual-pages": 0.09,
    "messages": 0.08,
}  # fmt: skip
SYSTEM_SHARE = ("man", "doc", "locale", "common-licenses")
SKIPPED_FOLDERS = frozenset({"__pycache__", "site-packages", "dist-packages", "node_modules"})
SKIPPED_FILES = frozenset({"sitecustomize.py", "usercustomize.py", "direct_url.json"})
LICENCE_NAME = re.compile(r"^(un)?licen[cs]e|^copying|^notice|^copyright", re.I)
LOCALE = re.compile(r"(?:^|/)([a-z]{2,3}(?:_[A-Z]{2})?(?:@[a-z]+)?)/(?:LC_\w+|man\d)/")
MANUAL_NAME = re.compile(r"\.[1-9][a-z]*(\.gz)?$")
DOCUMENTATION = frozenset({".md", ".rst", ".html", ".htm", ".txt"})
SCRIPTS = frozenset({".sh", ".bash", ".bat", ".ps1", ".fish", ".csh", ".cmake", ".js", ".mjs", ".ts"})
NATIVE = frozenset({".h", ".hpp", ".cuh", ".c", ".cc", ".cpp", ".cu", ".pyx", ".pxd", ".pxi", ".f90", ".f"})
DATA = frozenset(
    {".json", ".csv", ".tsv", ".toml", ".yaml", ".yml", ".xml", ".css", ".svg", ".dat", ".arff", ".ini"}
)
DATA_FOLDERS = frozenset({"test", "tests", "data", "datasets", "static", "dist", "testdata"})


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that may be read; paths below it are shown with `label` in front."""

    label: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package: its name, and its licence where it states one."""

    name: str
    licence: str | None = None
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: where it lies, the path to show, its domain and package; `group` is for fairness."""

    file: str
    path: str
    domain: str
    package: Package
    group: str


def roots(system: bool) -> list[Root]:
    """Return the folders of this interpreter's environment, and of the system's documentation."""
    paths = sysconfig.get_paths()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = [
        Root(f"lib/{version}", Path(paths["stdlib"])),
        Root("site-packages", Path(paths["purelib"])),
        Root("site-packages", Path(paths["platlib"])),
        Root("bin", Path(paths["scripts"])),
    ]
    if system:
        found += [Root(f"share/{name}", Path("/usr/share") / name) for name in SYSTEM_SHARE]
    distinct: dict[Path, Root] = {}
    for root in found:
        if root.folder.is_dir():
            distinct.setdefault(root.folder.resolve(), Root(root.label, root.folder.resolve()))
    return list(distinct.values())


def find(places: Sequence[Root]) -> list[Found]:
    """Return every file of a known domain below the roots, in order of path."""
    allowed = tuple(f"{root.folder}{os.sep}" for root in places)
    found = []
    for root in places:
        known = packages(root.folder) if root.label == "site-packages" else {}
        for inside in _walk(str(root.folder), "", allowed):
            domain = domain_of(root.label, inside)
            package = _package_of(root.label, inside, known)
            if domain and not package.is_private:
                path = f"{root.label}/{inside}"
                file = f"{root.folder}{os.sep}{inside}"
                found.append(Found(file, path, domain, package, _group(domain, inside, package)))
    return sorted(found, key=lambda one: one.path)


def _walk(folder: str, inside: str, allowed: tuple[str, ...]) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # a folder that others may not read
        return
    for entry in entries:
        name = entry.name
        path = f"{inside}{name}"
        if name.startswith((".", "__editable__")) or name in SKIPPED_FILES:
            continue
        if entry.is_symlink() and not os.path.realpath(entry.path).startswith(allowed):
            continue
        if entry.is_dir(follow_symlinks=False):
            if name not in SKIPPED_FOLDERS:
                yield from _walk(entry.path, f"{path}/", allowed)
        elif entry.is_file():
            yield path


def domain_of(label: str, inside: str) -> str | None:
    """Return the domain that a file belongs to by its root and path, or None for none of ours."""
    *folders, name = inside.split("/")
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 hot
    top = folders[0] if folders else ""
    if label == "share/man":
        return "manual-pages" if MANUAL_NAME.search(name) else None
    if label == "share/common-licenses" or (label == "share/doc" and name == "copyright"):
        return "licences"
    if label == "share/locale" or suffix == ".mo":
        return "messages" if suffix == ".mo" else None
    if label == "bin":
        return "scripts"
    if top.endswith((".dist-info", ".egg-info")):
        if name in ("METADATA", "PKG-INFO"):
            return "package-descriptions"
        return "licences" if LICENCE_NAME.match(name) or "licenses" in folders else None
    return _by_suffix(name, suffix, folders)


def _by_suffix(name: str, suffix: str, folders: Sequence[str]) -> str | None:
    if suffix == ".py":
        return "modules"
    if LICENCE_NAME.match(name) and suffix in ("", ".txt", ".md", ".rst"):
        return "licences"
    in_data = not DATA_FOLDERS.isdisjoint(folders)
    if suffix in DATA or (suffix == ".txt" and in_data) or (suffix == ".js" and in_data):
        return "data-files"
    for domain, suffixes in (("documentation", DOCUMENTATION), ("scripts", SCRIPTS), ("native-code", NATIVE)):
        if suffix in suffixes:
            return domain
    return None


def _package_of(label: str, inside: str, known: dict[str, Package]) -> Package:
    top = inside.split("/", 1)[0]
    if label == "site-packages":
        return known.get(top) or Package(top.removesuffix(".py"))
    if label.startswith("lib/"):
        return Package("python", "PSF-2.0")
    if label == "share/doc":
        return Package(top)
    return Package(inside.rsplit("/", 1)[-1].split(".")[0])


def _group(domain: str, inside: str, package: Package) -> str:
    """By package; catalogues by language; the standard library by its own packages."""
    if domain == "messages":
        return locale_of(inside) or package.name
    return inside.split("/", 1)[0] if package.name == "python" else package.name


def locale_of(path: str) -> str | None:
    """Return the language that a path names: ``de`` of ``de/LC_MESSAGES/tar.mo`` or ``man/de/man1/ls.1``."""
    match = LOCALE.search(path)
    return match[1] if match and match[1] != "man" else None


def packages(site: Path) -> dict[str, Package]:
    """Return the packages of a site-packages folder by every top-level name that they own."""
    owners: dict[str, Package] = {}
    for folder in sorted(site.glob("*.dist-info")):
        try:
            head = (folder / "METADATA").read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0]
            record = (folder / "RECORD").read_text(encoding="utf-8", errors="replace")
        except OSError:
            head, record = "", ""
        package = _package(folder, head)
        tops = {line.split("/", 1)[0].split(",", 1)[0] for line in record.splitlines()}
        for top in (tops - {"..", "__pycache__"}) | {folder.name}:
            owners.setdefault(top, package)
    return owners


def _package(folder: Path, head: str) -> Package:
    name = _header(head, "Name") or folder.name.split("-", 1)[0]
    licence = _header(head, "License-Expression") or _header(head, "License")
    if not licence or len(licence) > 60:
        classified = re.search(r"^Classifier: License :: (?:OSI Approved :: )?(.+)$", head, re.M)
        licence = classified[1].strip() if classified else None
    try:
        installed_from = (folder / "direct_url.json").read_text(encoding="utf-8")
    except OSError:
        installed_from = ""
    return Package(name, licence, "file:" in installed_from)


def _header(head: str, name: str) -> str | None:
    match = re.search(rf"^{name}: (.+)$", head, re.M)
    return match[1].strip() if match else None
