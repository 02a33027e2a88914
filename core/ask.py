"""DuckDB over a corpus's Parquet files: our own SQL, and a person's on a locked-down connection."""

from __future__ import annotations

import difflib
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.tables import Parts

TIME_LIMIT = 60.0  # seconds that a person's SQL may run
CLOCK = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
)  # SQL words that DuckDB parses as columns
_UNKNOWN_COLUMN = re.compile(r'column (?:named )?"([^"]+)"')


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _files(paths: Sequence[str]) -> str:
    return "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"


def _view(parts: Parts) -> str:
    """The view `documents`: a row a document, every current column but vectors."""
    sets: dict[str, tuple[list[str], list[str]]] = {}
    for name, (fingerprint, files) in parts.columns.items():
        if name not in parts.vectors:
            sets.setdefault(fingerprint, (files, []))[1].append(name)
    shadowed = {name for _, names in sets.values() for name in names}
    chosen = [f"d.{_quoted(n)}" for n in parts.document_columns() if n not in shadowed]
    joins = [f"read_parquet({_files(parts.documents)}) d"]
    for number, (files, names) in enumerate(sets.values()):
        chosen += [f"c{number}.{_quoted(name)}" for name in names]
        joins.append(f"read_parquet({_files(files)}) c{number}")
    columns, joined = ", ".join(chosen), " POSITIONAL JOIN ".join(joins)
    return f"CREATE VIEW documents AS SELECT {columns} FROM {joined}"  # noqa: S608 names and paths are quoted


@contextmanager
def _connected(parts: Parts, *, locked: bool) -> Iterator[Any]:
    import duckdb

    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute(_view(parts))
        if locked:
            allowed = [*parts.documents, *(f for _, files in parts.columns.values() for f in files)]
            connection.execute(f"SET allowed_paths = {_files(sorted(set(allowed)))}")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def trusted(parts: Parts, sql: str, parameters: Sequence[object] = ()) -> Any:
    """Run our own SQL; returns an Arrow table."""
    with _connected(parts, locked=False) as connection:
        return connection.sql(sql, params=list(parameters)).to_arrow_table()


def untrusted(parts: Parts, sql: str, limit: int | None = None) -> Any:
    """Run a person's SQL: one SELECT, no files but the corpus's own, at most a minute.

    Raises:
        BadInputError: where the SQL is anything else, or does not run.
    """
    with _connected(parts, locked=True) as connection:
        _check_select(connection, sql)
        with _timed(connection, sql):
            relation = connection.sql(sql.strip().rstrip(";"))
            return (relation if limit is None else relation.limit(limit)).to_arrow_table()


@contextmanager
def _timed(connection: Any, sql: str) -> Iterator[None]:
    """Stop what runs too long, and turn DuckDB's errors into ours."""
    import duckdb

    timer = threading.Timer(TIME_LIMIT, connection.interrupt)
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        rule = f"ran longer than {TIME_LIMIT:.0f} seconds"
        raise BadInputError(sql, rule, "ask for less, or add a LIMIT") from None
    except duckdb.Error as error:
        raise _explained(connection, sql, error) from None
    finally:
        timer.cancel()


def _check_select(connection: Any, sql: str) -> None:
    import duckdb

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise _explained(connection, sql, error) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise BadInputError(sql, "only one SELECT may be asked", "select from the view `documents`")


def _explained(connection: Any, sql: str, error: Exception) -> BadInputError:
    """Turn DuckDB's error into one line; an unknown column gets the nearest name there is."""
    import duckdb

    message = str(error).split("\n")[0]
    about_sql = (
        duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException,
        duckdb.NotImplementedException, duckdb.SyntaxException,
    )  # fmt: skip
    if not isinstance(error, about_sql):  # the others quote values, and a value may be a document's text
        rule = f"{message.split(':')[0]}, for some document's value"
        return BadInputError(sql, rule, "allow for such values; TRY_CAST gives null for them")
    if 'column "row" must appear in the GROUP BY' in message:  # which stands there beside an expression
        rule = "gives one value for all documents, not one for each"
        return BadInputError(sql, rule, "add OVER () to the aggregate")
    unknown = _UNKNOWN_COLUMN.search(message)
    if unknown and "GROUP BY" not in message:
        names = [row[0] for row in connection.cursor().execute("DESCRIBE documents").fetchall()]
        near = difflib.get_close_matches(unknown[1], names, n=3)
        remedy = f"did you mean {' or '.join(near)}?" if near else "columns: " + ", ".join(names)
        return BadInputError(sql, f"no column '{unknown[1]}'", remedy)
    return BadInputError(sql, message, "mend the SQL; columns are listed by DESCRIBE documents")


def _check_expression(connection: Any, expression: str) -> None:
    """Refuse what is not one expression by itself, or may give another answer the next time."""
    wrapped = f"SELECT {expression}"
    _check_select(connection, wrapped)
    ((parsed,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [wrapped]).fetchall()
    node = json.loads(parsed)["statements"][0]["node"]
    plain = node["type"] == "SELECT_NODE" and len(node["select_list"]) == 1
    if not (plain and node["from_table"]["type"] == "EMPTY" and node["where_clause"] is None):
        raise BadInputError(expression, "not one boolean expression", 'write one, like "word_count >= 50"')
    listed = connection.execute(
        "SELECT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    )
    calls = {name for (name,) in listed.fetchall()} | CLOCK
    # a corpus may have a field of such a name, which is then a column and no clock
    words = CLOCK - {name.lower() for name, *_ in connection.execute("DESCRIBE documents").fetchall()}
    for part in _nodes(node):
        call, column = part.get("function_name", ""), (part.get("column_names") or [""])[-1]
        name = call or column
        cut = part.get("type") == "LIMIT_MODIFIER" or part.get("sample")
        changing = call.lower() in calls or column.lower() in words
        if cut or changing or (part.get("class") == "WINDOW" and not _is_settled(part)):
            rule = f"{name or 'a LIMIT or a sample'} may give another answer the next time"
            raise BadInputError(expression, rule, "a filter depends on the documents alone; leave it out")


def _is_settled(window: dict[str, Any]) -> bool:
    """Whether a window function gives one answer: an aggregate of a whole partition, or rows in order."""
    if not window["orders"]:
        return bool(window["type"] == "WINDOW_AGGREGATE")
    keys = {tuple(order["expression"].get("column_names", ())) for order in window["orders"]}
    return bool(keys & {("row",), ("id",)})


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a parsed statement."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(inner)


def keep_mask(parts: Parts, expression: str) -> NDArray[np.bool_]:
    """Evaluate a person's boolean expression for each row; a null does not keep.

    Raises:
        BadInputError: where it is no expression, not boolean, names an unknown column, depends on
            chance, the clock or the order of rows, or runs for more than a minute.
    """
    expression = expression.strip().rstrip(";")
    with _connected(parts, locked=True) as connection:
        _check_expression(connection, expression)
        with _timed(connection, expression):
            asked = f"SELECT ({expression}\n) AS keep FROM documents"  # noqa: S608 as below
            kind = str(connection.sql(asked).types[0])
            if kind != "BOOLEAN":
                rule = f"gives {kind.lower()}, not true or false"
                raise BadInputError(expression, rule, 'compare it with something, like "word_count >= 50"')
            sql = f"SELECT row, coalesce(({expression}\n), false) AS keep FROM documents"  # noqa: S608 checked above, and the connection is locked
            found = connection.sql(sql).to_arrow_table()
    mask = np.zeros(found.num_rows, dtype=np.bool_)
    mask[found["row"].to_numpy()] = found["keep"].to_numpy()
    return mask


__all__ = ["keep_mask", "trusted", "untrusted"]
