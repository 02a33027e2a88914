"""The command of toxicity policies: apply one, see whom it removes, compare, send it to a mixture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInputError
from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    read_mixture,
    show,
    table,
    workspace_at,
)

if TYPE_CHECKING:
    from core.types import JSON
    from core.workspace import Workspace


def policy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    chosen: Annotated[
        str, typer.Option("--policy", metavar="P", help="A published policy's name, or a YAML file.")
    ] = "commons",
    by: Annotated[str, typer.Option(help="The column whose values are the domains.")] = "source",
    compare: Annotated[
        list[str] | None, typer.Option(metavar="P", help="Set another policy beside it; may be repeated.")
    ] = None,
    is_shown: Annotated[
        bool, typer.Option("--show", help="Print the policy as YAML, and do no more.")
    ] = False,
    mixture: Annotated[
        str | None, typer.Option(metavar="SPEC", help="A mixture that is to follow the policy.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where that mixture is written.")] = None,
    share: Annotated[float, typer.Option(help="The annealing stage's share of training.")] = 0.1,
    held: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is held for rewriting, as JSON Lines.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Judge a corpus by a toxicity policy; hangs level, action, domain and content warning."""
    from core import policy as policies
    from core.policies import dump_policy

    if (mixture is None) != (out is None):
        value = "--mixture" if out is None else "--out"
        raise BadInputError(value, "a mixture is read from one file and written to another", "give both")
    value_ = policies.read(chosen)
    if is_shown:
        show({"policy": value_.model_dump(mode="json")}, as_json, lambda: dump_policy(value_).rstrip())
        return
    home = workspace_at(workspace)
    result = policies.apply(home, name, value_, by)
    if compare:
        others = [value_, *(policies.read(other) for other in compare)]
        result["differences"] = policies.differences(home, home.corpus(name), others)
    if mixture is not None and out is not None:
        result["mixture"] = _write_mixture(home, mixture, out, share)
    if held is not None:
        result["held"] = {"file": str(held), "documents": policies.write_held(home, name, "rewrite", held)}
    show(result, as_json, lambda: _text(result))


def _write_mixture(home: Workspace, spec: str, out: Path, share: float) -> JSON:
    from core import disk
    from core.policies.mixture import onto
    from core.types import dump_mixture

    made = onto(home, read_mixture(home, spec), share)
    disk.write_text(out, dump_mixture(made))
    return {"file": str(out), "stages": len(made.stages)}


def _text(result: Mapping[str, Any]) -> str:
    parts = [f"policy {result['policy']}: {', '.join(result['columns'])}"]
    parts.append(table([{"level": key, **sizes} for key, sizes in result["levels"].items()]))
    domains: list[Mapping[str, object]] = [
        {"domain": domain, **{action: sizes["documents"] for action, sizes in actions.items()}}
        for domain, actions in result["by_domain"].items()
    ]
    parts.append(table(domains))
    groups: list[Mapping[str, object]] = [
        {
            "by": one["grouping"],
            "group": one["group"],
            "documents": one["documents"],
            "removed": f"{one['share']:.1%}",
            "of all": "" if one["ratio"] is None else f"{one['ratio']:.2f}x",
            "": "too much?" if one["flagged"] else "",
        }
        for one in result["groups"]
        if one["removed"]
    ]
    parts.append(table(groups) if groups else "Nothing is removed.")
    parts += ["warning: " + sentence for sentence in result["flagged"]]
    if result["missing"]:
        parts.append("not looked at, for want of a column: " + "; ".join(result["missing"]))
    for one in result.get("differences", []):
        differ = f"{one['documents']:,} documents, {one['tokens']:,} tokens, kappa {one['kappa']:.3f}"
        parts.append(f"{one['one']} and {one['other']} differ on {differ}")
    for key in ("mixture", "held"):
        if key in result:
            parts.append(f"{key}: {result[key]['file']}")
    return "\n\n".join(parts)
