"""Which document of a group of duplicates stays: a choice that a person names, and an order that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.types import Corpus
from core.workspace import Workspace

LONGEST = "longest"
_READ_ROWS = 65_536
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Keep:
    """Who stays: the longest; the highest or lowest in a column; or the first by an order of sources.

    Among equals, and where the column is null, the longest stays; of texts as long, the first by source
    name and content hash, so that the order of the documents does not count.
    """

    rule: Literal["longest", "highest", "lowest", "sources"] = "longest"
    column: str = ""
    sources: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The choice in words, for a report."""
        if self.rule == "sources":
            return f"the first of {', '.join(self.sources)}, then of the other sources; then the longest"
        best = "the longest" if self.rule == "longest" else f"the {self.rule} {self.column}, then the longest"
        return best + " document of a group"


def parse(text: str) -> Keep:
    """Read `longest`, `highest:COLUMN`, `lowest:COLUMN` or `sources:A,B,C`."""
    rule, _, rest = text.partition(":")
    if rule == "longest" and not rest:
        return Keep()
    if rule == "highest" and rest:
        return Keep("highest", rest)
    if rule == "lowest" and rest:
        return Keep("lowest", rest)
    if rule == "sources" and (named := tuple(dict.fromkeys(filter(None, map(str.strip, rest.split(",")))))):
        return Keep("sources", sources=named)
    rule_ = "the survivor is longest, highest:COLUMN, lowest:COLUMN or sources:A,B"
    raise BadInputError(text, rule_, "write one of these")


def inputs(workspace: Workspace, corpus: Corpus, keep: Keep) -> tuple[str, ...]:
    """Return the fingerprint of the column that decides; none where it came with the documents."""
    return tuple(c.fingerprint for c in workspace.columns(corpus) if keep.column in c.names)


def sources_of(workspace: Workspace, corpus: Corpus) -> tuple[list[str], NDArray[np.int32]]:
    """Return the sources' names in order, and each row's position among them."""
    names = sorted(corpus.domains)
    found, at = np.empty(corpus.documents, dtype=np.int32), 0
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pa.array(names, pa.string())
    for table in workspace.shards(corpus, ["source"], _READ_ROWS):
        codes = pc.index_in(table["source"], known).to_numpy()
        found[at : at + len(codes)] = codes
        at += len(codes)
    return names, found


def ranks(workspace: Workspace, corpus: Corpus, keep: Keep, characters: Rows) -> Rows:
    """Rank the documents: of a group, the one of the lowest rank stays."""
    names, codes = sources_of(workspace, corpus)
    keys: list[NDArray[Any]] = [_content(workspace, corpus), codes, -characters]
    if keep.rule == "sources":
        keys.append(_source_order(names, keep.sources)[codes])
    elif keep.column:
        values = _numbers(workspace, corpus, keep.column)
        keys.append(np.where(np.isnan(values), np.inf, -values if keep.rule == "highest" else values))
    order = np.lexsort(keys)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order))
    return found


def _source_order(names: Sequence[str], wanted: Sequence[str]) -> Rows:
    for source in wanted:
        if source not in names:
            raise BadInputError(source, "the corpus has no such source", "there are: " + ", ".join(names))
    place = {source: i for i, source in enumerate(wanted)}
    return np.array([place.get(name, len(place)) for name in names], dtype=np.int64)


def _numbers(workspace: Workspace, corpus: Corpus, column: str) -> NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = workspace.column_names(corpus)
    if column not in names:
        raise BadInputError(column, "the corpus has no such column", "there are: " + ", ".join(names))
    values = workspace.read(corpus, [column])[column]
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise BadInputError(column, "its values are no numbers", "choose a column of numbers")
    found: NDArray[np.float64] = pc.cast(values, pa.float64()).to_numpy()
    return found


def _content(workspace: Workspace, corpus: Corpus) -> NDArray[np.uint64]:
    """Return 64 bits of each document's content hash."""
    import pyarrow.compute as pc

    found = []
    for table in workspace.shards(corpus, ["content_hash"], _READ_ROWS):
        digits = "".join(pc.utf8_slice_codeunits(table["content_hash"], 0, 16).to_pylist())
        found.append(np.frombuffer(bytes.fromhex(digits), dtype=">u8").astype(np.uint64))
    return np.concatenate(found)
