"""Text that stands before a document's own in training: a content warning, or where the document is from.

A mixture names the column that holds it (`preface`); documents for which it is null or empty stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, NotFoundError
from core.tokenize import TokenCounter
from core.types import Corpus, Mixture, Plan
from core.workspace import Workspace

BREAK = "\n\n"  # between the preface and the text
BEFORE = "(preface)"  # the column that holds what is to stand before a text


def sizes(workspace: Workspace, corpus: Corpus, mixture: Mixture) -> NDArray[np.int64]:
    """Return each document's tokens (documents,) as the trainer sees it, its preface included.

    Tokenizers split at white space, so the two counts add up. A preface is counted once, however many
    documents share it.

    Raises:
        NotFoundError: where the corpus has no column of the preface's name.
        BadInputError: where that column holds no text.
    """
    import pyarrow.compute as pc

    tokens = plain_sizes(workspace, corpus)
    if mixture.preface is None:
        return tokens
    check(workspace, corpus, mixture.preface)
    encoded = workspace.read(corpus, [mixture.preface])[mixture.preface].combine_chunks()
    encoded = pc.fill_null(encoded, "").dictionary_encode()
    lengths = np.array(TokenCounter().count(encoded.dictionary.to_pylist()), dtype=np.int64)
    added: NDArray[np.int64] = tokens + lengths[encoded.indices.to_numpy()]
    return added


def check(workspace: Workspace, corpus: Corpus, column: str) -> None:
    """Raise unless the corpus has such a column and it holds text."""
    import pyarrow as pa

    if column not in workspace.column_names(corpus):
        known = ", ".join(workspace.column_names(corpus))
        raise NotFoundError(column, f"'{corpus.name}' has no such column", f"there are: {known}")
    if not pa.types.is_string(workspace.read(corpus, [column], [])[column].type):
        raise BadInputError(column, "a preface is a column of text", "make one with add-column")


def plain_sizes(workspace: Workspace, corpus: Corpus) -> NDArray[np.int64]:
    """Return each document's tokens (documents,) without any preface."""
    tokens: NDArray[np.int64] = workspace.read(corpus, ["tokens"])["tokens"].to_numpy().astype(np.int64)
    return tokens


def planned_sizes(workspace: Workspace, corpus: Corpus, plan: Plan) -> NDArray[np.int64]:
    """Return each document's tokens (documents,) as this plan shows it: some stages leave the preface out."""
    found = sizes(workspace, corpus, plan.mixture)
    if len(plan.unprefaced):
        found[plan.unprefaced] = plain_sizes(workspace, corpus)[plan.unprefaced]
    return found


def read_planned(
    workspace: Workspace, corpus: Corpus, plan: Plan, columns: Sequence[str], rows: NDArray[np.int64]
) -> Any:
    """Return an Arrow table of the columns at `rows`, with what the plan puts before each text as `(preface)`."""
    import pyarrow.compute as pc

    column = plan.mixture.preface
    table = workspace.read(corpus, list(dict.fromkeys([*columns, *filter(None, [column])])), rows)
    if column is None:
        return table
    before = table[column]
    if len(plan.unprefaced):
        before = pc.if_else(np.isin(rows, plan.unprefaced), None, before)
    return table.select(list(columns)).append_column(BEFORE, before)


def prefaced(table: Any) -> Any:
    """Return documents with what `read_planned` found put before their texts, signed by what then stands there."""
    import pyarrow as pa

    if BEFORE not in table.column_names:
        return table
    pairs = zip(table[BEFORE].to_pylist(), table["text"].to_pylist(), strict=True)
    texts = [f"{preface}{BREAK}{text}" if preface else text for preface, text in pairs]
    return rewritten(table.drop_columns([BEFORE]), pa.array(texts, table.schema.field("text").type))


def rewritten(table: Any, texts: Any) -> Any:
    """Return the table with other texts, and with their hashes."""
    import pyarrow as pa

    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts.to_pylist()]
    for name, values in (("text", texts), ("content_hash", hashes)):
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(values, table.schema.field(name).type))
    return table
