"""The exporters' door, and what they share: file-safe names, and the account of a file they wrote."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Protocol, TypeAlias

from core.disk import file_sha256
from core.exporters._shares import Drawn
from core.types import Manifest, ManifestFile, Plan

Documents: TypeAlias = Callable[[str], Iterator[Any]]
"""Given a domain, yields Arrow tables of `id`, `text`, `source`, `domain`, `tokens` in the order seen."""


_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Exporter(Protocol):
    """Writes a plan's documents, and a trainer's configuration where it has one, into a folder.

    `stages`: the trainer can change its weights as training goes on. `in_order`: it reads a domain's documents
    as they stand in its file. One that needs a package beyond ours names its module as `package`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    stages: ClassVar[bool]
    in_order: ClassVar[bool]

    def write(self, plan: Plan, documents: Documents, folder: Path) -> list[ManifestFile]:
        """Write all files; return an account of each data file, paths relative to `folder`.

        `documents` is called once a domain and read to its end, a table at a time. Paths in a configuration
        are relative to `folder`, which gets its name only when all is written.

        Raises:
            BadInputError: The mixture asks what this trainer cannot do, such as stages.
        """

    def drawn(self, manifest: Manifest, folder: Path) -> list[Drawn]:
        """Read an export's configuration and data as the trainer does: what it draws from, phase by phase.

        Raises:
            BadInputError: The configuration cannot be read, or names data that is not there.
        """


def slugs(domains: Iterable[str]) -> dict[str, str]:
    """Return a file name (without ending) for each domain: safe on any system, unique, the same each time.

    A name that had to be changed, that Windows keeps for itself, or that another differs from by case alone
    gets eight digits of its hash.
    """
    listed = sorted(domains)
    plain = {domain: re.sub(r"[^A-Za-z0-9_.-]+", "-", domain).strip("-.")[:60] for domain in listed}
    lowered = [slug.lower() for slug in plain.values()]
    found = {}
    for domain, slug in plain.items():
        taken = lowered.count(slug.lower()) > 1 or _RESERVED.fullmatch(slug)
        if slug != domain or not slug or taken:
            slug = f"{slug or 'domain'}-{hashlib.sha256(domain.encode()).hexdigest()[:8]}"
        found[domain] = slug
    return found


def planned_domains(plan: Plan) -> list[str]:
    """Return the domains that give documents, in order of name."""
    return sorted(domain for domain, part in plan.domains.items() if part.documents)


def account(folder: Path, path: str, domain: str, rows: int, tokens: int) -> ManifestFile:
    """Flush a file that has been written to its end to the disk; return what the manifest says of it."""
    with (folder / path).open("rb") as file:
        os.fsync(file.fileno())
    return ManifestFile(path=path, sha256=file_sha256(folder / path), rows=rows, tokens=tokens, domain=domain)


def domains_by_path(manifest: Manifest) -> dict[str, str]:
    """Return the domain of each data file, by its path without the ending, and of each folder that holds one."""
    found = {}
    for file in manifest.files:
        path = PurePosixPath(file.path)
        found[str(path.with_suffix(""))] = file.domain
        if len(path.parts) > 2:  # a domain with a folder of its own
            found[str(path.parent)] = file.domain
    return found
