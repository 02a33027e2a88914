"""Jobs: long work as it runs, with cancel, resume and the log."""

import streamlit as st

from pages.parts import entry, plain, progress, state

entry.through_app()
st.title("Jobs")
jobs = state.jobs()
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.caption("Jobs go on when this page is closed. A stopped job resumes from the parts it has finished.")
    limit = st.number_input("Jobs at a time", 1, 64, value=jobs.limit, width=150)
if limit != jobs.limit:
    with plain.errors_shown():
        jobs.limit = limit
progress.board()
