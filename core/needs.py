"""What a selector needs that no column holds: vectors, and what the file of a target gives.

- `vectors`: (documents, d), the corpus's current embedding.
- `target_texts`, `target_vectors`: the texts of the file, and (texts, d) their vectors by the embedder that
  made the corpus's own. They are not by document, and stay whole where a part of the corpus is taken.
- `target_importance`: by document, the log importance weight of the file against the corpus.
- `target_matches`: by document, the numbers of the file's texts whose words stand in it.

The last two read every text, once: they are hung beside the documents, signed by what the file holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bricks import make
from core.doors import Selector
from core.embedders import EMBEDDERS
from core.engines import LocalEngine
from core.errors import BadInputError
from core.signals import importance
from core.signals._features import BUCKETS, Features, features
from core.signals.ngrams import reference
from core.types import Column, ColumnKind, Columns, Corpus
from core.workspace import Workspace

WHOLE = ("target_texts", "target_vectors")
SPECIAL = frozenset({"vectors", *WHOLE, "target_importance", "target_matches"})
SHARD_ROWS = 1024
BATCH = 256  # texts embedded at once
# By the first word of an entry: how long such entries are, and all words of each with its number.
Entries = dict[str, tuple[set[int], dict[tuple[str, ...], int]]]


def within(columns: Columns, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return a selector's columns for some of the documents; a target stays whole."""
    return {name: values if name in WHOLE else values[rows] for name, values in columns.items()}


def target_of(selector: Selector) -> str | None:
    """Return the hash of what a selector's target holds, which signs it; None where it needs none.

    Raises:
        BadInputError: where it needs one and its setting names no file.
    """
    if not any(name.startswith("target_") for name in selector.needs):
        return None
    return reference.signed(*_target(selector))


def _target(selector: Selector) -> tuple[str, str]:
    path: str = getattr(selector, "target", "")
    return path, "target"


def resolve(workspace: Workspace, corpus: Corpus, selector: Selector) -> dict[str, NDArray[Any]]:
    """Return what a selector needs that is no column, of the whole corpus.

    Raises:
        BadInputError: no such file, or one without texts; a corpus that has not been embedded.
    """
    needs, found = set(selector.needs) & SPECIAL, dict[str, NDArray[Any]]()
    target_of(selector)  # a missing file is told before any work
    if "vectors" in needs:
        found["vectors"] = workspace.vectors(corpus)
    if needs & set(WHOLE):
        texts = list(reference.texts(*_target(selector)))
        found["target_texts"] = np.array(texts, dtype=object)
        if "target_vectors" in needs:
            phrases: Callable[[Sequence[str]], list[str]] = getattr(selector, "phrases", list)
            found["target_vectors"] = _embedded(workspace, corpus, phrases(texts), _target(selector)[1])
    if "target_importance" in needs:
        found["target_importance"] = _importance(workspace, corpus, *_target(selector))
    if "target_matches" in needs:
        found["target_matches"] = _matches(workspace, corpus, *_target(selector))
    return found


def _embedded(
    workspace: Workspace, corpus: Corpus, texts: Sequence[str], setting: str
) -> NDArray[np.float32]:
    """Embed texts as the corpus is embedded."""
    workspace.vectors(corpus)  # says what to run where there are none
    made = next(column for column in workspace.columns(corpus) if column.kind == "vectors")
    if not texts:
        raise BadInputError(setting, "holds no text", "name a file with a text in each line")
    brick = make(EMBEDDERS, made.maker, made.settings)
    if brick.version != made.version or brick.signature() not in made.inputs:
        remedy = f"run `python -m core embed {corpus.name} --embedder {made.maker}` again"
        raise BadInputError(made.maker, f"is no longer the model that embedded '{corpus.name}'", remedy)
    brick.prepare(workspace.models)
    return np.concatenate([brick.embed(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)])


# --- what reads every text --------------------------------------------------------------------------


def _importance(workspace: Workspace, corpus: Corpus, path: str, setting: str) -> NDArray[np.float64]:
    signed = reference.signed(path, setting)
    column = _column(workspace, corpus, "importance", importance.Importance.version, "quality", signed)
    if not _is_current(workspace, corpus, column):
        wanted = importance.log_shares(importance.counted(reference.texts(path, setting)), path)
        values = _weighed(workspace, corpus, wanted)
        workspace.write_whole_column(corpus, column, {column.names[0]: values})
    found: NDArray[np.float64] = _read(workspace, corpus, column).to_numpy().astype(np.float64)
    return found


def _weighed(workspace: Workspace, corpus: Corpus, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh every document by the log shares of a target over the corpus's own.

    Texts are read once: what each feature falls into is kept on the disk, two bytes each, until the corpus's
    shares are known. A document without a word is NaN.
    """
    raw, counts = np.zeros(BUCKETS, np.int64), []
    tables = workspace.shards(corpus, ["text"], SHARD_ROWS)
    with TemporaryFile(dir=workspace.folder) as file:
        for found in _engine(corpus).map(_featured, tables):
            raw += np.bincount(found.buckets, minlength=BUCKETS)
            file.write(found.buckets.data)
            counts.append((found.counts, len(found.buckets)))
        weights, values = wanted - importance.log_shares(raw, corpus.name), []
        file.seek(0)
        for words, size in counts:
            buckets = np.frombuffer(file.read(2 * size), dtype=np.uint16)
            values.append(np.where(words > 0, Features(words, buckets).summed(weights), np.nan))
    return np.concatenate(values)


def _featured(table: Any) -> Features:
    return features(table["text"].to_pylist())


def _matches(workspace: Workspace, corpus: Corpus, path: str, setting: str) -> NDArray[np.object_]:
    signed = reference.signed(path, setting)
    column = _column(workspace, corpus, "matches", 1, "other", signed)
    if not _is_current(workspace, corpus, column):
        entries = entries_of(reference.texts(path, setting))
        if not entries:
            raise BadInputError(path, "holds no word", "name a file with an entry in each line")
        _hang(workspace, corpus, column, _Matching(column.names[0], entries))
    lists = _read(workspace, corpus, column).combine_chunks()
    values, ends = lists.flatten().to_numpy(), lists.offsets.to_numpy()
    found = np.empty(len(lists), dtype=np.object_)
    for row, (begin, end) in enumerate(zip(ends[:-1] - ends[0], ends[1:] - ends[0], strict=True)):
        found[row] = values[begin:end]
    return found


def _column(
    workspace: Workspace, corpus: Corpus, maker: str, version: int, kind: ColumnKind, signed: str
) -> Column:
    """The column that a target's file makes; its name tells files apart, so that neither replaces another."""
    names = (f"{maker}_{signed[:8]}",)
    return workspace.column(corpus, f"target_{maker}", version, {}, names, kind, (signed,))


def _is_current(workspace: Workspace, corpus: Corpus, column: Column) -> bool:
    return any(column.fingerprint == there.fingerprint for there in workspace.columns(corpus))


def _hang(workspace: Workspace, corpus: Corpus, column: Column, produce: Callable[[Any], Any]) -> None:
    workspace.write_column(corpus, column, produce, shard_rows=SHARD_ROWS, engine=_engine(corpus))


def _read(workspace: Workspace, corpus: Corpus, column: Column) -> Any:
    return workspace.read(corpus, column.names)[column.names[0]]


def _engine(corpus: Corpus) -> LocalEngine:
    return LocalEngine(1 if corpus.documents <= 4 * SHARD_ROWS else None)


@dataclass(frozen=True, slots=True)
class _Matching:
    """Finds the entries that stand in a shard's texts; travels to worker processes."""

    name: str
    entries: Entries

    def __call__(self, table: Any) -> Mapping[str, Any]:
        import pyarrow as pa

        words = reference.cutter("words")
        found = [matching(words(text), self.entries) for text in table["text"].to_pylist()]
        return {self.name: pa.array(found, pa.list_(pa.int32()))}


def entries_of(texts: Any) -> Entries:
    """Return the entries by their first words; of two of the same words the first counts."""
    words, entries = reference.cutter("words"), Entries()
    for number, text in enumerate(texts):
        if found := tuple(words(text)):
            lengths, known = entries.setdefault(found[0], (set(), {}))
            lengths.add(len(found))
            known.setdefault(found, number)
    return entries


def matching(words: Sequence[str], entries: Entries) -> list[int]:
    """Return the numbers of the entries whose words stand in `words` next to one another, ascending."""
    found = set[int | None]()
    for at, word in enumerate(words):
        if word in entries:
            lengths, known = entries[word]
            found.update(known.get(tuple(words[at : at + length])) for length in lengths)
    return sorted(number for number in found if number is not None)
