"""Reference texts that the user names as a file, and the words that n-grams are made of."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, cast

from core.disk import file_sha256
from core.errors import BadInputError

Cut = Literal["words", "spaces"]

# A zero byte ends a word in KenLM's files, and half a surrogate pair has no place in any file: both part
# words like white space.
_NO_WORD = r"\s\x00\ud800-\udfff"
_PATTERNS = {"words": re.compile(rf"\w+|[^\w{_NO_WORD}]+"), "spaces": re.compile(rf"[^{_NO_WORD}]+")}
RESERVED = ("<unk>", "<s>", "</s>")


def cutter(cut: Cut) -> Callable[[str], list[str]]:
    """Return the function that cuts a line into words.

    `words`: lower case, then runs of word characters and runs of what is neither word nor space;
    `spaces`: what stands between white space, case and all, for models made of text cut beforehand.
    """
    found = _PATTERNS[cut].findall
    if cut == "words":
        return lambda line: found(line.lower())
    return lambda line: ["<unk>" if word in RESERVED else word for word in found(line)]


def check(path: str, setting: str) -> None:
    """Raise `BadInputError` where there is no such file; `setting` is what names it."""
    if not Path(path).is_file():
        raise BadInputError(path or setting, "is no file", f"name a file: {setting}=PATH")


def signed(path: str, setting: str) -> str:
    """Return the hash of a file's contents."""
    check(path, setting)
    return file_sha256(Path(path))


def texts(path: str, setting: str) -> Iterator[str]:
    """Yield the texts of a file in their order, streamed.

    A file of JSON objects, one a line (`.jsonl`, `.ndjson` or `.json`), gives their field `text`;
    any other file gives its lines. Either may be compressed (`.gz`, `.zst`).

    Raises:
        BadInputError: where the file is not there, is no UTF-8 or JSON, or breaks off.
    """
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    is_json = name.endswith((".jsonl", ".ndjson", ".json"))
    check(path, setting)
    number = 0
    try:
        with opened(path) as lines:
            for line in lines:
                number += 1
                text = line.decode("utf-8-sig")
                if text.strip():
                    yield _text(text) if is_json else text
    except (ValueError, OSError, EOFError, RecursionError) as error:
        broken = isinstance(error, OSError | EOFError)
        why = f"line {number + broken} cannot be read ({type(error).__name__})"
        kind = "a JSON object with a text in its field 'text'" if is_json else "UTF-8 text"
        raise BadInputError(path, why, f"each line must be {kind}") from None


def _text(line: str) -> str:
    record = json.loads(line)
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ValueError("no text")
    text: str = record["text"]
    return text


def opened(path: str) -> BinaryIO:
    """Open a file, unpacked where its name ends in `.gz` or `.zst`; one that breaks off raises."""
    if path.lower().endswith(".gz"):
        return cast("BinaryIO", gzip.open(path))
    if path.lower().endswith(".zst"):
        import pyarrow as pa

        return io.BufferedReader(pa.input_stream(path, compression="zstd"))
    return Path(path).open("rb")
