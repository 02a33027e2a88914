"""What exporters write beside their data: configuration as YAML or JSON, and how the weights were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from core import disk
from core.types import JSON

NOTES = "TRAINER.md"


def write_yaml(path: Path, value: JSON) -> None:
    """Write a configuration, keys in their own order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    disk.write_text(path, yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110))


def read_yaml(path: Path) -> JSON:
    """Read a configuration that `write_yaml` wrote, or that a person has changed since."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def write_notes(
    folder: Path, trainer: str, paragraphs: Sequence[str], weights: Mapping[str, tuple[float, float]]
) -> None:
    """Write `TRAINER.md`: how to start the trainer, and each domain's share of tokens beside its own unit."""
    rows = [
        f"| {code(domain)} | {share:.6f} | {own:.6f} |" for domain, (share, own) in sorted(weights.items())
    ]
    table = "\n".join(["| domain | share of tokens | weight written |", "| --- | --- | --- |", *rows])
    disk.write_text(folder / NOTES, "\n\n".join([f"# For {trainer}", *paragraphs, table]) + "\n")


def code(text: str) -> str:
    """Return a name that came with the data as Markdown code: it never acts as markup."""
    plain = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    return "`" + plain.replace("`", "'").replace("|", "\\|") + "`"
