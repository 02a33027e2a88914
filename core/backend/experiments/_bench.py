"""What every experiment is given and gives back, and the one way in which all of them are conducted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypedDict, cast

from core.backend._files import fingerprint, held_alone, read_json, write_json
from core.backend._stop import STOPPED, stoppable
from core.backend.config import Config
from core.backend.data.sealed import Sealed, open_manifest
from core.backend.parallel.errands import conducted
from core.backend.record import RunState, machine, now, versions
from core.backend.training.setup import chosen_device
from core.errors import BadInputError, InterruptedRunError
from core.types import JSON, Manifest, Progress, Scalar, silent

RESULT = "experiment.json"
Way = Literal["stack", "serial"]


class RunResult(TypedDict):
    """One model of an experiment; `losses` are nats a token by domain, empty where it failed."""

    name: str
    kind: str  # its part in the experiment: draw, anchor, uniform, expert …
    seed: int
    weights: dict[str, float]
    losses: dict[str, float]
    bits_per_byte: dict[str, float]
    tokens: int
    folder: str  # inside the experiment's
    error: str | None
    warnings: list[str]  # of its data: repeats, domains without held-out text


class Result(TypedDict, total=False):
    """What `experiment.json` says of every experiment; each adds what it found."""

    experiment: str
    version: int
    state: RunState
    key: str
    settings: dict[str, Scalar]
    manifest: str | None
    manifest_fingerprint: str | None
    config: JSON
    way: Way
    machine: str
    versions: dict[str, str]
    started: str
    ended: str | None
    warnings: list[str]
    error: str | None
    runs: list[RunResult]
    files: list[str]  # the tables written beside it


class Lot(NamedTuple):
    """Models that train together: how many, and for which share of the config's tokens."""

    models: int
    share: float


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the data are, how to train, where results go, and whether models train together.

    `manifest` is None for an experiment that needs none; `out` then still holds its results.
    """

    manifest: Path | None
    config: Config
    out: Path
    stacked: bool = True
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Trial:
    """A bench whose manifest has been checked and whose config is settled."""

    bench: Bench
    manifest: Path
    sealed: Sealed
    config: Config

    @property
    def out(self) -> Path:
        """The experiment's folder."""
        return self.bench.out

    @property
    def device(self) -> str:
        """The device that saved models are asked on."""
        return chosen_device(self.config.device)

    @property
    def apart(self) -> bool:
        """Whether a document does not see the one before it."""
        return self.config.documents_apart


class Experiment(Protocol):
    """A question put to small models. Its fields are its settings; one small file each.

    A field with `metadata={"file": True}` names a file or folder: what it holds signs the result.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    needs_manifest: ClassVar[bool]

    def inputs(self) -> Mapping[str, str]:
        """Return signatures of what the settings name: other manifests, models, texts."""

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:
        """Return what it will train, from the manifest alone: for the estimate."""

    def conduct(self, bench: Bench) -> Mapping[str, JSON]:
        """Do it and return what was found, with `runs`; interrupted, the same call goes on."""


def run_experiment(experiment: Experiment, bench: Bench) -> Result:
    """Conduct an experiment and return its result, as `experiment.json` in the bench's folder holds it.

    The same call after a stop or a kill goes on where the models are; after the end it returns the result
    at once. Several processes that torchrun starts share the models out: each makes this same call.

    Raises:
        BadInputError: The settings do not fit the manifest, or the folder holds something else.
        TamperedError: A data file is missing or changed.
        InterruptedRunError: A disk failed or is full; the same call goes on once there is room.
    """
    return conducted(bench.config, lambda: _conducted(experiment, bench))


def _conducted(experiment: Experiment, bench: Bench) -> Result:
    out = bench.out
    head = _head(experiment, bench)
    _check_folder(out)
    try:
        with held_alone(out):
            earlier = read_result(out)
            if earlier is not None and earlier.get("key") != head["key"] and _begun(out):
                rule = (
                    f"holds another experiment, or this one with other settings ({earlier.get('experiment')})"
                )
                raise BadInputError(out, rule, "name another --out or remove it")
            if earlier is not None and earlier.get("key") == head["key"]:
                if earlier["state"] == "done":
                    return earlier
                head["started"] = earlier["started"]
            return _recorded(experiment, bench, head)
    except OSError as error:
        raise InterruptedRunError(
            f"{error.filename or out}: {error.strerror or error}; mend the disk and run the same command "
            "again, which goes on from the last checkpoint"
        ) from error


def _begun(out: Path) -> bool:
    """Whether there is anything to lose: what was refused before its first model may be tried otherwise."""
    earlier = read_result(out)
    return (earlier is not None and earlier.get("state") == "done") or any(out.glob("*/stack.json"))


@stoppable()
def _recorded(experiment: Experiment, bench: Bench, head: Result) -> Result:
    try:
        write_json(bench.out / RESULT, head)
        found = experiment.conduct(bench)
    except BaseException as error:
        asked_to_stop = not isinstance(error, Exception)
        state: RunState = "interrupted" if asked_to_stop else "failed"
        told = STOPPED if asked_to_stop else str(error) or type(error).__name__
        with suppress(OSError):  # where the disk is what failed, the old file stays
            write_json(bench.out / RESULT, {**head, "state": state, "ended": now(), "error": told})
        raise
    warnings = [*found.get("warnings", []), *_of_runs(found.get("runs", []))]
    result = cast("Result", {**head, "state": "done", "ended": now(), **found, "warnings": warnings})
    write_json(bench.out / RESULT, result)
    return result


def _of_runs(runs: Sequence[RunResult]) -> list[str]:
    """Say in one sentence that models have warnings of their own."""
    warned = [run for run in runs if run["warnings"]]
    if not warned:
        return []
    return [f"{len(warned)} of {len(runs)} models have warnings, the first: {warned[0]['warnings'][0]}"]


def _head(experiment: Experiment, bench: Bench) -> Result:
    """Return what is known before anything is read but the manifest."""
    sealed = None if bench.manifest is None else open_manifest(bench.manifest, bench.progress)
    if sealed is None and experiment.needs_manifest:
        raise BadInputError(experiment.name, "this experiment trains on an export", "name its manifest.json")
    trains = sealed is not None and experiment.lots(sealed.manifest)
    config = bench.config.settled(sealed.manifest) if sealed and trains else bench.config
    way: Way = "stack" if bench.stacked else "serial"
    signed = {
        "experiment": [experiment.name, experiment.version],
        "settings": settings_of(experiment, signed=True),
        "inputs": dict(experiment.inputs()),
        "manifest": sealed.fingerprint if sealed else None,
        "config": config.fingerprint(),
        "way": way,
    }
    return {
        "experiment": experiment.name,
        "version": experiment.version,
        "state": "running",
        "key": fingerprint(signed),
        "settings": settings_of(experiment),
        "manifest": str(bench.manifest.resolve()) if bench.manifest else None,
        "manifest_fingerprint": sealed.manifest.fingerprint if sealed else None,
        "config": config.model_dump(mode="json"),
        "way": way,
        "machine": machine(),
        "versions": versions(),
        "started": now(),
        "ended": None,
        "warnings": [],
        "error": None,
        "runs": [],
        "files": [],
    }


def settings_of(experiment: Experiment, *, signed: bool = False) -> dict[str, Scalar]:
    """Return the settings by name; `signed` leaves out paths, whose contents sign the result instead."""
    made: Any = experiment
    return {
        field.name: getattr(made, field.name)
        for field in fields(made)
        if not (signed and field.metadata.get("file"))
    }


def opened(bench: Bench, *, trains: bool = True) -> Trial:
    """Check the manifest's files against their hashes and, where it `trains`, settle the config."""
    assert bench.manifest is not None, "run_experiment() has asked"
    sealed = open_manifest(bench.manifest, bench.progress)
    config = bench.config.settled(sealed.manifest) if trains else bench.config
    return Trial(bench, bench.manifest, sealed, config)


def read_result(folder: Path) -> Result | None:
    """Return what `experiment.json` says, or None where no experiment has begun."""
    path = folder / RESULT
    if not path.exists():
        return None
    try:
        result: Result = read_json(path)
        if not isinstance(result, dict):
            raise TypeError
    except (ValueError, TypeError):
        raise BadInputError(path, "is no record in JSON", "remove it or name another --out") from None
    return result


def _check_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        occupied = any(not entry.name.startswith(".") for entry in out.iterdir())
    except OSError as error:
        raise BadInputError(
            out, f"is no folder to write to ({error.strerror})", "name another --out"
        ) from None
    if occupied and not (out / RESULT).exists():
        raise BadInputError(out, "is not empty and holds no experiment", "name another --out")


def worded(progress: Progress, words: str) -> Progress:
    """Return a progress that says which part of the experiment it is about."""

    def prefixed(done: int, total: int | None, message: str = "") -> None:
        progress(done, total, f"{words}, {message}" if message else words)

    return prefixed
