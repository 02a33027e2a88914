"""What a run leaves for people and pages: `run.json`, whole at any moment, and `metrics.jsonl`."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypedDict

from core.backend._files import read_json, write_json, written_aside
from core.backend.training.measures import Measures
from core.errors import BadInputError
from core.types import JSON

RunState = Literal["running", "done", "failed", "interrupted"]


class RunDomain(TypedDict):
    """One domain's part in a run; tokens are those of the run's own tokenizer."""

    weight: float  # over the whole run, stages taken together
    tokens_planned: float
    tokens_drawn: int
    epochs: float
    train_tokens: int  # there are
    train_documents: int
    validation_tokens: int  # evaluated
    validation_documents: int


class Metrics(TypedDict):
    """One line of `metrics.jsonl`: the state after `step` steps. Losses are nats a token."""

    step: int
    tokens: int
    train_loss: float | None  # the mean since the last line; None before the first step
    losses: dict[str, float]
    bits_per_byte: dict[str, float]
    learning_rate: float
    tokens_per_second: float | None
    seconds: float
    measures: Measures  # of the whole stack


class Run(TypedDict, total=False):
    """The contents of `run.json`. `first_losses` are from before the first step."""

    state: RunState
    key: str
    manifest: str
    name: str
    manifest_fingerprint: str
    corpus: str
    corpus_fingerprint: str
    mixture: JSON
    config: JSON
    device: str
    precision: str  # of the matrix products: fp32 or bf16
    machine: str
    processes: int  # that trained together; 1 where it is left out
    parallel: str  # how: ddp or fsdp
    member: str  # its name in a stack; a run that stands alone has none
    stack: int  # the models that train together
    data: str  # the folder of its tokenizer and tokens, and below the checkpoint, from its own
    checkpoint: str
    checkpoint_key: str
    trunk: str | None  # the folder that it started from
    first_step: int  # 0, or the trunk's
    order: JSON  # what decides its windows
    versions: dict[str, str]
    process: int
    started: str
    ended: str | None
    step: int
    steps: int
    tokens: int
    parameters: dict[str, int]
    vocabulary: int
    domains: dict[str, RunDomain]
    validation: dict[str, JSON]
    train_loss: float | None
    first_losses: dict[str, float]
    losses: dict[str, float]
    bits_per_byte: dict[str, float]
    tokens_per_second: float | None
    seconds: float
    measures: Measures
    measured: dict[str, str]  # where a measure comes from, or why there is none
    warnings: list[str]
    error: str | None


def now() -> str:
    """Return the time, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine() -> str:
    """Name this machine's processor and cores."""
    name = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{name}, {len(os.sched_getaffinity(0))} cores, {platform.system()}"


def versions() -> dict[str, str]:
    """Return the versions of what decides the losses."""
    packages = ("torch", "tokenizers", "numpy", "safetensors")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def write_run(folder: Path, run: Run) -> None:
    """Replace `run.json` in one step."""
    write_json(folder / "run.json", run)


def read_run(folder: Path) -> Run | None:
    """Return what `run.json` says, or None where no run has begun."""
    path = folder / "run.json"
    if not path.exists():
        return None
    try:
        run: Run = read_json(path)
        if not isinstance(run, dict):
            raise TypeError
    except (ValueError, TypeError):
        raise BadInputError(path, "is no record in JSON", "remove it or name another --out") from None
    return run


def read_metrics(folder: Path) -> list[Metrics]:
    """Return the lines written so far; a last one that a kill cut short is left out."""
    path = folder / "metrics.jsonl"
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def append_metrics(folder: Path, line: Metrics) -> None:
    """Add one line and see it to the disk: a checkpoint written later must not be ahead of it."""
    with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def rewind_metrics(folder: Path, step: int) -> list[Metrics]:
    """Drop the lines after `step`, which the resumed run writes again, and return those before."""
    kept = [line for line in read_metrics(folder) if line["step"] <= step]
    with written_aside(folder / "metrics.jsonl") as aside:
        aside.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in kept), encoding="utf-8")
    return kept
