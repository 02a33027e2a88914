"""A screen's tabs: only the one that is open is computed, and the address names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.types import Corpus
from pages.parts import plain


def draw(panels: Mapping[str, Callable[..., None]], key: str, *given: Corpus) -> None:
    """Draw a tab for each panel; `key` is the tabs' key and their name in the address, `given` the panels'."""
    tabs = st.tabs(list(panels), key=key, bind="query-params")
    for tab, panel in zip(tabs, panels.values(), strict=True):
        if tab.open:
            with tab, plain.errors_shown():
                panel(*given)
