"""Text that stands before a document's own in training: a content warning, or where the document is from.

A mixture names the column that holds it (`preface`); documents for which it is null or empty stay as they are.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, NotFoundError
from core.tokenize import TokenCounter
from core.types import Corpus, Mixture
from core.workspace import Workspace

BREAK = "\n\n"  # between the preface and the text


def sizes(workspace: Workspace, corpus: Corpus, mixture: Mixture) -> NDArray[np.int64]:
    """Return each document's tokens (documents,) as the trainer sees it, its preface included.

    Tokenizers split at white space, so the two counts add up. A preface is counted once, however many
    documents share it.

    Raises:
        NotFoundError: where the corpus has no column of the preface's name.
        BadInputError: where that column holds no text.
    """
    import pyarrow.compute as pc

    tokens: NDArray[np.int64] = workspace.read(corpus, ["tokens"])["tokens"].to_numpy().astype(np.int64)
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


def prefaced(table: Any, column: str) -> Any:
    """Return documents with the column's text before theirs, signed by what then stands there.

    Args:
        table: an Arrow table with `text`, `content_hash` and the column.
        column: the preface's name; it stays in the table.
    """
    import pyarrow as pa

    pairs = zip(table[column].to_pylist(), table["text"].to_pylist(), strict=True)
    texts = [f"{preface}{BREAK}{text}" if preface else text for preface, text in pairs]
    return rewritten(table, pa.array(texts, table.schema.field("text").type))


def rewritten(table: Any, texts: Any) -> Any:
    """Return the table with other texts, and with their hashes."""
    import pyarrow as pa

    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts.to_pylist()]
    for name, values in (("text", texts), ("content_hash", hashes)):
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(values, table.schema.field(name).type))
    return table
