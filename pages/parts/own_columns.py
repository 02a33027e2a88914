"""Columns of the user's own: SQL, a Parquet file, Python that is allowed by name, signals that need a file.

Owns the session keys that begin with `own.`.
"""

from __future__ import annotations

import streamlit as st

from core import bricks, own
from core.errors import MixdeskError
from core.signals import NEEDS_A_FILE, SIGNALS
from core.signals.rps_lines import RpsLines
from core.signals.toxicity import ToxicityDimensions
from core.types import Corpus
from pages.parts import form, plain, progress, state

WAYS = ("SQL", "Parquet file", "Python file", "More signals")
MORE = (*NEEDS_A_FILE, RpsLines.name, ToxicityDimensions.name)


def panel(corpus: Corpus) -> None:
    """Draw the ways to a column of one's own; each becomes a job."""
    way = st.segmented_control("From", WAYS, default="SQL", key="own.way", required=True)
    ways = {"SQL": _sql, "Parquet file": _parquet, "Python file": _python, "More signals": _signal}
    command = ways[way or "SQL"](corpus)
    if command and st.button("Add the column", icon=":material/add:", key="own.add", type="primary"):
        verb = "score" if way == "More signals" else "add-column"
        progress.submit([verb, corpus.name, *command], f"{verb} {corpus.name}")
        st.rerun()


def _signal(corpus: Corpus) -> list[str] | None:  # noqa: ARG001 the ways are called alike
    """Signals that need a text to be fitted on or a list of words, or that give a value a line."""
    name, settings = form.brick({name: SIGNALS[name] for name in MORE}, "Signal", "own.signal")
    defaults = bricks.settings_of(SIGNALS[name]())
    changed = {key: value for key, value in settings.items() if value != defaults[key]}
    if name in NEEDS_A_FILE and not any(isinstance(value, str) and value for value in changed.values()):
        st.caption("Name the file that it needs, by its path on this machine.")
        return None
    told = [part for key, value in changed.items() for part in ("--set", f"{name}.{key}={_written(value)}")]
    return ["--signal", name, *told]


def _written(value: object) -> str:
    return "none" if value is None else str(value)


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
