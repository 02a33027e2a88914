"""Quality: how signals are spread over the domains, what thresholds and published rules keep and drop."""

import streamlit as st

from pages.parts import entry, filters, own_columns, plain, presets, signals, state, threshold, ways

TABS = ["Threshold", "Filters together", "Published rules", "All signals", "Correlation"]

entry.through_app()
st.title("Quality")
st.caption("Choose a signal, set a threshold, look at both sides of it, and send it to the desk as a filter.")
corpus = state.need_corpus("measure")
if corpus is not None:
    found = state.signals(corpus, ("quality", "language", "risk", "other"))
    own = state.signals(corpus, (None,))
    if not found:
        st.info("No signal has been computed yet: run the stage “score” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
    one, chain, rules, every, pairs = st.tabs(TABS, key="quality", bind="query-params")
    if one.open:
        with one, plain.errors_shown():
            names = [fact.name for fact in found] + ["tokens"] + [fact.name for fact in own]
            first = names.index("word_count") if "word_count" in names else 0
            left, right = st.columns([5, 1], vertical_alignment="bottom")
            column = left.selectbox("Signal", names, index=first, key="signal", bind="query-params")
            with right.popover("Your own", icon=":material/add:"):
                own_columns.panel(corpus)
            threshold.panel(corpus, column)
    if chain.open:
        with chain, plain.errors_shown():
            filters.panel(corpus)
    if rules.open:
        with rules, plain.errors_shown():
            presets.panel(corpus)
    if every.open:
        with every, plain.errors_shown():
            signals.multiples(corpus, "signal", "quality", TABS[0])
    if pairs.open:
        with pairs, plain.errors_shown():
            signals.together(corpus)
