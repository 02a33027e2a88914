"""The way into a page: always through app.py, which sets the theme, the navigation and the job bar."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def through_app() -> None:
    """Start again through app.py where a link to this page was the server's very first request.

    Until `st.navigation` has run once, Streamlit takes the folder `pages/` for an older kind of app and
    runs a page by itself, under a menu of file names.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
