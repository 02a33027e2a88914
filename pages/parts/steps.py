"""The steps before the faders: filters in order, deduplication, selection, and the waterfall they make.

Owns the session keys that begin with `steps.`.
"""

from __future__ import annotations

import streamlit as st

from core.matchers import MATCHERS
from core.selectors import SELECTORS
from core.types import Corpus, Filter, Mixture, Plan, WaterfallRow
from pages.parts import chart, copies, desk, form, plain, state, table

NONE = "none"


def filters(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the filters in order, to move, change or remove, and a form for one more."""
    st.subheader("Filters")
    if not mixture.filters:
        st.caption("No filter yet. Write one below, or send a threshold from Quality or Toxicity.")
    for position, one in enumerate(mixture.filters):
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(f"{position + 1}. **{plain.markdown(one.name)}**", width="content")
            st.code(one.keep, language="sql", width="stretch")
            _filter_buttons(corpus, mixture, position)
    with st.form("steps.filter", border=True, clear_on_submit=True):
        name = st.text_input("Name", placeholder="long enough", max_chars=120)
        keep = st.text_input(
            "Keep documents for which", placeholder="word_count >= 50", help="SQL over the columns."
        )
        if st.form_submit_button("Add", icon=":material/add:"):
            with plain.errors_shown():
                desk.add_filter(corpus, name or keep, keep)
                st.rerun()
    columns(corpus)


def columns(corpus: Corpus) -> None:
    """Draw the names that a filter may use, behind a button."""
    with st.popover("Columns to filter by", icon=":material/view_column:"):
        listed = [fact for fact in state.facts(corpus) if fact.name in _columns(corpus)]
        table.records([{"column": fact.name, "type": fact.type.lower()} for fact in listed])


def _columns(corpus: Corpus) -> list[str]:
    return [fact.name for fact in state.facts(corpus) if fact.name not in ("text", "content_hash", "x", "y")]


def _filter_buttons(corpus: Corpus, mixture: Mixture, position: int) -> None:
    order = list(mixture.filters)
    key = f"steps.filter.{position}"
    if st.button(
        "Up", key=f"{key}.up", icon=":material/arrow_upward:", type="tertiary", disabled=position == 0
    ):
        order[position - 1], order[position] = order[position], order[position - 1]
        _put(corpus, order)
    if st.button("Remove", key=f"{key}.remove", icon=":material/delete:", type="tertiary"):
        del order[position]
        _put(corpus, order)


def _put(corpus: Corpus, order: list[Filter]) -> None:
    desk.change(corpus, filters=order)
    st.rerun()


def dedup(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the choice of deduplication among the runs that the corpus has."""
    st.subheader("Duplicates")
    found = copies.searched(corpus)
    if not found:
        st.caption("Run the stage “dedup” on the Corpus page to leave copies out.")
        return
    now = (mixture.dedup.method, mixture.dedup.scope) if mixture.dedup else None
    choices = [None, *found]
    chosen = st.selectbox(
        "Leave out copies",
        choices,
        index=choices.index(now) if now in choices else 0,
        format_func=lambda one: NONE if one is None else f"{one[0]}, {one[1]}",
        help=f"Methods: {', '.join(MATCHERS)}. Global: across sources; local: inside each.",
    )
    if chosen != now:
        desk.change(corpus, dedup=chosen and {"method": chosen[0], "scope": chosen[1]})
        st.rerun()


def selection(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the choice of a selector and its settings; it takes effect by its button."""
    st.subheader("Selection")
    now = mixture.selection
    if now is not None:
        extra = {k: v for k, v in now.model_dump().items() if k != "method"}
        words = ", ".join(f"{name} {value}" for name, value in extra.items())
        st.markdown(f"**{plain.markdown(now.method)}** {plain.markdown(words)}")
        if st.button("Select nothing", icon=":material/delete:", key="steps.unselect"):
            desk.change(corpus, selection=None)
            st.rerun()
    numbers = [fact.name for fact in state.facts(corpus) if fact.is_number and fact.name != "row"]
    name, settings = form.brick(SELECTORS, "Selector", "steps.selector", {"column": numbers})
    share = st.slider("Share of each domain's tokens to select", 0.01, 1.0, 0.5, key="steps.share")
    if st.button("Select", icon=":material/filter_alt:", key="steps.select"):
        with plain.errors_shown():
            desk.change(corpus, selection={"method": name, **settings, "share": share})
            st.rerun()


def waterfall(plan: Plan | None, rows: tuple[WaterfallRow, ...]) -> None:
    """Draw what every step leaves, as a chart and a table."""
    st.subheader("What every step leaves")
    found = plan.waterfall if plan else rows
    chart.waterfall(found, "steps.waterfall")
    before = [found[0], *found[:-1]]
    table.records(
        [
            {
                "step": row.name,
                "documents": row.documents,
                "tokens": row.tokens,
                "left": row.tokens / last.tokens if last.tokens else None,
            }
            for row, last in zip(found, before, strict=True)
        ],
        {
            "documents": st.column_config.NumberColumn(format="localized"),
            "tokens": st.column_config.NumberColumn(format="localized"),
            "left": st.column_config.NumberColumn(format="percent"),
        },
    )
