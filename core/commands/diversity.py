"""The command of diversity: how varied a corpus, its parts, a selection or a mixture is, and its price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from core.commands._mixture import prepare
from core.errors import BadInputError
from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    SeedOption,
    WorkspaceOption,
    progress,
    read_mixture,
    settings_from,
    show,
    table,
    workspace_at,
)

WHOLES = ("corpus", "selection", "mixture")


def diversity(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    by: Annotated[str, typer.Option(metavar="COLUMN", help="Whose values are the parts.")] = "source",
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="A condition: measure what it selects.")
    ] = None,
    mixture: Annotated[
        str | None, typer.Option(metavar="FILE", help="Measure what its plan takes, by tokens seen.")
    ] = None,
    curve: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What a threshold on it costs in variety.")
    ] = None,
    at_most: Annotated[
        bool, typer.Option("--at-most", help="The threshold of --curve bounds above.")
    ] = False,
    selector: Annotated[
        str | None, typer.Option(metavar="METHOD", help="What a selector costs; needs --quality.")
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of --selector.")
    ] = None,
    quality: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The quality; default: the column of --curve.")
    ] = None,
    size: Annotated[int | None, typer.Option(min=2, help="Documents of a sample; default: by rule.")] = None,
    repeats: Annotated[int, typer.Option(min=2, help="Samples of each set.")] = 20,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Measure how varied the corpus and its parts are, on samples of one size, with intervals."""
    from core import diversity as variety
    from core import tradeoff

    home, told = workspace_at(workspace), progress()
    rule: dict[str, Any] = {"size": size, "repeats": repeats, "seed": seed}
    judged = quality or curve
    _check(by, where, mixture, selector, change, judged)
    mixed = None
    if mixture is not None:
        mixed = read_mixture(home, mixture)
        prepare(home, mixed)
    result = variety.diversity(home, name, told, by=by, where=where, mixture=mixed, **rule)
    if judged is not None:
        result["tradeoff"] = tradeoff.by_part(home, name, judged, result["metrics"]["measured"], by)
    if curve is not None:
        side: Any = "at most" if at_most else "at least"
        result["curve"] = tradeoff.threshold_curve(
            home, name, curve, side=side, quality=quality, progress=told, **rule
        )
    if selector is not None and judged is not None:
        result["selector"] = tradeoff.selector_curve(
            home, name, selector, settings_from(change, "column=quality"), judged, progress=told, **rule
        )
    show(result, as_json, lambda: _text(result))


def _check(
    by: str,
    where: str | None,
    mixture: str | None,
    selector: str | None,
    change: Sequence[str] | None,
    judged: str | None,
) -> None:
    if mixture is not None and by != "source":
        raise BadInputError(f"--by {by}", "a mixture's parts are its own domains", "leave --by out")
    if mixture is not None and where is not None:
        raise BadInputError(where, "a condition and a mixture at once", "give one; mixtures have filters")
    if judged is not None and (mixture is not None or where is not None):
        rule = "quality against diversity is of the whole corpus"
        raise BadInputError(judged, rule, "leave out --where and --mixture, or --curve and --quality")
    if selector is not None and judged is None:
        raise BadInputError(
            f"--selector {selector}", "nothing says what quality is", "name a --quality column"
        )
    if change and selector is None:
        raise BadInputError(f"--set {change[0]}", "sets the selector, and none is named", "add --selector")


def _shared(sets: Mapping[str, Mapping[str, Any]], metric: str) -> str | None:
    """Return why a metric is null, where it is so in every set and for one reason."""
    reasons = {found[metric]["reason"] for found in sets.values()}
    return next(iter(reasons)) if len(reasons) == 1 else None


def _text(result: Mapping[str, Any]) -> str:
    metrics = result["metrics"]
    measured = metrics["measured"]
    sets = {f"({label})": measured[label] for label in WHOLES if label in measured} | measured["domains"]
    rows: list[Mapping[str, object]] = [
        {"metric": metric, **{label: _cell(found[metric]) for label, found in sets.items()}}
        for metric in metrics["corpus"]
    ]
    reasons: dict[str, dict[str, None]] = {}
    for label, found in sets.items():
        for metric, one in found.items():
            if one["reason"] is not None:
                where = metric if one["reason"] == _shared(sets, metric) else f"{metric} of {label}"
                reasons.setdefault(one["reason"], {})[where] = None
    told = [f"{reason}: {', '.join(where)}" for reason, where in sorted(reasons.items())]
    head = f"samples of {metrics['size']} documents, {metrics['repeats']} of each; 95 % intervals; * fewer"
    parts = [f"{head}\n{table(rows)}", *(["\n".join(told)] if told else [])]
    if metrics["templates"]:
        parts.append(f"templates bound to one domain\n{table(metrics['templates'])}")
    if "tradeoff" in result:
        parts.append(table([_three(row) for row in result["tradeoff"]]))
    parts += [_curve(result[key]) for key in ("curve", "selector") if key in result]
    return "\n\n".join(parts)


def _cell(one: Mapping[str, Any]) -> str | None:
    """A value with half its interval; a star where the set is small."""
    if one["value"] is None:
        return None
    reach = "" if one["low"] is None else f" ±{(one['high'] - one['low']) / 2:.2g}"
    return f"{one['value']:.4g}{reach}" + ("*" if one["small"] else "")


def _three(row: Mapping[str, Any]) -> Mapping[str, object]:
    others = {**row["diversity"], **row["complexity"]}
    return {
        "domain": row["domain"],
        "documents": row["documents"],
        "quality": row["quality"]["value"],
        **{metric: _cell(one) for metric, one in others.items()},
    }


def _curve(found: Mapping[str, Any]) -> str:
    head = (
        f"{found['column']} {found['side']} a threshold"
        if "column" in found
        else f"selector {found['selector']}"
    )
    rows: list[Mapping[str, object]] = []
    for point in found["points"]:
        bound = point["threshold"] if "threshold" in point else point["budget"]
        prices = {f"Δ {m}": None if p is None else f"{p:+.1%}" for m, p in point["price"].items()}
        values = {metric: _cell(one) for metric, one in point["metrics"].items()}
        quality = point["quality"]["value"]
        rows.append({"kept": f"{point['share']:.1%}", "bound": bound, "quality": quality, **values, **prices})
    return f"{head}: mean {found['quality']}, on samples of {found['size']} documents\n{table(rows)}"
