"""The command of containment: which domain is inside which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkersOption,
    WorkspaceOption,
    progress,
    show,
    table,
    workspace_at,
)

_PAIRS = 50  # that people are shown; JSON holds all


def contain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    by: Annotated[str, typer.Option(help="The column whose values are compared.")] = "source",
    n: Annotated[int, typer.Option("--n", help="Words of an n-gram.")] = 13,
    threshold: Annotated[
        float, typer.Option(help="Share of a document's n-grams that makes it contained.")
    ] = 0.8,
    other: Annotated[
        str | None, typer.Option("--in", metavar="OTHER", help="A corpus to look in; default: the same.")
    ] = None,
    scale: Annotated[
        int | None, typer.Option(help="Look at one n-gram in so many; default: all, up to about 2^28 tokens.")
    ] = None,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say of each two sources how much of the one stands in the other."""
    from core import containment as stage

    home = workspace_at(workspace)
    result = stage.containment(home, name, by, n, threshold, other, scale, progress(), workers)
    show(result, as_json, lambda: _text(result))


def _text(result: Mapping[str, Any]) -> str:
    where = f"'{result['other']}'" if result["other"] else "one another"
    how = (
        "exact" if result["exact"] else f"one {result['n']}-gram in {result['scale']:,}, with 95 % intervals"
    )
    head = f"{result['by']} of '{result['corpus']}' in {where}, by {result['n']}-grams ({how})"
    domains = table([{"domain": domain, **facts} for domain, facts in result["domains"].items()])
    hidden = len(result["pairs"]) - _PAIRS
    more = [f"{hidden:,} more pairs: see --json"] if hidden > 0 else []
    return "\n\n".join([head, domains, table(result["pairs"][:_PAIRS]), *more])
