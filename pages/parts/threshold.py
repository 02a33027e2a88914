"""A threshold on a column: distribution, bounds, what would be kept and dropped, examples from both sides.

Owns the session keys that begin with `threshold.`.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import evidence
from core import threshold as rules
from core.curve import Curve, Side, curve
from core.distribution import Distribution, counts, distribution
from core.threshold import Among, Outcome, Range, Rule
from core.types import Corpus
from pages.parts import bounds, chart, desk, examples, marks, plain, plots, state, table
from pages.parts.veil import lifted

NUM_EXAMPLES = 5
KEPT = "Kept by any"
FAST = ("FLOAT", "DOUBLE", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")


def panel(
    corpus: Corpus, column: str, side: str = "at least", warning: str = "", start: float | None = None
) -> None:
    """Draw all there is to a threshold on `column`, which begins at `start` or else at a tenth of the values.

    `warning` is what the texts hide behind.
    """
    fact = next(f for f in state.facts(corpus) if f.name == column)
    rule: Rule
    if fact.is_number:
        rule, by, limits = _numeric(corpus, column, side, start)
        keep = mask(corpus, rule, fact.type)
        values = state.numbers(corpus, column)
    else:
        by, limits = "source", ()
        rule, places = _categorical(corpus, column)
        values = places.astype(np.float64)
        keep = state.keep_mask(corpus, rule.expression)
    st.session_state["threshold.rule"] = (corpus.fingerprint, rule.words, rule.expression)
    verdict(corpus, rule, keep, f"threshold.{column}", by)
    st.subheader("Just inside and just outside")
    if lifted(warning, f"threshold.veil.{column}"):
        kept, dropped = rules.nearest(values, keep, limits, NUM_EXAMPLES)
        extra = () if column in ("tokens", "source") else (column,)
        st.caption(plain.markdown(evidence.explained(column)))
        find = marks.of(corpus, column)
        left, right = st.columns(2)
        for rows, title, place in ((kept, "Just kept", left), (dropped, "Just dropped", right)):
            key = f"threshold.{title}.{column}"
            examples.column(corpus, rows, title, place, extra, key, find, veiled=not warning)


def mask(corpus: Corpus, rule: Range, kind: str) -> NDArray[np.bool_]:
    """Which rows a range keeps: what its expression gives, from the values at hand where that is exact."""
    if kind in FAST:
        return rule.mask(state.numbers(corpus, rule.column), kind)
    return state.keep_mask(corpus, rule.expression)


# --- numbers ----------------------------------------------------------------------------------------


def _numeric(
    corpus: Corpus, column: str, side: str, start: float | None
) -> tuple[Range, str, tuple[float, ...]]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("By", state.categories(corpus), key="threshold.by", width=220)
        shape = st.segmented_control(
            "Shape", (*chart.SHAPES, KEPT), default="Ridges", key="threshold.shape", required=True
        )
        logarithmic = st.toggle("Log axis", key="threshold.log")
        free = st.toggle(
            "Free axes", key="threshold.free", help="Every ridge on an axis of its own, from its own values."
        )
    low, high = bounds.draw(corpus, column, side, start)
    names, codes = state.codes(corpus, by)
    found = _distribution(state.key(corpus), column, by, logarithmic, corpus)
    key = f"threshold.chart.{column}"
    if shape == KEPT:
        way: Side = "at least" if low is not None else "at most"
        kept = _curve(state.key(corpus), column, way, by, corpus)
        plots.kept_curve(kept, names, "tokens", high if low is None else low, key)
    elif free and shape == "Ridges":
        plots.free_ridges(state.numbers(corpus, column), codes, names, column, logarithmic, (low, high), key)
    else:
        chart.distribution(found, names, column, shape or "Ridges", (low, high), key, logarithmic)
    if found.nulls:
        st.caption(f"{found.nulls:,} documents have no value here; a threshold drops them.")
    limits = tuple(bound for bound in (low, high) if bound is not None)
    return Range(column, low, high), by or "source", limits


@st.cache_data(show_spinner=False, max_entries=64)
def _distribution(key_: str, column: str, by: str, logarithmic: bool, _corpus: Corpus) -> Distribution:  # noqa: ARG001 part of the key
    names, codes = state.codes(_corpus, by)
    return distribution(state.numbers(_corpus, column), codes, len(names), logarithmic=logarithmic)


@st.cache_data(show_spinner=False, max_entries=64)
def _curve(key_: str, column: str, side: Side, by: str, _corpus: Corpus) -> Curve:  # noqa: ARG001 part of the key
    names, codes = state.codes(_corpus, by)
    tokens = state.numbers(_corpus, "tokens")
    return curve(state.numbers(_corpus, column), side, tokens, codes, len(names))


# --- categories -------------------------------------------------------------------------------------


def _categorical(corpus: Corpus, column: str) -> tuple[Rule, NDArray[np.int32]]:
    names, codes = state.codes(corpus, "source")
    values, places = state.codes(corpus, column)
    found = counts(places, len(values), codes, len(names))
    commonest = values[int(found.sum(axis=0).argmax())]
    chosen = st.multiselect("Keep", values, default=[commonest], key=f"threshold.{column}.values")
    chart.value_counts(found, names, values, column, f"threshold.chart.{column}")
    return Among(column, tuple(chosen)), places


# --- what it would do -------------------------------------------------------------------------------


def verdict(corpus: Corpus, rule: Rule, keep: NDArray[np.bool_], key: str, by: str = "source") -> Outcome:
    """Draw what a rule keeps and drops, in documents and tokens by domain, and send it to the desk."""
    names, codes = state.codes(corpus, by)
    found = rules.outcome(keep, state.numbers(corpus, "tokens"), names, codes)
    total = found.total
    with st.container(horizontal=True):
        st.metric("Documents kept", f"{total.kept.documents:,}")
        st.metric("Documents dropped", f"{total.dropped.documents:,}")
        st.metric("Tokens kept", f"{total.kept.tokens:,}")
        st.metric("Tokens dropped", f"{total.dropped.tokens:,}")
    if found.warnings:
        st.warning("  \n".join(plain.markdown(line) for line in found.warnings), icon=":material/warning:")
    left, right = st.columns(2)
    with left:
        chart.kept_and_dropped(found, f"{key}.outcome")
    with right:
        share = {"dropped": st.column_config.NumberColumn("dropped", format="percent")}
        table.records(_rows(found, by), share, f"{corpus.name} {rule.words} by {by}", f"{key}.table")
    _send(corpus, rule, key)
    return found


def _rows(found: Outcome, by: str) -> list[dict[str, object]]:
    return [
        {
            by: name,
            "dropped": part.dropped_share,
            "docs kept": part.kept.documents,
            "docs dropped": part.dropped.documents,
            "tokens kept": part.kept.tokens,
            "tokens dropped": part.dropped.tokens,
        }
        for name, part in found.domains.items()
    ]


def _send(corpus: Corpus, rule: Rule, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the filter", value=rule.words, key=f"{key}.name.{rule.words}", max_chars=120
        )
        if st.button(
            "Send to the desk as a filter", key=f"{key}.send", icon=":material/tune:", type="primary"
        ):
            with plain.errors_shown():
                desk.add_filter(corpus, name, rule.expression)
                st.toast("The mixture has one more filter.", icon=":material/tune:")
    st.code(rule.expression, language="sql", wrap_lines=True)
