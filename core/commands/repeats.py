"""The command of repeats: what stands more than once, in stretches, lines, paragraphs or sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

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


def repeats(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    unit: Annotated[
        str | None, typer.Option(help="substring (the default), line, paragraph or sentence.")
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Fewest characters of a repeat; default: 200 for substrings, else 1.")
    ] = None,
    scope: Annotated[str, typer.Option(help="global: across sources; local: inside each.")] = "global",
    preset: Annotated[
        str | None, typer.Option(help="mixturevitae: sentences, and a filter, in place of unit and length.")
    ] = None,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Mark what stands more than once in a corpus; hangs the places, and shares to filter by."""
    from core import repeats as stage
    from core.repeated import SUBSTRING

    keep = None
    if preset is not None:
        if preset not in stage.PRESETS:
            raise BadInputError(preset, "no such preset", f"choose {', '.join(stage.PRESETS)}")
        if (unit, length, scope) != (None, None, "global"):
            rule = "a preset has its own unit, length and scope"
            raise BadInputError(preset, rule, "leave --unit, --length and --scope out")
        chosen = stage.PRESETS[preset]
        unit, length, keep = chosen.unit, chosen.length, chosen.keep
    home = workspace_at(workspace)
    result = stage.repeats(home, name, unit or SUBSTRING, length, scope, progress(), workers)
    shown = result if keep is None else {**result, "keep": keep}
    show(shown, as_json, lambda: _text(shown))


def _text(result: Mapping[str, Any]) -> str:
    head = (
        f"{result['columns'][1]}: {result['documents']:,} documents, {result['characters']:,} characters "
        f"in repeats of {result['length']:,} or more"
    )
    domains = table([{"domain": domain, **facts} for domain, facts in result["by_domain"].items()])
    filtered = [f"filter: {result['keep']}"] if "keep" in result else []
    return "\n\n".join([head, domains, table(result["frequent"]), *filtered])
