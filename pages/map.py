"""Map: the documents by meaning; a lasso leads to a list of documents, and the list to one of them."""

import streamlit as st

from pages.parts import card, clusters, entry, plain, scatter, state, table

entry.through_app()
st.title("Map")
corpus = state.need_corpus("map")
if corpus is not None and state.need_columns(corpus, ("x", "y"), "cluster"):
    with plain.errors_shown():
        names = scatter.colours(corpus)
        colour = st.selectbox("Colour by", names, key="colour", bind="query-params")
        left, right = st.columns([3, 1])
        with right:
            chosen = clusters.choose(corpus)
        if clusters.is_new(chosen) and scatter.is_selected():
            scatter.clear()  # what was chosen last counts
        with left:
            rows = scatter.points(corpus, colour, chosen)
        if rows is None and chosen is not None:
            rows = chosen
        if rows is None:
            st.info("Draw a lasso or a box around points, or choose a cluster, to list its documents here.")
        else:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.subheader(f"{len(rows):,} documents selected")
                ids = clusters.ids_csv(corpus, rows)
                st.download_button(
                    "Ids as CSV", ids, f"{corpus.name}-selected.csv", "text/csv", on_click="ignore"
                )
                if st.button("Clear", icon=":material/close:", shortcut="Esc"):
                    clusters.clear()
                    scatter.clear()
                    st.rerun()
            row = table.paged(corpus, rows, clusters.list_key(rows))
            if row is not None:
                card.document(corpus, row, "map.card")
