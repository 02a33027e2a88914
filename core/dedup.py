"""Find duplicates: hang each document's group, and whether it is one copy too many, beside the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import bricks
from core.errors import BadInputError
from core.matchers import MATCHERS
from core.types import JSON, Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

WIPED_OUT = 0.9  # a source that would lose more than this share raises an alarm
LARGE_GROUP = 0.01  # so does a group with more than this share of the corpus, and 50 members
_SUFFIX = {"global": "", "local": "_local"}


def dedup(
    workspace: Workspace,
    name: str,
    method: str = "minhash",
    scope: str = "global",
    progress: Progress = silent,
    settings: Mapping[str, Scalar] | None = None,
) -> dict[str, JSON]:
    """Hang `duplicate_group` and `is_duplicate` beside a corpus, and say what removal would cost.

    Local scope compares only documents of one source (SlimPajama-DC), and its columns end in `_local`.
    A group's id is the row of its first member. The longest text of a group survives, the first row among
    equals; the rest are duplicates. Nothing is removed here.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        method: a matcher's name: exact, minhash or semantic.
        scope: global or local.
        progress: told the documents done.
        settings: the matcher's settings that differ from its defaults.

    Returns:
        `groups` (of two members or more), `duplicates`, `share_by_domain` (source → share of its
        documents that are duplicates), `largest_group` (its row and members), `alarms` (sentences),
        and `corpus`, `method`, `scope`. It is kept as the report `duplicates`, or `duplicates-local`.

    Raises:
        NotFoundError: for an unknown method, or where `semantic` finds no embedding.
        BadInputError: for an unknown scope.
    """
    if scope not in _SUFFIX:
        raise BadInputError(scope, "no such scope", "choose global or local")
    matcher = bricks.make(MATCHERS, method, settings)
    corpus = workspace.corpus(name)
    column = _column(workspace, corpus, matcher, scope)
    if not workspace.has_column(corpus, column):
        sizes = _sizes(workspace, corpus)
        groups = _groups(workspace, corpus, matcher, scope, progress)
        values = {column.names[0]: groups, column.names[1]: duplicates(groups, sizes)}
        workspace.write_whole_column(corpus, column, values)
    else:
        workspace.write_whole_column(corpus, column, {})  # it is there: only make it current
    found = workspace.read(corpus, ["source", *column.names])
    result = {"corpus": name, "method": method, "scope": scope} | _summary(
        np.array(found["source"].to_pylist(), dtype=object),
        found[column.names[0]].to_numpy(),
        found[column.names[1]].to_numpy(),
    )
    workspace.write_report(corpus, "duplicates" + _SUFFIX[scope].replace("_", "-"), result)
    return result


def duplicates(groups: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return a mask that is False for one member of each group: the largest, the first among equals."""
    order = np.lexsort((np.arange(len(groups)), -sizes, groups))
    survivor = np.ones(len(groups), dtype=np.bool_)
    survivor[1:] = groups[order][1:] != groups[order][:-1]
    mask = np.empty(len(groups), dtype=np.bool_)
    mask[order] = ~survivor
    return mask


def _column(workspace: Workspace, corpus: Corpus, matcher: Any, scope: str) -> Column:
    names = ("duplicate_group" + _SUFFIX[scope], "is_duplicate" + _SUFFIX[scope])
    settings = {**bricks.settings_of(matcher), "scope": scope}
    inputs: tuple[str, ...] = ()
    if matcher.takes == "vectors":
        workspace.vectors(corpus)  # says what to run where there is no embedding
        inputs = tuple(c.fingerprint for c in workspace.columns(corpus) if c.kind == "vectors")
    return workspace.column(corpus, matcher.name, matcher.version, settings, names, "duplicates", inputs)


def _sizes(workspace: Workspace, corpus: Corpus) -> NDArray[np.int64]:
    """Return each text's length in characters."""
    import pyarrow.compute as pc

    shards = workspace.shards(corpus, ["text"])
    return np.concatenate([pc.utf8_length(shard["text"]).to_numpy() for shard in shards]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Texts:
    """A column of texts as a sequence; a text becomes a Python string only when it is asked for."""

    column: Any

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            start, stop, _ = at.indices(len(self))
            return self.column.slice(start, stop - start).to_pylist()
        return self.column[int(at)].as_py()


def _groups(
    workspace: Workspace, corpus: Corpus, matcher: Any, scope: str, progress: Progress
) -> NDArray[np.int64]:
    """Return each document's group, as the row of the group's first member."""
    progress(0, corpus.documents, f"{matcher.name}, {scope}")
    if scope == "global":
        members = {"": np.arange(corpus.documents)}
    else:
        sources = np.array(workspace.read(corpus, ["source"])["source"].to_pylist(), dtype=object)
        members = {source: np.flatnonzero(sources == source) for source in corpus.domains}
    vectors = workspace.vectors(corpus) if matcher.takes == "vectors" else None
    groups, done = np.arange(corpus.documents, dtype=np.int64), 0
    for rows in members.values():
        if vectors is not None:
            found = matcher.groups(vectors[rows])
        else:
            found = matcher.groups(_Texts(workspace.read(corpus, ["text"], rows)["text"].combine_chunks()))
        groups[rows] = rows[found]
        done += len(rows)
        progress(done, corpus.documents, f"{matcher.name}, {scope}")
    return groups


def _summary(sources: NDArray[Any], groups: NDArray[np.int64], mask: NDArray[np.bool_]) -> dict[str, JSON]:
    ids, sizes = np.unique(groups, return_counts=True)
    share = {str(s): float(mask[sources == s].mean()) for s in sorted(set(sources.tolist()))}
    largest = int(np.argmax(sizes))
    alarms = [
        f"{source} would lose {part:.1%} of its documents; look at its groups before you remove anything"
        for source, part in share.items()
        if part > WIPED_OUT
    ]
    if sizes[largest] > max(50, LARGE_GROUP * len(groups)):
        row, size = ids[largest], sizes[largest]
        alarms.append(f"the largest group has {size} members, from row {row} on; look at what they share")
    return {
        "groups": int((sizes > 1).sum()),
        "duplicates": int(mask.sum()),
        "share_by_domain": share,
        "largest_group": {"row": int(ids[largest]), "members": int(sizes[largest])},
        "alarms": alarms,
    }
