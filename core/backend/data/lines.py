"""One line of JSON Lines from anybody: an object, or nothing that can be read."""

from __future__ import annotations

import json

from core.types import JSON


def json_object(line: bytes) -> dict[str, JSON]:
    """Return the line's object; an empty one where it is none, cannot be decoded or is nested without end."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def sound(text: str) -> str:
    """Return the text with a question mark for half a surrogate pair, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
