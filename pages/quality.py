"""Quality: how a signal is spread over the domains, and what a threshold on it would keep and drop."""

import streamlit as st

from pages.parts import entry, plain, state, threshold, ways

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
    names = [fact.name for fact in found] + ["tokens"] + [fact.name for fact in own]
    first = names.index("word_count") if "word_count" in names else 0
    column = st.selectbox("Signal", names, index=first, key="signal", bind="query-params")
    with plain.errors_shown():
        threshold.panel(corpus, column)
