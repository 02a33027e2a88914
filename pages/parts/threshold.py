"""A threshold on a column: distribution, bounds, what would be kept and dropped, examples from both sides.

Owns the session keys that begin with `threshold.`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import threshold as rules
from core.distribution import counts, distribution
from core.threshold import Among, Outcome, Range, Rule, Scale
from core.types import Corpus
from pages.parts import card, chart, desk, plain, state, table
from pages.parts.veil import lifted

SIDES = ("at least", "at most", "between")
NUM_EXAMPLES = 5
EXAMPLE_CHARACTERS = 1000


def panel(
    corpus: Corpus, column: str, side: str = "at least", warning: str = "", start: float | None = None
) -> None:
    """Draw all there is to a threshold on `column`, which begins at `start` or else at a tenth of the values.

    `warning` is what the texts hide behind.
    """
    fact = next(f for f in state.facts(corpus) if f.name == column)
    if fact.is_number:
        rule, values, bounds = _numeric(corpus, column, side, start)
    else:
        rule, values, bounds = _categorical(corpus, column)
    keep = state.keep_mask(corpus, rule.expression)
    verdict(corpus, rule, keep, f"threshold.{column}")
    st.subheader("Just inside and just outside")
    if lifted(warning, f"threshold.veil.{column}"):
        kept, dropped = rules.nearest(values, keep, bounds, NUM_EXAMPLES)
        extra = () if column in ("tokens", "source") else (column,)
        left, right = st.columns(2)
        examples(corpus, kept, "Just kept", left, extra, f"threshold.kept.{column}")
        examples(corpus, dropped, "Just dropped", right, extra, f"threshold.dropped.{column}")


def examples(
    corpus: Corpus, rows: NDArray[np.int64], title: str, place: Any, extra: Sequence[str], key: str
) -> None:
    """Draw the beginnings of a few documents under a title; each opens in full."""
    with place:
        st.markdown(f"**{title}**")
        if not len(rows):
            st.caption("none")
        names = ["row", "id", "source", "tokens", *extra]
        for found in state.workspace().read(corpus, [*names, "text"], rows).to_pylist():
            with st.container(border=True):
                told = [f"{name} {table.shown(found[name])}" for name in extra]
                told += [found["source"], f"{found['tokens']:,} tokens"]
                left, right = st.columns([5, 1], vertical_alignment="center")
                left.caption(" · ".join(plain.markdown(part, 80) for part in told))
                if right.button("Open", key=f"{key}.{found['row']}", type="tertiary"):
                    card.dialog(corpus, found["row"])
                st.code(found["text"][:EXAMPLE_CHARACTERS], language=None, wrap_lines=True, height=140)


# --- numbers ----------------------------------------------------------------------------------------


def _numeric(
    corpus: Corpus, column: str, side: str, start: float | None
) -> tuple[Rule, NDArray[np.float64], tuple[float, ...]]:
    values = state.numbers(corpus, column)
    names, codes = state.codes(corpus, "source")
    found = distribution(values, codes, len(names))
    left, right = st.columns([1, 3])
    shape = left.segmented_control(
        "Shape", chart.SHAPES, default="Ridges", key="threshold.shape", required=True
    )
    with right:
        low, high = _bounds(values, column, side, start)
    rule = Range(column, low, high)
    chart.distribution(found, names, column, shape or "Ridges", (low, high), f"threshold.chart.{column}")
    if found.nulls:
        st.caption(f"{found.nulls:,} documents have no value here; a threshold drops them.")
    return rule, values, tuple(bound for bound in (low, high) if bound is not None)


def _bounds(
    values: NDArray[np.float64], column: str, side: str, start: float | None
) -> tuple[float | None, float | None]:
    """Draw the side, the slider and the number inputs; slider and numbers follow one another."""
    scale = rules.scale(values)
    if scale is None:
        st.info("No document has a value in this column.")
        return None, None
    key = f"threshold.{column}"
    side = st.segmented_control("Keep", SIDES, default=side, key=f"{key}.side", required=True) or side
    low = high = None
    if side != "at most":
        begin = scale.tenth if start is None else start
        low = _bound("at least", begin if side == "at least" else scale.least, scale, f"{key}.low")
    if side != "at least":
        begin = scale.ninetieth if start is None else start
        high = _bound("at most", begin if side == "at most" else scale.most, scale, f"{key}.high")
    return low, high


def _bound(label: str, start: float, scale: Scale, stored: str) -> float:
    slider, number = f"{stored}.slider", f"{stored}.number"
    value = float(st.session_state.setdefault(stored, start))
    st.session_state[slider] = min(max(value, scale.least), scale.most)
    st.session_state[number] = value
    shape = f"%.{scale.decimals}f"
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    left.slider(
        label,
        scale.least,
        scale.most,
        step=scale.step,
        key=slider,
        on_change=_follow(stored, slider),
        format=shape,
    )
    right.number_input(
        label,
        key=number,
        step=scale.step,
        format=shape,
        on_change=_follow(stored, number),
        label_visibility="collapsed",
    )
    return value


def _follow(stored: str, widget: str) -> Callable[[], None]:
    def take() -> None:
        st.session_state[stored] = st.session_state[widget]

    return take


# --- categories -------------------------------------------------------------------------------------


def _categorical(corpus: Corpus, column: str) -> tuple[Rule, NDArray[Any], tuple[float, ...]]:
    names, codes = state.codes(corpus, "source")
    values, places = state.codes(corpus, column)
    found = counts(places, len(values), codes, len(names))
    commonest = values[int(found.sum(axis=0).argmax())]
    chosen = st.multiselect("Keep", values, default=[commonest], key=f"threshold.{column}.values")
    chart.value_counts(found, names, values, column, f"threshold.chart.{column}")
    return Among(column, tuple(chosen)), places, ()


# --- what it would do -------------------------------------------------------------------------------


def verdict(corpus: Corpus, rule: Rule, keep: NDArray[np.bool_], key: str) -> Outcome:
    """Draw what a rule keeps and drops, in documents and tokens by domain, and send it to the desk."""
    names, codes = state.codes(corpus, "source")
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
        table.records(_rows(found), {"dropped": st.column_config.NumberColumn("dropped", format="percent")})
    _send(corpus, rule, key)
    return found


def _rows(found: Outcome) -> list[dict[str, object]]:
    return [
        {
            "domain": name,
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
