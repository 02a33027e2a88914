"""A SQL expression of a person's over the columns of a corpus: one value a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.errors import BadInputError
from core.types import Corpus
from core.workspace import Workspace

MAX_CHARACTERS = 4000


def tidy(expression: str) -> str:
    """Return the expression without the blanks and the semicolon around it."""
    stripped = expression.strip().rstrip(";").rstrip()
    if not stripped or len(stripped) > MAX_CHARACTERS:
        rule = f"an expression has 1 to {MAX_CHARACTERS} characters"
        raise BadInputError(expression, rule, 'write one, like "word_count / char_count"')
    return stripped


def check(workspace: Workspace, corpus: Corpus, expression: str) -> None:
    """Refuse what a filter may not be either: several statements, files, chance, the clock, no order."""
    try:
        workspace.keep_mask(corpus, f"({expression}\n) IS NULL")
    except BadInputError as error:
        raise _about(expression, error) from None


def inputs(workspace: Workspace, corpus: Corpus, expression: str, name: str) -> tuple[str, ...]:
    """Return the fingerprints of the columns that a checked expression reads, all where that is unclear.

    Raises:
        BadInputError: where it reads `name`, the very column that it makes.
    """
    import duckdb

    with duckdb.connect(":memory:") as connection:
        sql = f"SELECT ({expression}\n)"  # only parsed
        ((parsed,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    node = json.loads(parsed)["statements"][0]["node"]
    read = {part.lower() for inner in _nodes(node) for part in inner.get("column_names") or ()}
    unclear = any(_is_unclear(inner) for inner in _nodes(node))
    made = {column: c.fingerprint for c in workspace.columns(corpus) for column in c.names}
    if name in read:
        rule = f"reads '{name}', the column that it would make"
        raise BadInputError(expression, rule, "give the new column another name")
    made.pop(name, None)  # what it replaces is none of its inputs
    return tuple(sorted({made[column] for column in made if unclear or column.lower() in read}))


def _is_unclear(node: dict[str, Any]) -> bool:
    """Whether a part of an expression may read columns that it does not name."""
    whole_row = [part.lower() for part in node.get("column_names") or ()] == ["documents"]
    return whole_row or node.get("class") in ("STAR", "SUBQUERY")


def values(workspace: Workspace, corpus: Corpus, expression: str) -> Any:
    """Return a checked expression's values in the corpus's order; what is not finite is null.

    Raises:
        BadInputError: where they are neither numbers nor text nor truth values.
    """
    import pyarrow as pa

    sql = f"SELECT row, ({expression}\n) AS value FROM documents ORDER BY row"  # noqa: S608 the door is locked
    try:
        found = workspace.ask(corpus, sql)
    except BadInputError as error:
        raise _about(expression, error) from None
    column, kind = found["value"], found.schema.field("value").type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_floating(kind):
        return finite(column)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_string(kind):
        return column
    rule = f"gives {kind}, not a number, a text, true or false"
    raise BadInputError(expression, rule, "cast it, as in (...)::DOUBLE, or take one part of it")


def finite(column: Any) -> Any:
    """Return an Arrow column of fractions with nulls for what is not finite."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))


def _about(expression: str, error: BadInputError) -> BadInputError:
    """Say the same of the expression as its author wrote it."""
    return BadInputError(expression, error.rule, error.remedy.replace("a filter depends", "a column depends"))


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(inner)
