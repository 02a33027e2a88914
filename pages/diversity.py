"""Diversity: how varied the domains are, what that costs, and how much stands in the corpus more than once."""

import streamlit as st

from pages.parts import containment, copies, entry, price, redundancy, repeated, state, tabs, variety

entry.through_app()
st.title("Diversity")
corpus = state.need_corpus("measure")
if corpus is not None:
    panels = {
        "Metrics": variety.panel,
        "Price of quality": price.panel,
        "Redundancy": redundancy.panel,
        "Copies": copies.panel,
        "Containment": containment.panel,
        "Repeats": repeated.panel,
    }
    tabs.draw(panels, "diversity", corpus)
