"""The command of one run: what `python -m core train` does, where the rest of the app is not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from core.backend.record import Run


def train(
    manifest: ManifestArgument,
    out: Annotated[Path, typer.Option(help="The run's folder; an interrupted run goes on.")],
    config: ConfigOption = None,
    device: DeviceOption = None,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train one model on an export, and report the loss of every domain."""
    from core.backend.trainer import train as training

    settings = configured(config, {"device": device}, changes)
    run = training(manifest, settings, out, progress())
    show({"run": str(out), **run}, as_json, lambda: _text(out, run))


def _text(out: Path, run: Run) -> str:
    rows = [
        {"domain": domain, "loss": loss, "bits_per_byte": run["bits_per_byte"][domain]}
        for domain, loss in run["losses"].items()
    ]
    speed = run["tokens_per_second"]
    return f"{out}\n{table(rows)}" + (f"\n{speed:,.0f} tokens/s" if speed else "")
