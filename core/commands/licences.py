"""The command of licences: a tier a document, with the evidence, and shares by tokens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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


def licences(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    field: Annotated[str | None, typer.Option(help="Which field names the licence; default: guess.")] = None,
    cards: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML: source: licence, tier, or both.")
    ] = None,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find each document's licence and hang its tier and the evidence beside it."""
    from core import licences as licensing

    by_source = licensing.read_cards(cards) if cards else None
    result = licensing.licences(workspace_at(workspace), name, field, by_source, progress(), workers)
    show(result, as_json, lambda: _text(result))


def _text(result: Mapping[str, Any]) -> str:
    head = (
        f"field: {result['field'] or 'none'}; {result['conflicting']:,} documents with conflicting evidence"
    )
    parts = [head, _shares("tier", result["by_tier"]), _shares("evidence", result["by_evidence"])]
    domains: list[Mapping[str, object]] = [
        {"domain": domain, "tier": tier, **_shown(total)}
        for domain, tiers in result["by_domain"].items()
        for tier, total in tiers.items()
    ]
    parts.append(table(domains))
    for title, key in (("conflicts", "conflicts"), ("unrecognised values", "unrecognised")):
        if result[key]:
            parts.append(table([{title: words, "documents": count} for words, count in result[key].items()]))
    if result["unused_cards"]:
        parts.append("cards of sources that are not there: " + ", ".join(result["unused_cards"]))
    return "\n\n".join(parts)


def _shares(title: str, totals: Mapping[str, Mapping[str, Any]]) -> str:
    return table([{title: key, **_shown(total)} for key, total in totals.items()])


def _shown(total: Mapping[str, Any]) -> dict[str, object]:
    return {"documents": total["documents"], "tokens": total["tokens"], "of tokens": f"{total['share']:.1%}"}
