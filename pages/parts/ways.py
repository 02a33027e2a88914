"""Ways from one page to another; a page that runs alone has nowhere to go and says nothing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.errors import StreamlitAPIException


def link(page: str, label: str, icon: str, query: Mapping[str, str] | None = None) -> None:
    """Draw a link to `pages/PAGE.py`, opened with a query, where the app has that page."""
    try:
        st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params=dict(query or {}))
    except StreamlitAPIException:
        st.caption(label)
