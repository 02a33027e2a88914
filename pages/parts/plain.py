"""Other people's words where Streamlit or plotly would read markup: escaped, so that they stay words."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import MixdeskError

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^@/])")


def markdown(text: object, limit: int = 300) -> str:
    """Return the text such that Markdown shows it letter by letter, on one line."""
    words = " ".join(str(text).split())
    words = words if len(words) <= limit else words[: limit - 1] + "…"
    return _MARKUP.sub(r"\\\1", words)


def plotly(text: object, limit: int = 60) -> str:
    """Return the text such that plotly, which reads some HTML, shows it letter by letter, on one line."""
    words = " ".join(str(text).split())
    return html.escape(words if len(words) <= limit else words[: limit - 1] + "…", quote=False)


def labels(names: Iterable[str], limit: int = 32) -> dict[str, str]:
    """Return each name as plotly shows it, no two alike, since plotly takes what is alike for one.

    Names that would be alike when cut keep their ends, too; those still alike get a number.
    """
    known = list(dict.fromkeys(names))
    cut = {name: plotly(name, limit) for name in known}
    often = Counter(cut.values())
    for name in known:
        if often[cut[name]] > 1:
            cut[name] = plotly(f"{name[: limit // 2 - 1].strip()}…{name[-limit // 2 :].strip()}", limit)
    seen: Counter[str] = Counter()
    for name, label in cut.items():
        seen[label] += 1
        cut[name] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return cut


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error of ours where it happened and leave the rest of the page standing."""
    try:
        yield
    except MixdeskError as error:
        st.error(markdown(error, 600), icon=":material/error:")
