"""Lists of words that the user names as files."""

from __future__ import annotations

import json
from pathlib import Path

from core.disk import file_sha256
from core.errors import BadInputError


def signed(path: str, signal: str) -> tuple[str, ...]:
    """Return the hash of the list a signal reads."""
    _check(path, signal)
    return (file_sha256(Path(path)),)


def _check(path: str, signal: str) -> None:
    if not Path(path).is_file():
        remedy = f"name a file of words: {signal}.words"
        raise BadInputError(path or f"{signal} without a list", "is no file of words", remedy)


def listed(path: str, language: str, signal: str) -> frozenset[str]:
    """Read a list: lines of text, a JSON list, or one language of a JSON object of lists."""
    _check(path, signal)
    try:
        text = Path(path).read_text(encoding="utf-8")
        found = json.loads(text) if path.endswith(".json") else text.split("\n")
    except ValueError:
        raise BadInputError(path, "is neither UTF-8 text nor JSON", "name a file of words") from None
    if isinstance(found, dict):
        if language not in found:
            raise BadInputError(
                language, f"{path} has no list of that language", f"it has: {', '.join(found)}"
            )
        found = found[language]
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise BadInputError(path, "holds no list of words", "give a word a line, or a JSON list of words")
    return frozenset(word.strip() for word in found if word.strip())
