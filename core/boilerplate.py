"""Find boilerplate: lines that many documents of one source share, and what part of a document they are."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.engines import LocalEngine
from core.errors import BadInputError
from core.repeated import tallies
from core.types import JSON, Column, Columns, Corpus, Progress, silent
from core.workspace import Workspace

SHARD_ROWS = 1024
NAMES = ("boilerplate_share", "boilerplate_lines")
Hashes = NDArray[np.uint64]


def boilerplate(
    workspace: Workspace,
    name: str,
    at_least: int = 10,
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[str, JSON]:
    """Hang `boilerplate_share` and `boilerplate_lines` beside the documents.

    A line is boilerplate where at least `at_least` documents of the same source hold it: stripped, in
    lower case, its white space folded; empty lines count for nothing. The share is that of the characters
    of such lines among those of all lines, null for a document without any. Nothing is removed.

    Lines are compared by 64 bits of BLAKE2b: of a thousand million different lines about 3 % of all
    corpora would have one pair taken for the same. Counting takes 8 bytes of disk a line while it runs,
    and bounded memory.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        at_least: documents of a source that make a line boilerplate, from 2.
        progress: told the documents done.
        workers: processes; by default one a core, and none for a corpus of a single shard.

    Returns:
        `columns`, `at_least`, `common_lines` (different ones), `documents` (that hold one), and
        `share_by_domain` (domain → mean share of its documents).

    Raises:
        BadInputError: for `at_least` below 2.
    """
    if at_least < 2:
        raise BadInputError(f"at_least = {at_least}", "must be 2 or more", "one document shares no line")
    corpus = workspace.corpus(name)
    column = column_of(workspace, corpus, at_least)
    engine = LocalEngine(1 if corpus.documents <= SHARD_ROWS else workers)
    path = workspace.models / f"boilerplate-{column.fingerprint[:32]}.npy"
    if not path.exists():
        shards = workspace.shards(corpus, ["text", "source"], SHARD_ROWS)
        hashed = _told(engine.map(_hashed, shards), corpus, progress)
        with disk.scratch(workspace.folder) as folder:
            common = common_lines(hashed, at_least, folder)
        with disk.written_aside(path) as aside, aside.open("wb") as file:
            np.save(file, common)
    workspace.write_column(
        corpus,
        column,
        partial(_produce, str(path)),
        reads=("text", "source"),
        shard_rows=SHARD_ROWS,
        progress=progress,
        engine=engine,
    )
    return {"at_least": at_least, "common_lines": len(_common(str(path))), **_counted(workspace, corpus)}


def column_of(workspace: Workspace, corpus: Corpus, at_least: int) -> Column:
    """Return the signed columns, whether or not they have been computed."""
    return workspace.column(corpus, "boilerplate", 1, {"at_least": at_least}, NAMES, "quality")


# --- the arithmetic, without a workspace ------------------------------------------------------------


def normalised_lines(text: str) -> list[str]:
    """Return the lines that count, stripped, in lower case, white space folded."""
    return [line for raw in text.lower().split("\n") if (line := " ".join(raw.split()))]


def line_hashes(lines: Sequence[str], source: str) -> Hashes:
    """Return 64 bits a line; another source's same line has other bits."""
    of_source = int.from_bytes(_digest(source), "little")
    found = np.frombuffer(b"".join(map(_digest, lines)), dtype="<u8").astype(np.uint64)
    return found ^ np.uint64(of_source)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def document_hashes(texts: Sequence[str], sources: Sequence[str]) -> Hashes:
    """Return the hashes of every document's different lines, one document after another."""
    pairs = zip(texts, sources, strict=True)
    found = [np.unique(line_hashes(normalised_lines(text), source)) for text, source in pairs]
    return np.concatenate([np.zeros(0, np.uint64), *found])


def common_lines(hashed: Iterable[Hashes], at_least: int, folder: Path) -> Hashes:
    """Return, in order, the hashes that stand `at_least` times in all; `folder` holds them meanwhile.

    Hashes are counted range by range, so that memory does not grow with their number.
    """
    paths: list[Path] = []
    for some in hashed:
        paths.append(folder / f"{len(paths):09d}.npy")
        np.save(paths[-1], np.sort(some)[np.newaxis])
    found = [_frequent(records[0], at_least) for records in tallies.ranges(paths)]
    return np.concatenate([np.zeros(0, np.uint64), *found])


def _frequent(hashes: Hashes, at_least: int) -> Hashes:
    values, counts = np.unique(hashes, return_counts=True)
    return values[counts >= at_least]


def shares(texts: Sequence[str], sources: Sequence[str], common: Hashes) -> Columns:
    """Return both columns; `common` holds the hashes of the lines that are boilerplate, in order."""
    share, number = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=np.int64)
    for i, (text, source) in enumerate(zip(texts, sources, strict=True)):
        if lines := normalised_lines(text):
            hashes = line_hashes(lines, source)
            at = np.searchsorted(common, hashes)
            hit = at < len(common)
            hit[hit] = common[at[hit]] == hashes[hit]
            number[i] = hit.sum()
            share[i] = sum(map(len, compress(lines, hit.tolist()))) / sum(map(len, lines))
    return dict(zip(NAMES, (share, number), strict=True))


# --- shard by shard ---------------------------------------------------------------------------------


def _hashed(table: Any) -> Hashes:
    """Hash one shard; stands at the module's top so that it travels to worker processes."""
    return document_hashes(table["text"].to_pylist(), table["source"].to_pylist())


def _told(hashed: Iterable[Hashes], corpus: Corpus, progress: Progress) -> Iterator[Hashes]:
    """Pass shards' hashes on, and say how many documents they were."""
    for i, some in enumerate(hashed, start=1):
        progress(min(i * SHARD_ROWS, corpus.documents), corpus.documents, "boilerplate: counting lines")
        yield some


def _produce(path: str, table: Any) -> Columns:
    return shares(table["text"].to_pylist(), table["source"].to_pylist(), _common(path))


@functools.lru_cache(maxsize=2)
def _common(path: str) -> Hashes:
    found: Hashes = np.load(path)
    return found


def _counted(workspace: Workspace, corpus: Corpus) -> dict[str, JSON]:
    found = workspace.query(
        corpus,
        "SELECT source, avg(boilerplate_share) AS share, count(*) FILTER (boilerplate_lines > 0) AS documents "
        "FROM documents GROUP BY source ORDER BY source",
    ).to_pylist()
    return {
        "columns": list(NAMES),
        "documents": sum(row["documents"] for row in found),
        "share_by_domain": {row["source"]: row["share"] for row in found},
    }
