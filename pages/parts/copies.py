"""Near copies: how large their groups are, which they are, and what leaving them out would do.

Owns the session keys that begin with `copies.`.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.distribution import distribution
from core.threshold import Copies, quoted
from core.types import Corpus
from pages.parts import card, chart, desk, examples, plain, state, table, threshold

NUM_GROUPS = 200  # the largest, listed


def scopes(corpus: Corpus) -> dict[str, str]:
    """The scopes that were searched for copies, and each one's column of groups."""
    names = {fact.name for fact in state.facts(corpus)}
    found = {"global": "duplicate_group", "local": "duplicate_group_local"}
    return {scope: column for scope, column in found.items() if column in names}


def searched(corpus: Corpus) -> list[tuple[str, str]]:
    """The deduplications that the corpus holds, as (method, scope)."""
    makers = {name: column.maker for column in state.workspace().columns(corpus) for name in column.names}
    return [(makers[column], scope) for scope, column in scopes(corpus).items() if column in makers]


def panel(corpus: Corpus) -> None:
    """Draw group sizes by domain, a threshold on copies, examples, and the largest groups."""
    found = scopes(corpus)
    if not found:
        st.info("Copies have not been looked for yet: run the stage “dedup” on the Corpus page.")
        return
    scope = st.segmented_control("Copies across", list(found), default=next(iter(found)), required=True)
    column = found[scope or next(iter(found))]
    groups = state.numbers(corpus, column).astype(np.int64)
    sizes = np.bincount(groups, minlength=corpus.documents)[groups]
    largest = int(sizes.max())
    if largest == 1:
        st.success("No document is a copy of another.", icon=":material/check_circle:")
        return
    names, codes = state.codes(corpus, "source")
    chart.distribution(
        distribution(sizes, codes, len(names)), names, "documents alike", "Cumulative", (), "copies.sizes"
    )
    most = st.slider("Copies to keep of each document", 1, min(largest, 100), key="copies.most")
    rule = Copies(column, most)
    keep = state.keep_mask(corpus, rule.expression)
    threshold.verdict(corpus, rule, keep, "copies")
    _remove(corpus, scope or "global", column)
    alike = sizes.astype(np.float64)
    left, right = st.columns(2)
    inside = np.flatnonzero(keep & (alike > 1))[: threshold.NUM_EXAMPLES]
    outside = np.flatnonzero(~keep)[: threshold.NUM_EXAMPLES]
    examples.column(corpus, inside, "Kept of a group", left, (column,), "copies.kept")
    examples.column(corpus, outside, "Dropped from a group", right, (column,), "copies.dropped")
    _largest(corpus, column)


def _remove(corpus: Corpus, scope: str, column: str) -> None:
    maker = next((c for c in state.workspace().columns(corpus) if column in c.names), None)
    if maker is not None and st.button(
        "Remove duplicates in the mixture", key="copies.remove", icon=":material/content_copy:"
    ):
        with plain.errors_shown():
            desk.change(corpus, dedup={"method": maker.maker, "scope": scope})
            st.toast("The mixture keeps one of each group.", icon=":material/tune:")


def _largest(corpus: Corpus, column: str) -> None:
    st.subheader("Largest groups")
    group = quoted(column)
    sql = (
        f"SELECT {group} AS row, count(*) AS documents, count(DISTINCT source) AS sources, "  # noqa: S608 quoted
        f"sum(tokens)::BIGINT AS tokens, min_by(id, row) AS first_id FROM documents GROUP BY {group} "
        f"HAVING count(*) > 1 ORDER BY documents DESC, row LIMIT {NUM_GROUPS}"
    )
    shown = state.query(corpus, sql).to_pylist()
    chosen = table.chosen(shown, f"copies.groups.{column}")
    if chosen is None:
        st.caption("Choose a group to see its members.")
        return
    members = state.query(corpus, f"SELECT row FROM documents WHERE {group} = ? ORDER BY row", chosen)  # noqa: S608
    row = table.paged(corpus, members["row"].to_numpy(), f"copies.members.{column}.{chosen}")
    if row is not None:
        card.document(corpus, row, "copies.card")
