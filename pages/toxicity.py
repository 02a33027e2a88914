"""Toxicity: how it is spread over the domains, and what a threshold would keep and drop; texts on request."""

import streamlit as st

from pages.parts import entry, plain, state, threshold, ways
from pages.parts.veil import TOXIC

WARNING = (
    "The documents on either side of the threshold may insult, threaten or demean. "
    "They stay hidden until you ask for them."
)

entry.through_app()
st.title("Toxicity")
st.caption("Scores come from a model and err: look at both sides before you drop anything.")
corpus = state.need_corpus("measure")
if corpus is not None:
    names = [fact.name for fact in state.signals(corpus, ("toxicity",)) if fact.is_number]
    if not names:
        st.info("Toxicity has not been scored yet: run the stage “score” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
    else:
        first = names.index("toxicity") if "toxicity" in names else 0
        column = st.selectbox("Signal", names, index=first, key="toxic_signal", bind="query-params")
        with plain.errors_shown():
            threshold.panel(
                corpus, column, side="at most", warning=WARNING, start=TOXIC if column == "toxicity" else None
            )
