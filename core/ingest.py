"""Read documents from anywhere into a corpus: streamed, counted, sampled on request, refusals kept."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.bricks import settings_of
from core.doors import Source
from core.errors import BadInputError
from core.rulesets import PRESETS
from core.signals import SIGNALS
from core.sources import demo_sources, open_sources
from core.sources._records import well_formed
from core.sources._tidy import FieldNames, UniqueIds
from core.tables import FIXED
from core.tokenize import counted, tokenizer_name
from core.types import JSON, Corpus, Document, Progress, Rejected, check_name, silent
from core.workspace import Workspace

RESERVED = (
    *FIXED, "cluster", "cluster_name", "x", "y", "duplicate_group", "is_duplicate",
    "duplicate_group_local", "is_duplicate_local", "vector", "domain_tokens", "boilerplate_share",
    "boilerplate_lines", "licence", "licence_tier", "licence_evidence", "licence_conflict",
    *(f"{name}_{n}" for n in (8, 13) for name in ("contamination", "contaminated")),
    *(f"contamination_{n}_{name}" for n in (8, 13) for name in ("coverage", "benchmark")),
)  # fmt: skip
REPORT_EVERY = 500  # records
REMEDIES = {
    "missing field": "name the right one with --text-field, --id-field or --source-field",
    "wrong encoding": "save the files as UTF-8",
    "broken line": "check that the files are what their names say",
    "empty text": "check which field holds the text, and name it with --text-field",
    "not text": "name the field that holds the text with --text-field",
    "too large": "cut the documents into pieces under 50 MB",
}


def ingest(
    workspace: Workspace,
    name: str,
    paths: Sequence[str | Path] | str | Path,
    text_field: str | None = None,
    id_field: str | None = None,
    source_field: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    stratify: bool = False,
    progress: Progress = silent,
    workers: int | None = 1,
) -> Corpus:
    """Read files, folders, globs, fsspec URLs or hub ids into the corpus `name`.

    Args:
        workspace: Where the corpus goes; one of that name is replaced once the new one is whole.
        name: What to call the corpus.
        paths: What to read, in this order.
        text_field: The field that holds the text; a record that lacks it is refused. None: guess.
        id_field: The field that names a record; None: guess, else ``<file>:<line>``.
        source_field: The field that names a record's source; None: guess, else the file's name.
        sample: Keep a uniform random sample of so many documents, held in memory; None: keep all.
        seed: The same seed and input give the same sample.
        stratify: Sample each source alike: equal numbers, a small source whole, its rest to the others.
        progress: Told how many records are through.
        workers: Processes that count tokens where there is much to count; None: one for every core. Any
            number gives the same corpus.

    Records that cannot become documents are kept as `Rejected`, by reason, file and line. Memory does
    not grow with the input, but for the sample, the refusals, and up to 16 bytes a document for ids.

    Raises:
        BadInputError: A path is not there or of unknown kind, or not one document could be read.
    """
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    if sample is not None and sample < 1:
        raise BadInputError(f"sample {sample}", "must be 1 or more", "leave it out to keep all")
    check_name(name, "corpus")
    sources = open_sources(listed, text_field, id_field, source_field)
    origin = {
        "paths": [well_formed(str(path))[0] for path in listed],
        "text_field": text_field,
        "id_field": id_field,
        "source_field": source_field,
        "sample": sample,
        "seed": seed if sample else None,
        "stratify": stratify,
    }
    return ingest_sources(workspace, name, sources, origin, sample, seed, stratify, progress, workers)


def ingest_demo(
    workspace: Workspace, name: str = "demo", documents: int = 5500, progress: Progress = silent
) -> Corpus:
    """Build a corpus of about that many documents from this machine's Python environment."""
    sources = demo_sources(documents)
    origin = {"demo": [{"source": source.name, **settings_of(source)} for source in sources]}
    return ingest_sources(workspace, name, sources, origin, progress=progress)


def ingest_sources(
    workspace: Workspace,
    name: str,
    sources: Sequence[Source],
    origin: JSON = None,
    sample: int | None = None,
    seed: int = 0,
    stratify: bool = False,
    progress: Progress = silent,
    workers: int | None = 1,
) -> Corpus:
    """Read sources one after another into the corpus `name`; `origin` says in words what they were."""
    reading = _Reading(name, sources, progress)
    stream: Iterable[Document] = reading.documents()
    if sample:
        stream = sampled(stream, sample, seed, stratify)
    return workspace.write_corpus(
        name,
        counted(stream, workers),
        rejected=lambda: reading.rejected,
        tokenizer=tokenizer_name(),
        origin=origin,
    )


class _Reading:
    """One pass over the sources: ids made unique, fields named, refusals kept."""

    def __init__(self, name: str, sources: Sequence[Source], progress: Progress) -> None:
        self.name, self.sources, self.progress = name, sources, progress
        self.rejected: list[Rejected] = []

    def documents(self) -> Iterator[Document]:
        """Yield what may be kept; raises `BadInputError` at the end if that was nothing."""
        ids, names, kept, seen = UniqueIds(), FieldNames(reserved_names()), 0, 0
        for source in self.sources:
            for found in source.read():
                seen += 1
                if seen % REPORT_EVERY == 0:
                    self.progress(seen, None, f"reading {self.name}")
                if isinstance(found, Rejected):
                    self.rejected.append(found)
                else:
                    kept += 1
                    fields = names.renamed(found.fields)
                    identity, source_name = well_formed(found.id)[0], well_formed(found.source)[0]
                    yield Document(ids.unique(identity), found.text, source_name, fields)
        if not kept:
            raise self._nothing_read()
        self.progress(seen, seen, f"reading {self.name}")

    def _nothing_read(self) -> BadInputError:
        if not self.rejected:
            return BadInputError(self.name, "there was no record to read", "check that the files hold any")
        reason, count = Counter(one.reason for one in self.rejected).most_common(1)[0]
        first = next(one for one in self.rejected if one.reason == reason)
        where = first.path if first.line is None else f"{first.path}, line {first.line}"
        detail = f", {first.detail}" if first.detail else ""
        return BadInputError(
            where[-150:],
            f"no document could be read: {count:,} of {len(self.rejected):,} refused for '{reason}'{detail}",
            REMEDIES.get(reason, "check the path and the files"),
        )


def reserved_names() -> set[str]:
    """Return the column names that a document's own fields must leave to the stages."""
    names = {*RESERVED, *(f"{preset}_reason" for preset in PRESETS)}
    for signal in SIGNALS.values():
        names.update(signal().columns)
    return names


def sampled(
    documents: Iterable[Document], size: int, seed: int, stratify: bool = False
) -> Iterator[Document]:
    """Yield a uniform random sample of `size` documents of a stream of any length, in the stream's order.

    Every document draws a key, and the smallest keys stay: algorithm A-Res of Efraimidis and Spirakis
    (2006), weights equal. Stratified, every source keeps its own smallest keys, and when more than
    `size` are held the source that holds most gives up its largest; so the sources end up equal, small
    ones whole. Memory is that of `size` documents.
    """
    rng = random.Random(seed)  # noqa: S311 a sample, not a secret
    held: dict[str, list[tuple[float, int, Document]]] = {}
    least_dropped: dict[str, float] = {}
    total = 0
    for position, document in enumerate(documents):
        key = rng.random()
        stratum = document.source if stratify else ""
        if key > least_dropped.get(stratum, 1.0):
            continue
        heapq.heappush(held.setdefault(stratum, []), (-key, position, document))
        total += 1
        if total > size:
            fullest = max(held, key=lambda name: (len(held[name]), name))
            least_dropped[fullest] = -heapq.heappop(held[fullest])[0]
            total -= 1
    kept: list[Any] = [entry for heap in held.values() for entry in heap]
    for _, _, document in sorted(kept, key=lambda entry: entry[1]):
        yield document
