"""The commands of signals: hang their columns, with settings of one's own; and the lines common in a source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from core.errors import BadInputError
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

Name = Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")]


def score(
    name: Name,
    signal: Annotated[list[str] | None, typer.Option("--signal", help="A signal; default: all.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SIGNAL.KEY=VALUE", help="A setting, like perplexity.reference=a.txt."),
    ] = None,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Hang the signals' columns beside the documents."""
    from core import score as scoring

    settings = _settings(change or [], signal)
    result = scoring.score(
        workspace_at(workspace), name, signal, progress=progress(), workers=workers, settings=settings
    )
    show(result, as_json, lambda: "columns: " + ", ".join(map(str, result["columns"])))


def _settings(changes: Sequence[str], signals: Sequence[str] | None) -> dict[str, dict[str, object]]:
    """Read SIGNAL.KEY=VALUE; the signal must be one that is computed."""
    from core.score import choose

    found: dict[str, dict[str, object]] = {}
    chosen = choose(signals)
    for change in changes:
        where, equals, value = change.partition("=")
        signal, dot, key = where.strip().partition(".")
        if not (equals and dot and key):
            raise BadInputError(
                change, "a setting is SIGNAL.KEY=VALUE", "write --set perplexity.reference=books.txt"
            )
        if signal not in chosen:
            remedy = f"add --signal {signal}" if signals else "choose one of: " + ", ".join(chosen)
            raise BadInputError(change, f"'{signal}' is not among the signals computed", remedy)
        found.setdefault(signal, {})[key] = None if value.strip().lower() == "none" else value
    return found


def boilerplate(
    name: Name,
    at_least: Annotated[
        int, typer.Option(min=2, help="Documents of a source that hold a line for it to be common.")
    ] = 10,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find the lines that many documents of a source share, and each document's share of them."""
    from core import boilerplate as common

    result = common.boilerplate(workspace_at(workspace), name, at_least, progress(), workers)
    shares = result["share_by_domain"]
    assert isinstance(shares, dict)
    rows = [{"domain": domain, "share": share} for domain, share in shares.items()]
    show(result, as_json, lambda: f"{result['common_lines']} common lines\n\n{table(rows)}")
