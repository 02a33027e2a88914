"""The command of filters: judge a corpus by a published rule set, its settings open to change."""

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
    settings_from,
    show,
    table,
    workspace_at,
)


def filters(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    preset: Annotated[
        str, typer.Option(help="gopher, gopher_quality, gopher_repetition, c4, fineweb, fineweb_recipe.")
    ] = "gopher",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another threshold; none: off.")
    ] = None,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Judge each document by a published rule set; hangs why it would be dropped, null where kept."""
    from core import filter as filtering

    settings = settings_from(change, "min_doc_words=100")
    result = filtering.filter_by(workspace_at(workspace), name, preset, settings, progress(), workers)
    show(result, as_json, lambda: _text(result))


def _text(result: Mapping[str, Any]) -> str:
    kept, dropped = result["kept"], result["dropped"]
    head = f"{result['column']}: {kept['documents']:,} kept, {dropped['documents']:,} dropped"
    reasons: list[Mapping[str, object]] = [{"reason": r, **total} for r, total in result["reasons"].items()]
    domains: list[Mapping[str, object]] = [
        {
            "domain": domain,
            "kept": facts["kept"]["documents"],
            "dropped": facts["dropped"]["documents"],
            "first reason": next(iter(facts["reasons"]), None),
        }
        for domain, facts in result["by_domain"].items()
    ]
    return f"{head}\n\n{table(reasons)}\n\n{table(domains)}"
