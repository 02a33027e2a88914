"""The commands of mixtures: resolve one, or read a trainer's own configuration into one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.commands._mixture import prepare, read_version, weighted
from core.errors import BadInputError
from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    show,
    table,
    workspace_at,
)

if TYPE_CHECKING:
    from core.difference import Difference
    from core.types import Mixture


def mix(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The corpus.")] = None,
    spec: Annotated[str | None, typer.Argument(metavar="SPEC.yaml", help="The mixture.")] = None,
    lint: Annotated[
        Path | None,
        typer.Option(
            help="A trainer's configuration (Megatron-LM, llm-foundry, OLMo-core, nanotron, Levanter): "
            "print it as a mixture, and its traps."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Another mixture, or a version as NAME@3: say what SPEC changes of it."),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option("--weights", help="By rule: proportional, uniform, temperature, unimax, effective."),
    ] = None,
    shares: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            metavar="NAME=SHARE",
            help="The share of a group, a domain, or several (web+code=0.6); ratios inside and outside stay.",
        ),
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Save the mixture with these weights under its name.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Check a mixture and resolve it: documents, tokens and epochs by domain, with warnings."""
    if lint is not None:
        _lint(lint, name, as_json)
        return
    if name is None or spec is None:
        raise BadInputError("mix", "takes a corpus and a mixture", "write mix NAME SPEC.yaml, or --lint FILE")
    from core import mix as mixing

    home = workspace_at(workspace)
    mixture = _of(name, read_version(home, spec))
    prepare(home, mixture)
    mixture = weighted(home, mixture, rule, shares or ())
    plan = mixing.resolve(home, mixture)
    value = mixing.plan_json(plan)
    if save:
        value["saved"] = str(home.save_mixture(mixture))
    rows = [{"domain": domain, **facts} for domain, facts in value["plan"]["domains"].items()]
    told = table(rows) + "".join(f"\nwarning: {sentence}" for sentence in value["warnings"])
    if against is not None:
        from core import difference as comparing

        other = _of(name, read_version(home, against))
        prepare(home, other)
        found = comparing.of_plans(home, mixing.resolve(home, other), plan)
        value["difference"] = comparing.difference_json(found)
        told += f"\n\n{_changes(found)}"
    show(value, as_json, lambda: told)


def versions(
    name: Annotated[str, typer.Argument(metavar="MIXTURE", help="A saved mixture.")],
    restore: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Save that version under its name again.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the earlier versions of a saved mixture, or bring one back."""
    from datetime import UTC, datetime

    from core import versions as shelf

    home = workspace_at(workspace)
    if restore is not None:
        shelf.restore(home, name, restore)
    rows = [
        {
            "version": one.number,
            "replaced": datetime.fromtimestamp(one.replaced, UTC).isoformat(timespec="seconds"),
            "rationale": one.mixture.rationale,
        }
        for one in shelf.versions(home, name)
    ]
    show({"mixture": name, "restored": restore, "versions": rows}, as_json, lambda: table(rows))


def _of(corpus: str, mixture: Mixture) -> Mixture:
    if mixture.corpus != corpus:
        rule = f"the mixture is of this corpus, not of '{corpus}'"
        raise BadInputError(mixture.corpus, rule, "name that one")
    return mixture


def _changes(found: Difference) -> str:
    """What a mixture changes of another, for people."""
    if found.is_empty:
        return f"no difference to {found.before}"
    parts = [f"against {found.before}: " + (", ".join(found.keys) or "no key") + " differ"]
    if found.total is not None:
        parts.append(f"tokens: {found.total.before:,} before, {found.total.after:,} after")
    for column, changes in found.tokens.items():
        parts.append(table([{column: one.name, "before": one.before, "after": one.after} for one in changes]))
    if found.means:
        head = "mean over tokens seen"
        parts.append(table([{head: o.name, "before": o.before, "after": o.after} for o in found.means]))
    for title, documents in (("gained", found.gained), ("lost", found.lost)):
        if documents:
            parts.append(table([{title: d.id, "before": d.before, "after": d.after} for d in documents]))
    return "\n\n".join(parts)


def _lint(path: Path, corpus: str | None, as_json: bool) -> None:
    from core import lint as linting
    from core.types import dump_mixture

    found = linting.lint(path, corpus or linting.UNNAMED)
    value: Mapping[str, object] = {
        "trainer": found.trainer,
        "mixture": found.mixture.model_dump(mode="json", exclude_defaults=True),
        "traps": list(found.traps),
    }
    traps = "\n".join(f"trap: {sentence}" for sentence in found.traps) or "no trap found"
    show(value, as_json, lambda: f"# {found.trainer}\n{dump_mixture(found.mixture)}{traps}")
