"""Diversity: how varied the domains are, which documents are copies, and what leaving copies out would do."""

import streamlit as st

from pages.parts import copies, entry, plain, state, variety

entry.through_app()
st.title("Diversity")
corpus = state.need_corpus("measure")
if corpus is not None:
    measured, alike = st.tabs(["Metrics", "Copies"], key="diversity", bind="query-params")
    if measured.open:
        with measured, plain.errors_shown():
            variety.metrics(corpus)
    if alike.open:
        with alike, plain.errors_shown():
            copies.panel(corpus)
