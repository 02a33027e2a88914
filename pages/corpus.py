"""Corpus: what has been loaded and what was refused, the documents, and the stages that prepare them."""

import streamlit as st

from pages.parts import card, entry, loading, overview, plain, stages, state

entry.through_app()
st.title("Corpus")
corpus = state.choose_corpus()
if corpus is None:
    st.info(
        "This workspace is empty. Build the demo corpus from what is on this machine (a few minutes), "
        "or load your own files below. Then look at the map."
    )
    loading.demo_button()
    loading.panel()
else:
    overview.corpora(state.workspace())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain.markdown(corpus.name))
        overview.deletion(corpus)
    overview.numbers(corpus)
    browse, domains, refused, prepare, load = st.tabs(
        ["Documents", "Domains", "Refused", "Prepare", "Load another"], key="corpus_tab", bind="query-params"
    )
    if browse.open:
        with browse, plain.errors_shown():
            row = overview.documents(corpus)
            if row is not None:
                card.document(corpus, row, "corpus.card")
    if domains.open:
        with domains:
            overview.domains(corpus)
    if refused.open:
        with refused:
            overview.refused(state.workspace(), corpus)
    if prepare.open:
        with prepare:
            stages.panel(corpus)
    if load.open:
        with load:
            loading.panel()
            loading.demo_button()
