"""Ways from one page to another; a page that runs alone has nowhere to go and says nothing."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitAPIException


def link(page: str, label: str, icon: str) -> None:
    """Draw a link to `pages/PAGE.py`, where the app has that page."""
    try:
        st.page_link(f"pages/{page}.py", label=label, icon=icon)
    except StreamlitAPIException:
        st.caption(label)
