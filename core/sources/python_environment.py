"""This machine's own Python environment as a corpus that needs no download."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import math
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.doors import Source
from core.sources import _environment, _plain
from core.sources._environment import DOMAINS, Found
from core.types import Document, Rejected, Scalar

MOST_PARTS = {"data-files": 2, "native-code": 2, "modules": 3, "scripts": 3, "docstrings": 6}
PARTS = 5  # of one file, in every other domain
LEAST_CHARACTERS = 120
LEAST_WORDS = 40  # of a docstring
READ_BYTES = {"messages": 1_000_000, "docstrings": 60_000}  # parsing a module takes 10 ms for 60 kB
YEAR = re.compile(r"copyright\D{0,24}((?:19|20)\d\d)", re.I)


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """About `documents` texts out of what every machine has, each kind of file a domain.

    Modules, docstrings, package descriptions, documentation, licences, scripts, data files and native
    code come from the standard library and site-packages; manual pages, message catalogues in other
    languages and Debian's copyright files from ``/usr/share``, where they are. Which files are taken
    follows from a hash of their paths, packages in turn, so the same machine gives the same documents.
    A domain that has too few leaves its share to the others.
    """

    name: ClassVar[str] = "python_environment"
    version: ClassVar[int] = 1

    documents: int = 5500
    passage_characters: int = 4000
    max_file_bytes: int = 200_000
    system: bool = True  # look at /usr/share, too

    def read(self) -> Iterator[Document | Rejected]:
        """Yield the documents domain by domain, in order of path."""
        by_domain: dict[str, list[Found]] = defaultdict(list)
        for found in _environment.find(_environment.roots(self.system)):
            by_domain[found.domain].append(found)
        ordered = {domain: in_turn(files) for domain, files in by_domain.items()}
        ordered["docstrings"] = ordered.get("modules", [])
        streams = {d: self._documents(d, ordered[d]) for d in DOMAINS if ordered.get(d)}
        for chosen in share_out(streams, self.documents).values():
            yield from sorted(chosen, key=lambda document: document.id)

    def _documents(self, domain: str, files: Sequence[Found]) -> Iterator[Document]:
        """Yield the domain's documents, file by file."""
        for found in files:
            parts = self._parts(domain, found)
            most = MOST_PARTS.get(domain, PARTS)
            for number, (name, text) in enumerate(itertools.islice(parts, most), start=1):
                yield self._document(domain, found, number, name, text)

    def _parts(self, domain: str, found: Found) -> Iterator[tuple[str, str]]:
        """Yield the texts that a file holds and the name of each inside the file."""
        text = self._text(domain, found)
        if domain == "docstrings":
            pieces = _plain.docstrings(text, LEAST_WORDS)
            yield from ((name, piece[: self.passage_characters]) for name, piece in pieces)
            return
        if len(text) >= LEAST_CHARACTERS:
            cut = _plain.passages(text, self.passage_characters)
            yield from (("" if len(cut) == 1 else str(n), piece) for n, piece in enumerate(cut, start=1))

    def _text(self, domain: str, found: Found) -> str:
        """The file's text, '' where it is too large, not UTF-8, or not what its name says."""
        try:
            path = Path(found.file)
            limit = READ_BYTES.get(domain, self.max_file_bytes)
            if path.stat().st_size > limit:
                return ""
            raw = path.read_bytes()
            if domain == "messages":
                return without_homes(_plain.from_catalogue(raw))
            if found.file.endswith(".gz"):
                raw = gzip.decompress(raw)
            text = without_homes(raw[:limit].decode("utf-8"))
        except (OSError, EOFError, ValueError, zlib.error):
            return ""
        return "" if "\0" in text else _stripped(domain, found.path, text)

    def _document(self, domain: str, found: Found, number: int, name: str, text: str) -> Document:
        year = YEAR.search(text[:2000])
        fields: dict[str, Scalar] = {
            "package": found.package.name,
            "path": found.path,
            "part": number,
            "license": found.package.licence,
            "year": int(year[1]) if year else None,
            "locale": _environment.locale_of(found.path),
        }
        identity = f"{found.path}:{name}" if name else found.path
        return Document(identity, text, domain, fields)


def demo_sources(documents: int = 5500) -> list[Source]:
    """Return the sources of the demo corpus: this environment, cut to about that many documents."""
    return [PythonEnvironment(documents=documents)]


def in_turn(files: Sequence[Found]) -> list[Found]:
    """Order files so that every group gives one, then every group its second; by hash inside a group."""
    groups: dict[str, list[tuple[str, Found]]] = defaultdict(list)
    for found in files:
        groups[found.group].append((hashlib.sha256(found.path.encode()).hexdigest(), found))
    ranked = []
    for members in groups.values():
        members.sort(key=lambda member: member[0])
        ranked += [(rank, digest, found) for rank, (digest, found) in enumerate(members)]
    return [found for _, _, found in sorted(ranked, key=lambda one: one[:2])]


def share_out(streams: dict[str, Iterator[Document]], total: int) -> dict[str, list[Document]]:
    """Take `total` documents by the domains' shares; what one domain lacks, the others make up."""
    taken: dict[str, list[Document]] = {domain: [] for domain in streams}
    alive = dict(streams)
    while alive and (lacking := total - sum(map(len, taken.values()))) > 0:
        whole = sum(DOMAINS[domain] for domain in alive)
        for domain, stream in list(alive.items()):
            wanted = min(math.ceil(lacking * DOMAINS[domain] / whole), total - sum(map(len, taken.values())))
            got = list(itertools.islice(stream, wanted))
            taken[domain] += got
            if len(got) < wanted:
                del alive[domain]
    return taken


def without_homes(text: str) -> str:
    """Replace the environment's and the person's own folders, which scripts carry in their first line."""
    for prefix, shown in ((sys.prefix, "/env"), (sys.base_prefix, "/python"), (str(Path.home()), "~")):
        if len(prefix) > 1 and prefix not in ("/usr", "/usr/local") and prefix in text:
            text = text.replace(prefix + "/", shown + "/").replace(prefix, shown)
    return text


def _stripped(domain: str, path: str, text: str) -> str:
    if domain == "manual-pages":
        return _plain.from_roff(text)
    if domain == "package-descriptions":
        body = text.replace("\r\n", "\n").partition("\n\n")[2].strip()
        return "" if body == "UNKNOWN" else body
    if domain == "scripts" and path.startswith("bin/") and not text.startswith("#!"):
        return text if path.endswith((".ps1", ".fish", ".csh", "/activate")) else ""
    if domain == "documentation" and path.endswith((".html", ".htm")):
        return _plain.from_html(text)
    return text
