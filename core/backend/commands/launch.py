"""The commands that train elsewhere, and that train a list of models: what a job array does in parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, get_type_hints

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
from core.backend.config import Config
from core.backend.experiments import EXPERIMENTS
from core.backend.places import Slurm, Ssh, ThisMachine
from core.backend.record import read_run
from core.backend.training.members import Member
from core.errors import BadInputError

_OFF = 0.01  # that the sum of weights may be off, as hands write them
_OWN = ("out", "script", "work", "progress", "setup")  # of a place's settings: given otherwise
WorkArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[-- COMMAND …]", help="One of these commands and its options; else train."),
]


def launch(
    manifest: ManifestArgument,
    out: Annotated[Path, typer.Option(help="The folder here that results come to; the same goes on.")],
    work: WorkArgument = None,
    on: Annotated[str, typer.Option(help="here, ssh:[USER@]HOST, or slurm.")] = "here",
    remote_dir: Annotated[str | None, typer.Option(help="The folder there, one for each launch.")] = None,
    script: Annotated[Path | None, typer.Option(help="The batch script to write, for slurm.")] = None,
    place: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Of the place: python, processes, port; nodes, gpus, time …"),
    ] = None,
    setup: Annotated[
        list[str] | None, typer.Option(metavar="LINE", help="Shell to run first in the batch script.")
    ] = None,
    config: ConfigOption = None,
    device: DeviceOption = None,
    changes: SetOption = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Stop what runs there; it can go on.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train here, on another machine over SSH, or by a Slurm script written out.

    Keys are ssh's own affair: none is read or stored. A lost connection, or an end of this command, leaves
    the work there running, and the same command finds it again.
    """
    settings = configured(config, {"device": device}, changes)
    words, given = tuple(work or ("train",)), place or []
    known = ("train", "stack", *(name for name, one in EXPERIMENTS.items() if one.needs_manifest))
    if words[0] not in known:
        raise BadInputError(words[0], "is no work on a manifest", f"known: {', '.join(known)}")
    kind, _, host = on.partition(":")
    if cancel and kind != "ssh":
        rule = "is not started by launch, which has nothing to cancel there"
        raise BadInputError(on, rule, "stop a run here with Ctrl-C, one of slurm with scancel")
    if kind == "here" and not host:
        here = _made(ThisMachine, {"out": out, "work": words, "progress": progress()}, given)
        (here.submit if words == ("train",) else here.follow)(manifest, settings)
        _tell(out, as_json)
    elif kind == "ssh" and host:
        if remote_dir is None:
            raise BadInputError(on, "needs a folder there", "give --remote-dir DIR")
        fixed = {"out": out, "host": host, "folder": remote_dir, "work": words, "progress": progress()}
        there = _made(Ssh, fixed, given)
        if cancel:
            _cancel(there, as_json)
        else:
            there.follow(manifest, settings)
            _tell(out, as_json)
    elif kind == "slurm" and not host:
        if script is None:
            raise BadInputError(on, "needs a script to write", "give --script FILE")
        fixed = {"out": out, "script": script, "work": words, "setup": tuple(setup or ())}
        _write(_made(Slurm, fixed, given), manifest, settings, as_json)
    else:
        raise BadInputError(on, "is no place to train", "give here, ssh:HOST or slurm")


def stack(
    manifest: ManifestArgument,
    members: Annotated[
        Path, typer.Option(help="JSON: a list of {name, weights, stages, seed, learning_rate}.")
    ],
    out: Annotated[Path, typer.Option(help="The stack's folder; what was interrupted goes on.")],
    part: Annotated[int, typer.Option(min=0, help="Which part of the list to train, from 0.")] = 0,
    parts: Annotated[int, typer.Option(min=1, help="Into how many the list is cut.")] = 1,
    config: ConfigOption = None,
    device: DeviceOption = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a list of models together, or the part of it that falls to one of several jobs."""
    from core.backend.trainer import train_stack

    settings = configured(config, {"device": device}, changes)
    mine = read_members(members)[part::parts]
    if part >= parts or not mine:
        raise BadInputError(f"part {part} of {parts}", "has no model", "lower --parts or lengthen the list")
    runs = train_stack(manifest, settings, mine, out, progress())
    value = {"out": str(out), "runs": runs}
    rows = [{"name": m.name, "state": r["state"], **r["losses"]} for m, r in zip(mine, runs, strict=True)]
    show(value, as_json, lambda: f"{out}\n{table(rows)}")


def read_members(path: Path) -> list[Member]:
    """Read the models of a stack from a file.

    Raises:
        BadInputError: It is no JSON list of members, or weights do not sum to 1.
    """
    from pydantic import TypeAdapter, ValidationError

    remedy = 'write [{"name": "a", "weights": {"web": 0.5, "code": 0.5}}]'
    try:
        found = TypeAdapter(list[Member]).validate_json(path.read_bytes(), strict=True, extra="forbid")
    except OSError:
        raise BadInputError(path, "no readable text file", "name a JSON file of members") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise BadInputError(path, f"is no list of members ({where}{first['msg']})", remedy) from None
    for member in found:
        for weights in (member.weights, *(weights for _, weights in member.stages)):
            total = 1.0 if weights is None else sum(weights.values())
            if not abs(total - 1) <= _OFF:
                rule = f"the weights sum to {total:.4g}, not to 1"
                raise BadInputError(f"{path}: {member.name}", rule, "give shares of 1")
    return found


def _made(place: Any, fixed: dict[str, object], given: Sequence[str]) -> Any:
    """Return the place with the settings that KEY=VALUE words give, in their fields' types."""
    hints = get_type_hints(place)
    known = [f.name for f in dataclasses.fields(place) if f.name not in (*_OWN, "host", "folder")]
    for word in given:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not (key and equals and value):
            raise BadInputError(word, "a setting of a place is KEY=VALUE", "write --place processes=2")
        if key not in known:
            raise BadInputError(word, f"is no setting of {place.name}", f"known: {', '.join(known)}")
        try:
            fixed[key] = _typed(value, hints[key])
        except ValueError:
            raise BadInputError(word, "is not of its kind", f"{key} is {_kind(hints[key])}") from None
    return place(**fixed)


def _typed(value: str, hint: Any) -> object:
    kinds = _kinds(hint)
    if bool in kinds:
        return ("false", "true").index(value.lower()) == 1
    for kind in (int, float, Path):
        if kind in kinds:
            return kind(value)
    return value


def _kinds(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__args__", None) or (hint,)


def _kind(hint: Any) -> str:
    return " or ".join(kind.__name__ for kind in _kinds(hint) if kind is not type(None))


def _tell(out: Path, as_json: bool) -> None:
    run = read_run(out)
    if run is None:
        show({"out": str(out)}, as_json, lambda: str(out))
        return
    rows = [{"domain": domain, "loss": loss} for domain, loss in run["losses"].items()]
    show({"run": str(out), **run}, as_json, lambda: f"{out}\n{table(rows)}")


def _cancel(there: Ssh, as_json: bool) -> None:
    stopped = there.cancel()
    words = "was stopped; the same command goes on with it" if stopped else "nothing was running"
    show({"cancelled": stopped}, as_json, lambda: f"{there.host}: {words}")


def _write(cluster: Slurm, manifest: Path, config: Config, as_json: bool) -> None:
    script = cluster.write(manifest, config)
    value = {"script": str(script), "out": str(cluster.out), "submit": ["sbatch", str(script)]}
    show(value, as_json, lambda: f"{script}\nhand it in, now and after any end, with: sbatch {script}")
