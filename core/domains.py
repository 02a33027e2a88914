"""What a corpus's columns say of each row: its domain, of one column or several, and its place in an order."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, NotFoundError
from core.types import Corpus
from core.workspace import Workspace

NO_DOMAIN = "(none)"
CROSS = " × "  # between the values of a domain of several columns
MAX_DOMAINS = 10_000
Rows = NDArray[np.int64]


def domain_codes(workspace: Workspace, corpus: Corpus, column: str) -> tuple[list[str], NDArray[np.int32]]:
    """Return the column's distinct values as text, sorted, and each row's position among them.

    Nulls and empty text are the domain `(none)`.

    Raises:
        BadInputError: no such column, vectors, or more than 10,000 distinct values.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    check_column(workspace, corpus, column)
    values = workspace.read(corpus, [column])[column]
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        raise BadInputError(column, "its values are no categories", "choose a column like source or cluster")
    encoded = pc.dictionary_encode(values.combine_chunks(), null_encoding="encode")
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    if len(encoded.dictionary) > MAX_DOMAINS:
        rule = f"has {len(encoded.dictionary):,} distinct values; domains are at most {MAX_DOMAINS:,}"
        raise BadInputError(column, rule, "choose a column like source or cluster")
    texts = [NO_DOMAIN if v is None or v == "" else str(v) for v in encoded.dictionary.to_pylist()]
    names = sorted(set(texts))
    place = {name: position for position, name in enumerate(names)}
    recode = np.array([place[text] for text in texts], dtype=np.int32)
    return names, recode[encoded.indices.to_numpy(zero_copy_only=False)]


def crossed_codes(
    workspace: Workspace, corpus: Corpus, columns: Sequence[str]
) -> tuple[list[str], NDArray[np.int32]]:
    """Return the combinations of the columns' values that there are, such as `web × en`, and each row's place.

    Raises:
        BadInputError: what `domain_codes` refuses, more than 10,000 combinations, or two that read alike.
    """
    names, codes = domain_codes(workspace, corpus, columns[0])
    for column in columns[1:]:
        more, others = domain_codes(workspace, corpus, column)
        pairs, places = np.unique(codes.astype(np.int64) * len(more) + others, return_inverse=True)
        crossed = [names[pair // len(more)] + CROSS + more[pair % len(more)] for pair in pairs.tolist()]
        shown = " × ".join(columns)
        if len(crossed) > MAX_DOMAINS:
            rule = f"have {len(crossed):,} combinations; domains are at most {MAX_DOMAINS:,}"
            raise BadInputError(shown, rule, "cross columns of fewer values")
        if len(set(crossed)) < len(crossed):
            rule = f"have combinations that read alike, since a value holds '{CROSS}'"
            raise BadInputError(shown, rule, "cross other columns")
        order = np.argsort(np.array(crossed, dtype=object), kind="stable")
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        names, codes = [crossed[i] for i in order], place[places]
    return names, codes


def ranks(workspace: Workspace, corpus: Corpus, column: str) -> Rows:
    """Return each row's place among the column's values in rising order, from 0; equal ones share it, none is -1.

    Raises:
        BadInputError: no such column, or one whose values have no order.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    check_column(workspace, corpus, column)
    values = workspace.read(corpus, [column])[column].combine_chunks()
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        raise BadInputError(column, "its values have no order", "order by a column of numbers, dates or text")
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    if pa.types.is_boolean(values.type):
        values = pc.cast(values, pa.uint8())
    places = pc.rank(values, "ascending", tiebreaker="dense").to_numpy().astype(np.int64)  # nulls after all
    return np.where(pc.is_null(values).to_numpy(zero_copy_only=False), -1, places - 1)


def check_column(workspace: Workspace, corpus: Corpus, column: str) -> None:
    """Raise `NotFoundError` with the nearest names where the corpus has no such column."""
    names = workspace.column_names(corpus)
    if column not in names:
        near = difflib.get_close_matches(column, names, n=3)
        remedy = f"did you mean {' or '.join(near)}?" if near else "there are: " + ", ".join(names)
        raise NotFoundError(column, f"'{corpus.name}' has no such column", remedy)
