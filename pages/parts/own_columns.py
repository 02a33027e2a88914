"""Columns of the user's own: from SQL, a Parquet file, or Python that is allowed by name.

Owns the session keys that begin with `own.`.
"""

from __future__ import annotations

import streamlit as st

from core import own
from core.errors import MixdeskError
from core.types import Corpus
from pages.parts import plain, progress, state

WAYS = ("SQL", "Parquet file", "Python file")


def panel(corpus: Corpus) -> None:
    """Draw the ways to a column of one's own; each becomes a job."""
    way = st.segmented_control("From", WAYS, default="SQL", key="own.way", required=True)
    command = {"SQL": _sql, "Parquet file": _parquet, "Python file": _python}[way or "SQL"](corpus)
    if command and st.button("Add the column", icon=":material/add:", key="own.add", type="primary"):
        progress.submit(["add-column", corpus.name, *command], f"add a column to {corpus.name}")
        st.rerun()


def _sql(corpus: Corpus) -> list[str] | None:
    expression = st.text_input(
        "Expression over columns", placeholder="word_count / char_count", key="own.sql", max_chars=4000
    )
    name = st.text_input("The new column's name", placeholder="words_per_character", key="own.sql.as")
    return ["--sql", expression, "--as", name] if expression and _may_be_called(corpus, name) else None


def _parquet(corpus: Corpus) -> list[str] | None:
    path = st.text_input("Parquet file on the server", placeholder="/data/scores.parquet", key="own.parquet")
    left, right = st.columns(2)
    column = left.text_input("Its column", key="own.parquet.column")
    id_field = right.text_input("Its column of ids", value="id", key="own.parquet.id")
    name = st.text_input("The new column's name", value=column.lower(), key=f"own.parquet.as.{column}")
    if not (path and column and id_field and _may_be_called(corpus, name)):
        return None
    return ["--parquet", path, "--column", column, "--id-field", id_field, "--as", name]


def _python(corpus: Corpus) -> list[str] | None:  # noqa: ARG001 the ways are called alike
    home = state.workspace()
    names = own.available(home)
    if not names:
        folder = plain.markdown(home.folder / "signals")
        st.info(
            f"Put a file NAME.py that defines `score(texts)` into {folder}: a list of texts comes in, a list of "
            "as many values goes out."
        )
        return None
    name = st.selectbox("Signal", names, key="own.python")
    if name:
        st.code(
            (home.folder / "signals" / f"{name}.py").read_text("utf-8", "replace")[:4000], language="python"
        )
    allowed = st.checkbox("I know this code and let it run on this machine", key=f"own.allow.{name}")
    return ["--python", name, "--allow", name] if name and allowed else None


def _may_be_called(corpus: Corpus, name: str) -> bool:
    if not name:
        return False
    try:
        own.check_column(state.workspace(), corpus, name)
    except MixdeskError as error:
        st.error(plain.markdown(error), icon=":material/error:")
        return False
    return True
