"""The command of selectors: which documents a method takes, beside the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    SeedOption,
    WorkspaceOption,
    progress,
    settings_from,
    show,
    table,
    workspace_at,
)


def select(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    method: Annotated[str, typer.Option(help="A selector: random, top_k, dsir, mig …")],
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the method.")
    ] = None,
    share: Annotated[float, typer.Option(help="Of the pool's tokens.")] = 0.5,
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="A condition: the pool is what it selects.")
    ] = None,
    beside: Annotated[str, typer.Option(help="The selector to compare with.")] = "random",
    called: Annotated[
        str | None, typer.Option("--as", metavar="COLUMN", help="Hang the selection as this column.")
    ] = None,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Select documents by a method, and say what it takes beside a random sample."""
    from core import select as selecting

    result = selecting.compare(
        workspace_at(workspace),
        name,
        method,
        settings_from(change, "column=quality"),
        share=share,
        where=where,
        beside=beside,
        called=called,
        seed=seed,
        progress=progress(),
    )
    show(result, as_json, lambda: _text(result))


def _text(result: Mapping[str, Any]) -> str:
    chosen, other = result["selected"], result["beside"]
    sets = {"pool": result["pool"], f"beside: {other['method']}": other, chosen["method"]: chosen}
    domains = [
        {
            "domain": domain,
            **{
                f"{what}, {label}": one["domains"][domain][what]
                for what in ("documents", "tokens")
                for label, one in sets.items()
            },
        }
        for domain in result["pool"]["domains"]
    ]
    whole = [
        {"": what, **{label: one[what] for label, one in sets.items()}}
        for what in ("documents", "tokens", "clusters")
    ]
    means = [
        {"mean of": column, **{label: one["means"][column] for label, one in sets.items()}}
        for column in result["pool"]["means"]
    ]
    hung = f" Hung as {result['column']}." if result["column"] else ""
    head = f"{chosen['rule']} {result['overlap']:.0%} of them are among those of {other['method']}."
    return "\n\n".join([head + hung, table(whole), table(domains), *([table(means)] if means else [])])
