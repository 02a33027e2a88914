"""Other people's words where Streamlit or plotly would read markup: escaped, so that they stay words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
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


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error of ours where it happened and leave the rest of the page standing."""
    try:
        yield
    except MixdeskError as error:
        st.error(markdown(error, 600), icon=":material/error:")
