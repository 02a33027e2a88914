"""What the backend's commands share: options, progress, printing and how they end.

The backend also runs where the rest of the app is not, so it has its own copy of these few lines.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from typer._click.exceptions import ClickException  # Typer carries its own click and names no public one

from core.backend._files import write_json
from core.backend.config import Config, load_config, parse_config
from core.errors import BadInputError, MixdeskError
from core.types import JSON, Progress, silent

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ManifestArgument = Annotated[Path, typer.Argument(metavar="MANIFEST", help="The export's manifest.json.")]
ConfigOption = Annotated[Path | None, typer.Option(help="YAML; unset keys keep their defaults.")]
DeviceOption = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:N or auto.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A key of the config; goes before it.")
]
_FOLLOWS = os.environ.get("RANK", "0") != "0"  # of several processes, the first one speaks
_LAST_WORD = 1.0  # seconds that the first process is given to say what went wrong in all
_SECONDS = 0.2  # between two writes of a job's progress


def configured(file: Path | None, given: Mapping[str, object], changes: Sequence[str] | None) -> Config:
    """Return the config of a file, with the options given on the command line in its keys' places.

    Raises:
        BadInputError: A key is unknown or a value is not allowed; the line names it.
    """
    config = load_config(file)
    over = {key: value for key, value in given.items() if value is not None}
    for change in changes or ():
        key, equals, value = (part.strip() for part in change.partition("="))
        if not (key and equals and value):
            raise BadInputError(change, "a setting is KEY=VALUE", "write --set context=512")
        over[key] = value
    if not over:
        return config
    kept = {key: getattr(config, key) for key in config.model_fields_set - set(over)}
    return parse_config(json.dumps({**kept, **over}, default=str), "the options")


def progress() -> Progress:
    """Return where progress goes: the job's file, a line on the terminal, or a log of stages begun."""
    if _FOLLOWS:
        return silent
    path = os.environ.get("MIXDESK_PROGRESS")
    if path:
        return _FileProgress(Path(path))
    return _rewritten_line if sys.stderr.isatty() else _Log()


class _FileProgress:
    """Writes progress to a job's file, at most five times a second."""

    def __init__(self, path: Path) -> None:
        self._path, self._last, self._step = path, 0.0, ""
        self._began, self._first = 0.0, 0

    def __call__(self, done: int, total: int | None, message: str = "") -> None:
        now, step = time.time(), message.partition(":")[0]  # what follows a colon may change every time
        if now - self._last < _SECONDS and step == self._step and done != total:
            return
        if step != self._step or not self._last:
            self._step, self._began, self._first = step, now, done
        self._last = now
        rate = (done - self._first) / (now - self._began) if now > self._began else 0.0
        with suppress(OSError):  # a job whose progress cannot be told goes on
            write_json(self._path, {"done": done, "total": total, "message": message, "rate": rate})


def _rewritten_line(done: int, total: int | None, message: str = "") -> None:
    share = f"{done / total:4.0%}" if total else f"{done:,}"
    sys.stderr.write(f"\r\033[K{_printable(message)} {share}" + ("\n" if done == total else ""))
    sys.stderr.flush()


class _Log:
    """Writes each step once, when it is new."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, done: int, total: int | None, message: str = "") -> None:  # noqa: ARG002 a Progress
        step = message.partition(":")[0]
        if step and step != self._last:
            self._last = step
            sys.stderr.write(f"{_printable(step)}\n")
            sys.stderr.flush()


def show(value: JSON, as_json: bool, people: Callable[[], str] | None = None) -> None:
    """Print a result: one JSON object, or what `people` makes of it for reading."""
    if _FOLLOWS:
        return
    if as_json or people is None:
        text = json.dumps(value, ensure_ascii=False, indent=None if as_json else 1, default=str)
    else:
        text = people()
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Lay records out for people: text to the left, numbers to the right."""
    if not rows:
        return "(none)"
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]
    right = [any(isinstance(row.get(name), int | float) for row in rows) for name in names]

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
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)


def ended(app: typer.Typer) -> None:
    """Run the commands and leave: status 0, 2 for bad input in one line, 1 for the rest, 130 if stopped."""
    try:
        status = app(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except ClickException as error:
        sys.stderr.write(f"error: {' '.join(error.format_message().split())}; see --help\n")
        sys.exit(error.exit_code)
    except MixdeskError as error:
        if _FOLLOWS:
            time.sleep(_LAST_WORD)  # torchrun ends all as soon as one has ended
        else:
            sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_status)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
