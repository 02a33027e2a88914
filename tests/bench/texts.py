"""The texts that benches measure on: files that the environment names, or pieces of the standard library."""

import json
import os
import sysconfig
from pathlib import Path

VARIABLE = "MIXDESK_BENCH_TEXTS"  # JSON Lines files (.zst too) with a field `text`, with colons between


def texts(count: int) -> list[str]:
    """Return up to `count` texts of each file, spread evenly over it."""
    named = [name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    return [text for name in named for text in _spread(name, count)] or _library(count)


def origin() -> str:
    """What the texts are, for the bench's first line."""
    named = [Path(name).name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    return ", ".join(named) or "pieces of the standard library"


def _spread(name: str, count: int) -> list[str]:
    import zstandard

    opened = zstandard.open if name.endswith(".zst") else open
    with opened(name, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    return [json.loads(line)["text"] for line in lines[:: max(1, len(lines) // count)][:count]]


def _library(count: int) -> list[str]:
    found: list[str] = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        source = path.read_text(encoding="utf-8", errors="replace")
        found += [source[i : i + 2000] for i in range(0, len(source), 2000)]
    return found[:count]
