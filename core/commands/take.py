"""The command that takes a run's losses by document back to the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.terminal import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, show, table, workspace_at

_SHOWN = ("documents", "tokens", "loss", "bits_per_byte", "el2n", "influence")


def take(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    by: Annotated[
        str | None, typer.Option(help="Means by the values of this column; default: clusters, else source.")
    ] = None,
    called: Annotated[
        str | None, typer.Option("--as", metavar="RUN", help="The run's name in the columns' names.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Hang a run's losses, EL2N and influences beside the documents, and say their means by cluster."""
    from core import take as taking

    result = taking.take(workspace_at(workspace), name, run, by, called)
    show(result, as_json, lambda: _text(result))


def _text(result: Mapping[str, Any]) -> str:
    rows = [
        {result["by"]: group, **{key: told[key] for key in _SHOWN if key in told}}
        for group, told in result["groups"].items()
    ]
    head = f"{', '.join(result['columns'])}: {result['matched']:,} documents matched"
    head += f", {result['unmatched']:,} without a value" if result["unmatched"] else ""
    gone = [f"replaces {', '.join(result['replaced'])}"] if result["replaced"] else []
    return "\n".join([head, *gone, *result["warnings"], table(rows)])
