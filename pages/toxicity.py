"""Toxicity and risk: what a toxicity threshold keeps and drops, personal data, licences, evaluation data."""

import streamlit as st

from core.types import Corpus
from pages.parts import entry, plain, risk, state, threshold, ways
from pages.parts.veil import TOXIC

WARNING = (
    "The documents on either side of the threshold may insult, threaten or demean. "
    "They stay hidden until you ask for them."
)


def toxicity(corpus: Corpus) -> None:
    """Draw a threshold on a toxicity score; the texts on request."""
    st.caption("Scores come from a model and err: look at both sides before you drop anything.")
    names = [fact.name for fact in state.signals(corpus, ("toxicity",)) if fact.is_number]
    if not names:
        st.info("Toxicity has not been scored yet: run the stage “score” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
        return
    first = names.index("toxicity") if "toxicity" in names else 0
    column = st.selectbox("Signal", names, index=first, key="toxic_signal", bind="query-params")
    start = TOXIC if column == "toxicity" else None
    threshold.panel(corpus, column, side="at most", warning=WARNING, start=start)


entry.through_app()
st.title("Toxicity")
corpus = state.need_corpus("measure")
if corpus is not None:
    panels = {
        "Toxicity": toxicity,
        "Personal data": risk.personal,
        "Licences": risk.licences,
        "Evaluation data": risk.overlap,
    }
    for tab, draw in zip(
        st.tabs(list(panels), key="risk", bind="query-params"), panels.values(), strict=True
    ):
        if tab.open:
            with tab, plain.errors_shown():
                draw(corpus)
