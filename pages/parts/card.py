"""One document in full: its text as plain characters, every column, its nearest neighbours.

Owns the session keys that begin with the `key` given.
"""

from __future__ import annotations

import streamlit as st

from core.search import neighbours
from core.threshold import quoted
from core.types import Corpus
from pages.parts import marks, plain, state, table, veil

PAGE_CHARACTERS = 20_000  # of a text shown at a time
NUM_NEIGHBOURS = 8


def document(corpus: Corpus, row: int, key: str) -> None:
    """Draw the document at `row`; its neighbours can be opened in its place."""
    opened = st.session_state.get(f"{key}.opened")
    if opened is not None and opened[0] == row:
        row = opened[1]
    found = state.workspace().read(corpus, ["id", "source", "tokens", "text"], [row]).to_pylist()[0]
    with st.container(border=True):
        st.text(found["id"])
        st.caption(f"{plain.markdown(found['source'])} · {found['tokens']:,} tokens · row {row:,}")
        _unscored(corpus, found["text"])
        text, columns, near = st.tabs(["Text", "Columns", "Nearest documents"])
        with text:
            if veil.lifted(veil.warning(corpus, row), f"{key}.{row}.veil"):
                _text(found["text"], f"{key}.{row}")
        with columns:
            _columns(corpus, row)
        with near:
            _nearest(corpus, row, key)


@st.dialog("Document", width="large")
def dialog(corpus: Corpus, row: int) -> None:
    """Draw the document over the page."""
    document(corpus, row, "card.dialog")


def _unscored(corpus: Corpus, text: str) -> None:
    """Say where the document has no toxicity score, and why."""
    reason = marks.why_unscored(corpus, "toxicity", text)
    if reason is not None:
        st.caption(f"No toxicity score: {plain.markdown(reason)}")


def _text(text: str, key: str) -> None:
    num_pages = max(1, -(-len(text) // PAGE_CHARACTERS))
    place = st.container()
    page = 1
    if num_pages > 1:
        st.caption(f"{len(text):,} characters, {PAGE_CHARACTERS:,} at a time")
        page = st.pagination(num_pages, key=f"{key}.text")
    piece = text[(page - 1) * PAGE_CHARACTERS : page * PAGE_CHARACTERS]
    place.code(piece, language=None, wrap_lines=True, height=420 if len(piece) > 1200 else "content")


def _columns(corpus: Corpus, row: int) -> None:
    names = [f.name for f in state.facts(corpus) if f.name not in ("row", "text")]
    listed = ", ".join(quoted(name) for name in names)
    sql = f"SELECT {listed} FROM documents WHERE row = ?"  # noqa: S608 names are quoted
    values = state.query(corpus, sql, row).to_pylist()[0]
    table.records([{"column": name, "value": table.shown(value)} for name, value in values.items()])


def _nearest(corpus: Corpus, row: int, key: str) -> None:
    if not any(column.kind == "vectors" for column in state.workspace().columns(corpus)):
        st.info("There are no vectors yet: run the stage “embed” on the Corpus page.")
        return
    found = neighbours(state.workspace(), corpus.name, row, NUM_NEIGHBOURS)
    opened = table.hits(corpus, found, f"{key}.near.{row}")
    if opened is not None and st.button("Open it here", key=f"{key}.open.{row}"):
        root = st.session_state.get(f"{key}.opened")
        st.session_state[f"{key}.opened"] = (root[0] if root and root[1] == row else row, opened)
        st.rerun()
