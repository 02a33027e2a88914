"""The command of duplicates: groups, who stays, what each source would lose, and what looks wrong."""

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


def dedup(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    method: Annotated[
        str, typer.Option(help="exact, minhash, semantic; or a preset of minhash: fineweb, slimpajama.")
    ] = "minhash",
    scope: Annotated[
        str, typer.Option(help="global: across sources; local: inside each; both side by side.")
    ] = "global",
    keep: Annotated[
        str,
        typer.Option(
            metavar="RULE", help="Who stays: longest, highest:COLUMN, lowest:COLUMN, sources:FIRST,SECOND."
        ),
    ] = "longest",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting, like threshold=0.8.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, and hang no column.")] = False,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find groups of duplicates; all but one of a group are duplicates."""
    from core import dedup as deduplication

    home, settings = workspace_at(workspace), settings_from(change, "threshold=0.8")
    result = deduplication.dedup(
        home, name, method, scope, progress(), settings, keep, workers=workers, dry_run=dry_run
    )
    show(result, as_json, lambda: _text(result))


def _text(result: Mapping[str, Any]) -> str:
    head = f"{result['duplicates']:,} duplicates in {result['groups']:,} groups; stays: {result['keep']}"
    if result["dry_run"]:
        head += "; a dry run: no column hangs"
    return "\n\n".join([head, table(_by_domain(result)), *_matrix(result["matrix"]), *_alarms(result)])


def _by_domain(result: Mapping[str, Any]) -> list[Mapping[str, object]]:
    if result["scope"] == "both":
        return [{"domain": domain, **counts} for domain, counts in result["side_by_side"].items()]
    return [
        {"domain": domain, **facts, "share": f"{facts['share']:.1%}"}
        for domain, facts in result["by_domain"].items()
    ]


def _matrix(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Who has duplicates where, as long as a terminal can show it."""
    others = sorted({other for row in counts.values() for other in row})
    if not 1 < len(others) <= 8:
        return []
    rows: list[Mapping[str, object]] = [
        {"documents of": source, **{f"in {other}": row.get(other, 0) for other in others}}
        for source, row in counts.items()
    ]
    return [f"with a duplicate in another document\n{table(rows)}"]


def _alarms(result: Mapping[str, Any]) -> list[str]:
    found = [f"alarm: {sentence}" for sentence in result["alarms"]]
    groups: list[Mapping[str, object]] = [
        {"group": group["row"], "members": group["members"], "ids": ", ".join(group["ids"])}
        for group in result["suspicious"]
    ]
    return ["\n".join(found), table(groups)] if groups else ["\n".join(found)] if found else []
