"""The list of clusters, and what can be done with chosen rows. Owns keys that begin with `clusters.`."""

from __future__ import annotations

import csv
import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.disk import fingerprint
from core.types import Corpus
from pages.parts import state, table


def choose(corpus: Corpus) -> NDArray[np.int64] | None:
    """Draw the clusters by size, with their names; return the rows of the one chosen."""
    found = state.workspace().report(corpus, "clusters") or []
    if not found:
        return None
    shown = [{"cluster": c["cluster"], "documents": c["documents"], "name": c["name"]} for c in found]
    columns = {
        "cluster": None,
        "documents": st.column_config.NumberColumn("docs", format="localized", width=50),
        "name": st.column_config.TextColumn("cluster", width=170),
    }
    key = f"clusters.list.{st.session_state.get('clusters.generation', 0)}.{state.stamp(corpus)[:12]}"
    position = table.select(shown, key, height=600, columns=columns)
    if position is None:
        return None
    return np.flatnonzero(state.numbers(corpus, "cluster") == shown[position]["cluster"])


def is_new(chosen: NDArray[np.int64] | None) -> bool:
    """Whether a cluster is chosen that was not when the page was last drawn."""
    signed = None if chosen is None else list_key(chosen)
    before = st.session_state.get("clusters.last")
    st.session_state["clusters.last"] = signed
    return signed is not None and signed != before


def clear() -> None:
    """Choose no cluster."""
    st.session_state["clusters.generation"] = st.session_state.get("clusters.generation", 0) + 1


def list_key(rows: NDArray[np.int64]) -> str:
    """A key for a table of these rows: another selection is another table."""
    return f"clusters.rows.{fingerprint([len(rows), rows[:50].tolist(), int(rows.sum())])[:16]}"


def ids_csv(corpus: Corpus, rows: NDArray[np.int64]) -> str:
    """The ids, sources and row numbers as CSV; a spreadsheet does not read an id as a formula."""
    table_ = state.workspace().read(corpus, ["row", "id", "source"], rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["row", "id", "source"])
    for record in table_.to_pylist():
        writer.writerow([record["row"], _harmless(record["id"]), _harmless(record["source"])])
    return out.getvalue()


def _harmless(text: str) -> str:
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
