"""Groups of copies: the largest, their members, and how a member differs from the one that stays.

Owns the session keys that begin with `groups.`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.threshold import quoted
from core.types import Corpus
from pages.parts import overlay, state, table

NUM_GROUPS = 200  # the largest, listed
ALIKE, ACROSS = "all groups", "across sources"


def panel(corpus: Corpus, group: str, flag: str) -> None:
    """Draw the largest groups in the column `group`; the members of the one chosen; and a difference."""
    st.subheader("Largest groups")
    which = st.segmented_control(
        "Which",
        (ALIKE, ACROSS),
        default=ALIKE,
        key="groups.which",
        required=True,
        label_visibility="collapsed",
    )
    shown = _largest(corpus, group, flag, which == ACROSS)
    if not shown:
        st.caption("No group spans two sources.")
        return
    chosen = table.select(shown, f"groups.list.{group}.{which}", columns=_COLUMNS)
    if chosen is None:
        st.caption("Choose a group to see its members and how they differ.")
        return
    first, survivor = int(shown[chosen]["row"]), int(shown[chosen]["survivor"])
    sql = f"SELECT row FROM documents WHERE {quoted(group)} = ? ORDER BY {quoted(flag)}, row"  # noqa: S608 quoted
    members: NDArray[np.int64] = state.query(corpus, sql, first)["row"].to_numpy()
    st.markdown(f"**{len(members):,} members, the one that stays first**")
    key = f"{group}.{first}.{survivor}"
    row = table.paged(corpus, members, f"groups.members.{key}")
    other = int(members[1]) if row in (None, survivor) else row
    if row is None:
        st.caption("Choose a member to lay it over the one that stays; here is the first.")
    overlay.documents(corpus, survivor, other, f"groups.overlay.{key}.{other}")


_COLUMNS = {
    "survivor": None,
    "documents": st.column_config.NumberColumn(format="localized"),
    "tokens": st.column_config.NumberColumn("tokens", format="localized"),
    "stays": st.column_config.TextColumn("the one that stays", width="large"),
}


def _largest(corpus: Corpus, group: str, flag: str, across: bool) -> list[dict[str, Any]]:
    name, copy = quoted(group), quoted(flag)
    sql = (
        f"SELECT {name} AS row, count(*) AS documents, count(DISTINCT source) AS sources, "  # noqa: S608 quoted
        f"sum(tokens)::BIGINT AS tokens, min_by(row, {copy}) AS survivor, min_by(source, {copy}) AS source, "
        f"min_by(id, {copy}) AS stays FROM documents GROUP BY {name} "
        f"HAVING count(*) > 1 AND count(DISTINCT source) >= ? ORDER BY documents DESC, row LIMIT {NUM_GROUPS}"
    )
    found: list[dict[str, Any]] = state.query(corpus, sql, 2 if across else 1).to_pylist()
    return found
