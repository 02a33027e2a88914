"""Repeats: mark what stands more than once in a corpus: stretches of text, lines, paragraphs, sentences."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core import disk, shards
from core.engines import LocalEngine
from core.errors import BadInputError
from core.repeated import SHARD_ROWS, SUBSTRING, UNITS, Finder, tallies
from core.repeated.pieces import placed
from core.repeated.windows import LONGEST, SHORTEST
from core.types import JSON, Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

VERSION = 2
SUBSTRING_LENGTH = 200  # characters: about the 50 tokens of Lee et al. in English
FREQUENT = 20  # repeats that the report lists
LOOKED_AT = 1000  # from among these
_SUFFIX = {"global": "", "local": "_local"}


@dataclass(frozen=True, slots=True)
class Preset:
    """A published way to use repeats, and the filter that goes with it."""

    unit: str
    length: int
    keep: str


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        # A document goes when over 75 % of its sentences' characters stood before it (MixtureVitae).
        "mixturevitae": Preset("sentence", 1, "coalesce(repeated_sentence_surplus, 0) <= 0.75"),
    }
)


def repeats(
    workspace: Workspace,
    name: str,
    unit: str = SUBSTRING,
    length: int | None = None,
    scope: str = "global",
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[str, JSON]:
    """Hang beside each document which of its text stands elsewhere in the corpus, or again in itself.

    A `substring` repeats where `length` characters in a row stand twice or more, to the letter: exactly what
    a suffix array of all texts finds (ExactSubstr; Lee et al. 2022, Deduplicating Training Data Makes Language
    Models Better, section 4.1: 50 tokens), and found across documents, never across their borders. A `line`,
    `paragraph` or `sentence` of `length` characters or more repeats where it is said again in whatever case
    and spacing. Local scope looks inside each source alone.

    The columns, for lines: `repeated_line_characters` (inside repeats), `repeated_line_share` (of the
    document's lines' characters; for substrings, of all its characters; null where it has none),
    `repeated_line_surplus` (the same share of what stands earlier in the corpus too: what goes if one copy
    stays), `repeated_line_count` and `repeated_line_spans` (stretches that repeat as [begin, end) in
    characters, overlapping ones joined). Local ones end in `_local`. Nothing is removed.

    A killed run goes on where it stopped, in every pass. Pieces are compared by 128-bit hashes. Memory is
    bounded, whatever the corpus: about 1 GB a process, and on disk, for a while, 40 bytes a line, or 1 to 3
    bytes a character for substrings and 80 bytes for each character that may repeat.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        unit: substring, line, paragraph or sentence.
        length: fewest characters; 200 for substrings (8 to 100,000), 1 for the others by default.
        scope: global or local.
        progress: told the documents done, in three passes for substrings, two for the others.
        workers: processes; by default one a core, and none for a corpus of a single shard.

    Returns:
        `columns`, `unit`, `length`, `scope`, `documents` (that hold a repeat), `characters` (inside
        repeats), `by_domain` (source → `documents`, `characters`, `share` and `surplus`: its documents'
        means) and `frequent`: the repeats that stand most often, each with `count`, `characters`, and the
        `id` of the first document that holds it and where it `begin`s there; of substrings that share
        their middles only one. Kept in the report `repeats`, by the columns' common beginning.

    Raises:
        BadInputError: for an unknown unit or scope, or a length out of range.
    """
    length = _checked(unit, length, scope)
    corpus = workspace.corpus(name)
    column = column_of(workspace, corpus, unit, length, scope)
    stem = f"repeated_{unit}{_SUFFIX[scope]}"
    kept: dict[str, Any] = workspace.report(corpus, "repeats") or {}
    known = kept.get(stem)
    if workspace.has_column(corpus, column) and known and known["fingerprint"] == column.fingerprint:
        workspace.write_whole_column(corpus, column, {})  # it is there: only make it current
        return dict(known)
    engine = LocalEngine(1 if corpus.documents <= SHARD_ROWS else workers)
    place = workspace.generation(corpus) / "repeats" / f"{column.fingerprint}-{SHARD_ROWS}"
    with disk.locked(workspace.folder / "locks" / f"repeats-{column.fingerprint[:32]}"):
        finder = Finder(unit, length, scope == "local", str(place), column.names)
        finder.count(shards.documents_of(workspace.generation(corpus)), corpus.documents, engine, progress)
        reads = ("row", "text", "source")
        workspace.write_column(
            corpus,
            column,
            finder.produce,
            reads=reads,
            shard_rows=SHARD_ROWS,
            progress=progress,
            engine=engine,
        )
        frequent = _frequent(workspace, corpus, finder)
        tallies.opened.cache_clear()  # else the disk keeps the tables as long as this process lives
        shutil.rmtree(place)
    facts: dict[str, JSON] = {"unit": unit, "length": length, "scope": scope}
    signed = {"columns": list(column.names), "fingerprint": column.fingerprint}
    result = {**signed, **facts, **_counted(workspace, corpus, column.names), "frequent": frequent}
    workspace.write_report(corpus, "repeats", {**kept, stem: result})
    return result


def column_of(workspace: Workspace, corpus: Corpus, unit: str, length: int, scope: str) -> Column:
    """Return the signed columns, whether or not they have been computed."""
    parts = ("characters", "share", "surplus", "count", "spans")
    names = tuple(f"repeated_{unit}_{part}{_SUFFIX[scope]}" for part in parts)
    settings: dict[str, Scalar] = {"unit": unit, "length": length, "scope": scope}
    return workspace.column(corpus, "repeats", VERSION, settings, names, "other")


def _checked(unit: str, length: int | None, scope: str) -> int:
    if unit != SUBSTRING and unit not in UNITS:
        raise BadInputError(unit, "no such unit", f"choose {SUBSTRING}, {', '.join(UNITS)}")
    if scope not in _SUFFIX:
        raise BadInputError(scope, "no such scope", "choose global or local")
    least, default = (SHORTEST, SUBSTRING_LENGTH) if unit == SUBSTRING else (1, 1)
    length = default if length is None else length
    if not least <= length <= LONGEST:
        rule = f"a {unit} that counts has {least} to {LONGEST:,} characters"
        raise BadInputError(f"length = {length}", rule, "give another length")
    return length


# --- the report -------------------------------------------------------------------------------------


def _frequent(workspace: Workspace, corpus: Corpus, finder: Finder) -> list[JSON]:
    """Return the repeats that stand most often, the longest first among equals."""
    table = tallies.opened(f"{finder.folder}/pieces")
    found = tallies.most_frequent(table, Path(finder.folder), LOOKED_AT)
    listed: list[JSON] = []
    said: list[str] = []
    for start in range(0, found.shape[1], FREQUENT):
        firsts, counts, steps = found[:, start : start + FREQUENT]
        rows, begins = placed(firsts)
        shown = workspace.read(corpus, ["id", "text"], rows).to_pylist()
        for one, begin, count, num in zip(
            shown, begins.tolist(), counts.tolist(), steps.tolist(), strict=True
        ):
            end = _end(finder, one["text"], begin, num)
            piece = one["text"][begin:end]
            middle = piece[len(piece) // 4 : len(piece) - len(piece) // 4]
            if finder.unit == SUBSTRING and any(middle in other for other in said):
                continue  # what is listed, a few characters on
            said.append(piece)
            listed.append({"count": count, "characters": end - begin, "id": one["id"], "begin": begin})
            if len(listed) == FREQUENT:
                return listed
    return listed


def _end(finder: Finder, text: str, begin: int, steps: int) -> int:
    """Return where a repeat of so many pieces in a row ends."""
    if finder.unit == SUBSTRING:
        return begin + steps + finder.length - 1
    return next(end for first, end in UNITS[finder.unit](text) if first == begin)


def _counted(workspace: Workspace, corpus: Corpus, columns: Sequence[str]) -> dict[str, JSON]:
    characters, share, surplus = columns[:3]
    rows = workspace.query(
        corpus,
        f"SELECT source, count(*) FILTER ({characters} > 0) AS documents, "  # noqa: S608 our own columns' names
        f"sum({characters})::BIGINT AS characters, avg({share}) AS share, avg({surplus}) AS surplus "
        "FROM documents GROUP BY source ORDER BY source",
    ).to_pylist()
    return {
        "documents": sum(row["documents"] for row in rows),
        "characters": sum(row["characters"] for row in rows),
        "by_domain": {row.pop("source"): row for row in rows},
    }
