"""Quality: how signals are spread over the domains, what thresholds and published rules keep and drop."""

import streamlit as st

from core.types import Corpus
from pages.parts import entry, filters, own_columns, presets, signals, state, tabs, threshold, ways

FIRST = "Threshold"


def one(corpus: Corpus) -> None:
    """Draw a threshold on a signal, and the way to bring one's own."""
    found = state.signals(corpus, ("quality", "language", "risk", "other"))
    own = state.signals(corpus, (None,))
    names = [fact.name for fact in found] + ["tokens"] + [fact.name for fact in own]
    first = names.index("word_count") if "word_count" in names else 0
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    column = left.selectbox("Signal", names, index=first, key="signal", bind="query-params")
    with right.popover("Your own", icon=":material/add:"):
        own_columns.panel(corpus)
    threshold.panel(corpus, column)


def every(corpus: Corpus) -> None:
    """Draw all signals small, each a way to its threshold."""
    signals.multiples(corpus, "signal", "quality", FIRST)


entry.through_app()
st.title("Quality")
st.caption("Choose a signal, set a threshold, look at both sides of it, and send it to the desk as a filter.")
corpus = state.need_corpus("measure")
if corpus is not None:
    if not state.signals(corpus, ("quality", "language", "risk", "other")):
        st.info("No signal has been computed yet: run the stage “score” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
    panels = {
        FIRST: one,
        "Filters together": filters.panel,
        "Published rules": presets.panel,
        "All signals": every,
        "Correlation": signals.together,
    }
    tabs.draw(panels, "quality", corpus)
