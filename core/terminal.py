"""What the commands share: their options, progress on a terminal, and printing for people or as JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import BadInputError, NotFoundError
from core.types import JSON, Progress

if TYPE_CHECKING:
    from core.types import Mixture
    from core.workspace import Workspace

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", envvar="MIXDESK_WORKSPACE", help="Folder that holds everything.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same result.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: all cores.")]
DEFAULT_WORKSPACE = Path("workspace")


def workspace_at(folder: Path) -> Workspace:
    """Open the workspace in a folder; it is made where it is not there."""
    from core.workspace import Workspace

    return Workspace(folder)


def read_mixture(home: Workspace, spec: str) -> Mixture:
    """Read a mixture from a file, or one saved in the workspace by its name."""
    from core.types import parse_mixture

    path = Path(spec)
    if path.suffix in (".yaml", ".yml", ".json") or path.exists():
        try:
            return parse_mixture(path.read_text(encoding="utf-8"), spec)
        except (OSError, UnicodeDecodeError) as error:
            raise NotFoundError(spec, f"cannot be read ({error})", "give the path of a mixture") from None
    return home.mixture(spec)


def settings_from(changes: Sequence[str] | None, example: str) -> dict[str, str | None]:
    """Read the `--set KEY=VALUE` options of a command; `none` as a value is None.

    Raises:
        BadInputError: for what is no KEY=VALUE, with `example` as the remedy.
    """
    found: dict[str, str | None] = {}
    for change in changes or ():
        key, equals, value = (part.strip() for part in change.partition("="))
        if not (key and equals and value):
            raise BadInputError(change, "a setting is KEY=VALUE", f"write --set {example}")
        found[key] = None if value.lower() == "none" else value
    return found


def progress() -> Progress:
    """Return where progress goes: the job's file, a line on the terminal, or a log of stages begun."""
    path = os.environ.get("MIXDESK_PROGRESS")
    if path:
        from core.jobs import FileProgress

        return FileProgress(Path(path))
    return _rewritten_line if sys.stderr.isatty() else _Log()


def _rewritten_line(done: int, total: int | None, message: str = "") -> None:
    share = f"{done / total:4.0%}" if total else f"{done:,}"
    sys.stderr.write(f"\r\033[K{_printable(message)} {share}" + ("\n" if done == total else ""))
    sys.stderr.flush()


class _Log:
    """Writes each message once, when it is new."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, done: int, total: int | None, message: str = "") -> None:  # noqa: ARG002 a Progress
        if message and message != self._last:
            self._last = message
            sys.stderr.write(f"{_printable(message)}\n")
            sys.stderr.flush()


def show(value: JSON, as_json: bool, people: Callable[[], str] | None = None) -> None:
    """Print a result: one JSON object, or what `people` makes of it for reading."""
    if as_json or people is None:
        print(json.dumps(value, ensure_ascii=False, default=_plain, indent=None if as_json else 1))
    else:
        print(people())


def _plain(value: object) -> JSON:
    """What JSON has no word for: NumPy's numbers, paths, dates."""
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Lay records out for people: text to the left, numbers to the right."""
    if not rows:
        return "(none)"
    names = list(rows[0])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]
    right = [isinstance(rows[0].get(name), int | float) for name in names]

    def line(values: list[str]) -> str:
        padded = zip(values, widths, right, strict=True)
        return "  ".join(v.rjust(w) if r else v.ljust(w) for v, w, r in padded).rstrip()

    return "\n".join([line(names), *(line(row) for row in cells)])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _printable(" ".join(str(value).split()))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _printable(text: str) -> str:
    """Without control characters: a document's words must not steer the terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)
