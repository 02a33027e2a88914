"""The process in which a person's Python file runs; it imports nothing of ours and answers over a pipe.

Started as ``python -P child.py READ WRITE BYTES``: two pipes, and the most memory that it may fill. A message
is 8 bytes of length and one JSON value. The first message names the file and the hash it must have; each
further one is a list of texts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import resource
import signal
import sys
import threading
import time
import traceback
import types
from pathlib import Path
from typing import Any, BinaryIO

PARENT_SECONDS = 1.0  # between looks at the parent
LARGEST = 2**63


class WrongAnswerError(Exception):
    """What `score` returned cannot be a column; its words hold no value of the answer."""


def main() -> None:
    """Load the file, then score every list of texts that comes, until the parent closes its end."""
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    for pipe in sys.argv[1:3]:
        os.set_inheritable(int(pipe), False)
    resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[3]), int(sys.argv[3])))  # its children inherit it
    with os.fdopen(int(sys.argv[1]), "rb") as requests, os.fdopen(int(sys.argv[2]), "wb") as replies:
        asked = _receive(requests)
        _send(replies, {"ready": True})
        module = types.ModuleType(f"own_signal_{asked['name']}") if asked else None
        while asked is not None and module is not None:
            try:
                reply = _load(module, asked) if isinstance(asked, dict) else _scored(module, asked)
            except BaseException as error:
                reply = _failure(error, getattr(module, "__file__", ""))
            with contextlib.suppress(AttributeError, OSError, ValueError):  # the file may have put it away
                sys.stdout.flush()  # so that the parent sees what was printed before it sees the answer
            _send(replies, reply)
            asked = _receive(requests)


def _leave_with(parent: int) -> None:
    """End this process and its children soon after the parent is gone."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os.killpg(0, signal.SIGKILL)


def _receive(stream: BinaryIO) -> Any:
    size = stream.read(8)
    return json.loads(stream.read(int.from_bytes(size, "big"))) if size else None


def _send(stream: BinaryIO, value: object) -> None:
    data = json.dumps(value, allow_nan=False).encode()
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def _load(module: types.ModuleType, asked: dict[str, str]) -> dict[str, object]:
    """Run the file's bytes if they are those that were allowed: hashed and compiled from one reading."""
    path = Path(asked["path"])
    code = path.read_bytes()
    if hashlib.sha256(code).hexdigest() != asked["sha256"]:
        return {"wrong": "was edited after it was allowed"}
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(code, str(path), "exec"), module.__dict__)  # noqa: S102 its user allowed this very file
    if not callable(getattr(module, "score", None)):
        return {"wrong": "has no function 'score'"}
    return {"loaded": True}


def _failure(error: BaseException, path: str) -> dict[str, object]:
    """Say what was raised and where; an exception's own words may hold text, so they stay out."""
    if isinstance(error, WrongAnswerError):
        return {"wrong": str(error)}
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    return {"error": type(error).__name__, "line": line}


def _scored(module: types.ModuleType, texts: list[str]) -> dict[str, object]:
    found = module.score(texts)
    columns = found if isinstance(found, dict) else {"": found}
    if not columns:
        raise WrongAnswerError("gave no column")
    if isinstance(found, dict) and not all(isinstance(name, str) and name for name in found):
        raise WrongAnswerError("gave a column whose name is no text, or empty")
    return {"columns": {name: _values(values, len(texts)) for name, values in columns.items()}}


def _values(values: Any, num_texts: int) -> dict[str, object]:
    """Return a column's type and its plain values, or raise `WrongAnswerError`."""
    if hasattr(values, "ndim") and hasattr(values, "tolist"):  # NumPy's, pandas' and PyTorch's arrays
        if values.ndim != 1:
            raise WrongAnswerError(f"gave an array of {values.ndim} dimensions, not one value a text")
        values = values.tolist()
    if not isinstance(values, list | tuple):
        raise WrongAnswerError(f"gave {_type(values)}, not a list, an array or a dict of them")
    if len(values) != num_texts:
        raise WrongAnswerError(f"gave {len(values)} values for {num_texts} texts")
    plain = [_plain(value) for value in values]
    kinds = {type(value).__name__ for value in plain if value is not None}
    if kinds == {"int", "float"}:
        plain, kinds = [None if v is None else float(v) for v in plain], {"float"}
    if len(kinds) > 1:
        raise WrongAnswerError(f"mixes {' and '.join(sorted(kinds))} in one column")
    return {"type": kinds.pop() if kinds else None, "values": plain}


def _plain(value: Any) -> bool | int | float | str | None:
    """Return the value as plain Python; what is not finite, or missing, is None."""
    if value is None or type(value).__name__ == "NAType":  # pandas' word for missing
        return None
    if not isinstance(value, bool | int | float | str) and getattr(value, "ndim", None) == 0:
        value = value.item()  # NumPy's scalars, and tensors of one number
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int):
        if not -LARGEST <= value < LARGEST:
            raise WrongAnswerError("gave a whole number beyond 64 bits")
        return int(value)
    raise WrongAnswerError(f"gave {_type(value)}, not a number, a text, true or false")


def _type(value: object) -> str:
    return f"a value of type {type(value).__name__}"


if __name__ == "__main__":
    main()
