"""Toxicity and risk: thresholds, dimensions, borderline documents, calibration; personal data, licences, tests."""

import streamlit as st

from core.types import Corpus
from pages.parts import (
    borderline,
    dimensions,
    entry,
    policies,
    reliability,
    risk,
    state,
    tabs,
    threshold,
    ways,
)
from pages.parts.veil import TOXIC

WARNING = (
    "The documents on either side of the threshold may insult, threaten or demean. "
    "They stay hidden until you ask for them."
)


def toxicity(corpus: Corpus) -> None:
    """Draw a threshold on a toxicity score; the texts on request."""
    st.caption("Scores come from a model and err: look at both sides before you drop anything.")
    names = dimensions.names(corpus)
    if not names:
        st.info("Toxicity has not been scored yet: run the stage “score” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox("Signal", names, key="toxic_signal", bind="query-params")
        dimensions.map_link(corpus, column)
    start = TOXIC if column == "toxicity" else None
    threshold.panel(corpus, column, side="at most", warning=WARNING, start=start)


entry.through_app()
st.title("Toxicity")
corpus = state.need_corpus("measure")
if corpus is not None:
    panels = {
        "Toxicity": toxicity,
        "Dimensions": dimensions.panel,
        "Policy": policies.panel,
        "Borderline": borderline.panel,
        "Calibration": reliability.panel,
        "Personal data": risk.personal,
        "Licences": risk.licences,
        "Evaluation data": risk.overlap,
    }
    tabs.draw(panels, "risk", corpus)
