"""Training: runs with their losses by domain as they fall, side by side; experiments; and starting both."""

import streamlit as st

from pages.parts import entry, experiments, plain, runs, singles, tabs


def trained() -> None:
    """Draw the runs, and the form that starts one."""
    with plain.errors_shown():
        runs.board()
    with st.expander("Train on an export", icon=":material/play_circle:", expanded=not runs.found()):
        runs.start()


def asked() -> None:
    """Draw the experiments, and the form that starts one."""
    with plain.errors_shown():
        experiments.board()
    with st.expander("Ask by an experiment", icon=":material/science:", expanded=not experiments.found()):
        experiments.start()


def read() -> None:
    """Draw what a run makes of single documents."""
    with plain.errors_shown():
        singles.panel(runs.found())


entry.through_app()
st.title("Training")
st.caption("Small models trained on exports: what a mixture does to the loss of every domain.")
tabs.draw({"Runs": trained, "Experiments": asked, "Documents": read}, "training")
