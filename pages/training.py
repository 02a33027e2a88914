"""Training: runs with their losses by domain as they fall, side by side; and starting one."""

import streamlit as st

from pages.parts import entry, plain, runs

entry.through_app()
st.title("Training")
st.caption("Small models trained on exports: what a mixture does to the loss of every domain.")
with plain.errors_shown():
    runs.board()
with st.expander("Train on an export", icon=":material/play_circle:", expanded=not runs.found()):
    runs.start()
