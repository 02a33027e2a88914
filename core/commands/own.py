"""The command of own columns: a Python file, a SQL expression or a Parquet file becomes a column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import BadInputError
from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    progress,
    show,
    workspace_at,
)

_WAYS = {
    "--python": ("--allow", "--limit-seconds", "--limit-gigabytes"),
    "--sql": ("--as",),
    "--parquet": ("--column", "--id-field", "--as"),
}  # each with the options that go with it


def add_column(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    python: Annotated[
        str | None, typer.Option(metavar="SIGNAL", help="Score by WORKSPACE/signals/SIGNAL.py.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="SIGNAL", help="Let this signal's code run.")
    ] = None,
    limit_seconds: Annotated[
        float | None, typer.Option(help="Longest time to load, or for 256 texts; default: 60.")
    ] = None,
    limit_gigabytes: Annotated[
        float | None, typer.Option(help="Most memory that its process may fill; default: 8.")
    ] = None,
    sql: Annotated[str | None, typer.Option(metavar="EXPRESSION", help="Compute from other columns.")] = None,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Join a file on the documents' ids.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="Which column of the Parquet file.")] = None,
    id_field: Annotated[str | None, typer.Option(help="Its column of ids; default: id.")] = None,
    called: Annotated[
        str | None, typer.Option("--as", metavar="COLUMN", help="The new column's name.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Hang a column of your own beside the documents: from Python, from SQL, or from a Parquet file."""
    from core import own

    given = {
        "--python": python,
        "--allow": allow,
        "--limit-seconds": limit_seconds,
        "--limit-gigabytes": limit_gigabytes,
        "--sql": sql,
        "--parquet": parquet,
        "--column": column,
        "--id-field": id_field,
        "--as": called,
    }
    _check(given)
    home, result = workspace_at(workspace), dict[str, Any]()
    if python is not None:
        asked = {"seconds": limit_seconds, "gigabytes": limit_gigabytes}
        limits = own.Limits(**{unit: most for unit, most in asked.items() if most is not None})
        result = own.add_python(home, name, python, allow or (), limits, progress())
    elif sql is not None:
        result = own.add_sql(home, name, sql, _needed(called, "--as", "name the new column"))
    elif parquet is not None:
        chosen = _needed(column, "--column", "name the column to add")
        result = own.add_parquet(home, name, parquet, chosen, id_field or "id", called)
    show(result, as_json, lambda: _text(result))


def _check(given: Mapping[str, object]) -> None:
    """Refuse none or two of the ways, and an option that the way chosen would pass over."""
    there = [option for option, value in given.items() if value is not None and value != []]
    ways = [option for option in there if option in _WAYS]
    if len(ways) != 1:
        rule = "a column comes from one of --python, --sql and --parquet"
        raise BadInputError(" and ".join(ways) or "no way", rule, "give one of them")
    for option in there:
        if option not in (*ways, *_WAYS[ways[0]]):
            raise BadInputError(option, f"does not go with {ways[0]}", "leave it out")


def _needed(value: str | None, option: str, remedy: str) -> str:
    if value is None:
        raise BadInputError(option, "is not given", remedy)
    return value


def _text(result: Mapping[str, Any]) -> str:
    lines = [
        f"{column}: {result['nulls'][column]:,} nulls"
        + ("; replaces the column of that name" if column in result["replaced"] else "")
        for column in result["columns"]
    ]
    if "matched" in result:
        lines.append(
            f"{result['matched']:,} documents matched, {result['unmatched']:,} without a row in the file, "
            f"{result['unknown']:,} rows of no document"
        )
    if result.get("documents_per_second"):
        lines.append(f"{result['documents_per_second']:,.0f} documents a second")
    return "\n".join(lines)
