"""What a run says of single documents: asking it, taking the answers beside the corpus, their means, the map.

Owns the session keys that begin with `singles.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from core.backend import Run
from core.take import FILES, run_label
from core.types import Corpus
from pages.parts import plain, progress, state, table, ways

MODES = {"dot": "step (TracIn)", "cosine": "direction alone", "less": "Adam's step (LESS)"}
WHOLE = st.column_config.NumberColumn(format="localized")
WORDS = {
    "loss": "loss (nats a token)",
    "bits_per_byte": "bits per byte",
    "el2n": "EL2N",
    "influence": "influence",
}
COLUMNS = {
    "documents": WHOLE,
    "tokens": WHOLE,
    **{name: st.column_config.NumberColumn(label, format="%.4f") for name, label in WORDS.items()},
}


def panel(listed: Mapping[str, Run]) -> None:
    """Draw the choice of a finished run, what to ask it, and what has come of it."""
    done = [name for name, run in listed.items() if run["state"] == "done"]
    if not done:
        st.info("A run that has come to its end can be asked what it makes of every document.")
        return
    name = st.selectbox("Run", done, key=f"singles.run.{len(done)}")
    run, folder = listed[name], state.workspace().runs / name
    corpus = _corpus(run)
    if corpus is None:
        st.warning(f"Its corpus, {plain.markdown(run['corpus'])}, is not in this workspace any more.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button("Losses of every document", icon=":material/functions:", key="singles.losses"):
            _ask(["documents", str(folder)], f"losses by document of {name}", folder, corpus)
        _influence(run, folder, corpus)
        there = any((folder / file).exists() for file in FILES)
        if st.button("Take again", icon=":material/sync:", key="singles.take", disabled=not there):
            progress.submit(["take", corpus.name, str(folder)], f"take {name}")
            st.rerun(scope="app")
    _means(corpus, folder)


def _corpus(run: Run) -> Corpus | None:
    home = state.workspace()
    return home.corpus(run["corpus"]) if run["corpus"] in home.corpora() else None


def _ask(command: list[str], title: str, folder: Path, corpus: Corpus) -> None:
    """Queue the question, and behind it the taking of the answers."""
    job = progress.submit(["backend", *command], title)
    progress.submit(["take", corpus.name, str(folder)], f"take {folder.name}", after=job)
    st.rerun(scope="app")


def _influence(run: Run, folder: Path, corpus: Corpus) -> None:
    with st.popover("Influence on a domain", icon=":material/near_me:"):
        st.caption("How much a step on each of some documents would lower the loss on held-out text.")
        targets = sorted(run.get("losses", {}))
        target = st.selectbox("Held-out text of", targets, key="singles.target")
        sample = st.number_input("Documents", 1, 100_000, 1000, key="singles.sample")
        mode = st.selectbox("Compare", list(MODES), format_func=MODES.__getitem__, key="singles.mode")
        if target and st.button("Ask", type="primary", key="singles.influence"):
            command = [
                "influence",
                str(folder),
                "--target",
                target,
                "--sample",
                str(sample),
                "--mode",
                str(mode),
            ]
            _ask(command, f"influence on {target} of {folder.name}", folder, corpus)


def _by_number(named: tuple[str, object]) -> tuple[int, str]:
    """Clusters by their numbers, sources by the alphabet."""
    group = named[0]
    return (int(group) if group.lstrip("-").isdecimal() else 0, group)


def _means(corpus: Corpus, folder: Path) -> None:
    """Draw the means by cluster or source that were taken, and links to the map by each column."""
    report: Any = state.workspace().report(corpus, f"run-{run_label(folder.name)}")
    if not report:
        st.caption("Nothing has been taken beside the corpus yet.")
        return
    known = {name for one in report["groups"].values() for name in one} - {"losses", "bits"}
    shown = [name for name in COLUMNS if name in known]
    rows = [
        {report["by"]: group, **{name: one.get(name) for name in shown}}
        for group, one in sorted(report["groups"].items(), key=_by_number)
    ]
    table.records(rows, COLUMNS, f"{folder.name}-documents", "singles.means")
    there = {fact.name for fact in state.facts(corpus)}
    with st.container(horizontal=True):
        for column in (f"loss_{run_label(folder.name)}", "el2n", "influence"):
            if column in there:
                query = {"corpus": corpus.name, "colour": column}
                ways.link("map", f"{column} on the map", ":material/scatter_plot:", query)
