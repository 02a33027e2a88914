"""The commands of the experiments: one for each, made from its fields, all with the same common options."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.backend.commands._terminal import (
    ConfigOption,
    DeviceOption,
    JsonOption,
    ManifestArgument,
    SetOption,
    configured,
    progress,
    show,
    table,
)
from core.backend.experiments import (
    EXPERIMENTS,
    Bench,
    Experiment,
    ExperimentEstimate,
    Result,
    estimate_experiment,
    run_experiment,
)
from core.backend.model.shape import Preset
from core.errors import BadInputError
from core.types import JSON

_COMMON: dict[str, tuple[Any, object]] = {
    "preset": (Annotated[Preset | None, typer.Option(help="The models' size.")], None),
    "tokens": (Annotated[str | None, typer.Option(help="That each model trains on.")], None),
    "seed": (Annotated[int | None, typer.Option(help="The same seed gives the same result.")], None),
    "stack": (Annotated[bool, typer.Option("--stack/--serial", help="Models train together, or one by one.")], True),
    "device": (DeviceOption, None),
    "precision": (Annotated[str | None, typer.Option(help="fp32, bf16 or auto.")], None),
    "config": (ConfigOption, None),
    "changes": (SetOption, None),
    "out": (Annotated[Path | None, typer.Option(help="Its folder; what was interrupted goes on.")], None),
    "estimate": (Annotated[bool, typer.Option("--estimate", help="Say what it would take, and stop.")], False),
    "price": (Annotated[float | None, typer.Option(min=0, max=1e9, help="Of an hour, for the estimate.")], None),
    "as_json": (JsonOption, False),
}  # fmt: skip
_CONFIGURED = ("preset", "tokens", "seed", "device", "precision")


def register(app: typer.Typer) -> None:
    """Add a command for every experiment there is."""
    for name, experiment in EXPERIMENTS.items():
        app.command(name=name, help=inspect.getdoc(experiment))(_command(experiment))


def _command(experiment: type[Experiment]) -> Callable[..., None]:
    """Return a function whose parameters are the experiment's fields and the common options."""
    made: Any = experiment
    hints = typing.get_type_hints(made)
    fields = {field.name: field for field in dataclasses.fields(made)}

    def command(**given: Any) -> None:
        settings = {name: given.pop(name) for name in fields}
        _conduct(made(**settings), given)

    parameters = [_parameter(field, hints[name]) for name, field in fields.items()]
    if experiment.needs_manifest:
        parameters.insert(0, _made("manifest", ManifestArgument, inspect.Parameter.empty))
    parameters += [_made(name, *kind) for name, kind in _COMMON.items() if name not in fields]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what Typer reads
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _parameter(field: dataclasses.Field[Any], hint: Any) -> inspect.Parameter:
    help_ = field.metadata.get("help", "")
    if field.default is dataclasses.MISSING:  # what must be given stands without a name
        argument = Annotated[hint, typer.Argument(metavar=field.name.upper(), help=help_)]
        return _made(field.name, argument, inspect.Parameter.empty)
    option = typer.Option(f"--{field.name.replace('_', '-')}", help=help_)
    return _made(field.name, Annotated[hint, option], field.default)


def _made(name: str, annotation: Any, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _conduct(experiment: Experiment, given: Mapping[str, Any]) -> None:
    config = configured(given["config"], {key: given[key] for key in _CONFIGURED}, given["changes"])
    manifest: Path | None = given.get("manifest")
    bench = Bench(manifest, config, given["out"] or Path(), given["stack"], progress())
    if given["out"] is None and not given["estimate"]:
        raise BadInputError(experiment.name, "its results need a folder", "give --out DIR")
    estimate = None
    if manifest or given["estimate"]:
        estimate = estimate_experiment(experiment, bench, given["price"])
    if estimate is not None and given["estimate"]:
        show(estimate, given["as_json"], lambda: estimate_text(estimate))
        return
    if estimate is not None and estimate["models"]:
        bench.progress(0, None, f"about {_span(estimate['seconds'])} for {estimate['models']} models")
    result = run_experiment(experiment, bench)
    value: JSON = {"out": str(given["out"]), "estimate": estimate, **result}
    show(value, given["as_json"], lambda: result_text(given["out"], result))


def estimate_text(found: ExperimentEstimate) -> str:
    """Say what an experiment will take, for people."""
    price = "" if found["price"] is None else f", {found['price']:,.2f} at the price given"
    scored = f", {found['scored']:,} more to read for documents' losses" if found["scored"] else ""
    return (
        f"{found['models']:,} models, {found['together']:,} at once: {found['steps']:,} steps each at most, "
        f"{found['tokens']:,} tokens in all{scored}\n"
        f"{found['flops']:.3g} FLOP: about {_span(found['seconds'])}{price} ({found['rate']})\n"
        f"{found['memory_bytes'] / 1e9:,.2f} GB of memory, {found['model_bytes'] / 1e6:,.0f} MB a model"
    )


def _span(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:,.0f} s"


def result_text(out: Path, result: Result) -> str:
    """Lay a result out for people: what was found, a row a run, what to beware of."""
    runs = [
        {
            "run": run["name"],
            "kind": run["kind"],
            "seed": run["seed"],
            **_mean(run["losses"]),
            **run["losses"],
        }
        for run in result["runs"]
    ]
    words = [
        line for key in ("mean", "effects", "separation", "agreement") for line in _lines(result.get(key))
    ]
    warnings = [f"warning: {warning}" for warning in result["warnings"]]
    parts = [str(out), *([table(runs)] if runs else []), *words, *warnings]
    return "\n".join(parts)


def _mean(losses: Mapping[str, float]) -> dict[str, float | None]:
    return {"mean": sum(losses.values()) / len(losses) if losses else None}


def _lines(value: JSON) -> list[str]:
    """Return what an experiment says in words, and flat figures as they are."""
    if not isinstance(value, dict):
        return []
    if "words" in value:
        return [str(value["words"])]
    found = [line for part in value.values() for line in _lines(part)]
    numbers = {key: part for key, part in value.items() if isinstance(part, int | float)}
    return found or ([", ".join(f"{key} {part:.4g}" for key, part in numbers.items())] if numbers else [])
