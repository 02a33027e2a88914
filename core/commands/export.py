"""The commands of exports: write one for a trainer, and check what a trainer draws from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core.commands._mixture import prepare
from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    progress,
    read_mixture,
    settings_from,
    show,
    table,
    workspace_at,
)

NEAR = 0.01  # shares may differ by that much and be said to agree


def export(
    spec: Annotated[str, typer.Argument(metavar="SPEC.yaml", help="The mixture.")],
    format_: Annotated[
        str, typer.Option("--format", help="jsonl, parquet, huggingface, megatron …")
    ] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="Folder; default: in the workspace.")] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="A tokenizer.json; default: the one that counts a corpus's tokens.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting of the format, like sequence_length=4096."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--verify", help="Then read it as the trainer does; print the shares obtained.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the data and the configuration for a trainer, sealed by a manifest."""
    from core import export as exporting

    home, settings = workspace_at(workspace), settings_from(change, "sequence_length=4096")
    if tokenizer is not None:
        settings["tokenizer"] = str(tokenizer)
    mixture = read_mixture(home, spec)
    prepare(home, mixture)
    folder = out or home.exports / f"{mixture.name}-{format_}"
    manifest = exporting.export(home, mixture, format_, folder, progress=progress(), settings=settings)
    value: dict[str, object] = {
        "manifest": str(folder / "manifest.json"),
        "fingerprint": manifest.fingerprint,
        "files": [file.model_dump() for file in manifest.files],
    }
    told = f"{folder / 'manifest.json'}\nfingerprint {manifest.fingerprint}"
    if check:
        shares = exporting.verify(folder, progress())
        value["verify"] = shares
        told += f"\n{_text(shares)}"
    show(value, as_json, lambda: told)


def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="An export's folder, or its manifest.json.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Read an export as its trainer does: each domain's share of tokens, asked and obtained."""
    from core import export as exporting

    shares = exporting.verify(folder.parent if folder.is_file() else folder, progress())
    show({"verify": shares}, as_json, lambda: _text(shares))


def _text(shares: Mapping[str, Mapping[str, float]]) -> str:
    rows: list[Mapping[str, object]] = [
        {"domain": domain, "asked": f"{pair['asked']:.2%}", "obtained": f"{pair['obtained']:.2%}"}
        for domain, pair in shares.items()
    ]
    far = [domain for domain, pair in shares.items() if abs(pair["asked"] - pair["obtained"]) > NEAR]
    told = f"warning: more than 1 % apart: {', '.join(far)}" if far else "all within 1 %"
    return f"{table(rows)}\n{told}"
