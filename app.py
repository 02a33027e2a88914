"""Mixdesk in a browser: the pages, and the jobs that run, on every one of them."""

import streamlit as st

from pages.parts import mark, progress

st.set_page_config(page_title="Mixdesk", page_icon=mark.ICON, layout="wide")
st.logo(mark.LOGO)
page = st.navigation(
    {
        "See": [
            st.Page("pages/corpus.py", title="Corpus", icon=":material/database:", default=True),
            st.Page("pages/map.py", title="Map", icon=":material/scatter_plot:"),
        ],
        "Measure": [
            st.Page("pages/quality.py", title="Quality", icon=":material/verified:"),
            st.Page("pages/toxicity.py", title="Toxicity", icon=":material/warning:"),
            st.Page("pages/diversity.py", title="Diversity", icon=":material/diversity_2:"),
        ],
        "Mix": [
            st.Page("pages/mixture.py", title="Mixture", icon=":material/tune:"),
            st.Page("pages/training.py", title="Training", icon=":material/model_training:"),
            st.Page("pages/jobs.py", title="Jobs", icon=":material/pending_actions:"),
        ],
    }
)
page.run()
progress.sidebar()
