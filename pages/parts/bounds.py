"""Where a threshold lies: by slider, by number, or by the share that it should keep.

Owns the session keys that begin with `threshold.` and a column's name.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.curve import threshold_keeping
from core.threshold import Scale, on_step, scale
from core.types import Corpus
from pages.parts import plain, state

SIDES = ("at least", "at most", "between")


def draw(corpus: Corpus, column: str, side: str, start: float | None) -> tuple[float | None, float | None]:
    """Draw the side, the slider and the number inputs; they follow one another. Returns both bounds."""
    found = _scale(state.key(corpus), column, corpus)
    if found is None:
        st.info("No document has a value in this column.")
        return None, None
    key = f"threshold.{column}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        side = st.segmented_control("Keep", SIDES, default=side, key=f"{key}.side", required=True) or side
        if side != "between":
            _by_share(corpus, column, side, f"{key}.{'low' if side == 'at least' else 'high'}")
    low = high = None
    if side != "at most":
        begin = found.tenth if start is None else start
        low = _bound("at least", begin if side == "at least" else found.least, found, f"{key}.low")
    if side != "at least":
        begin = found.ninetieth if start is None else start
        high = _bound("at most", begin if side == "at most" else found.most, found, f"{key}.high")
    return low, high


@st.cache_data(show_spinner=False, max_entries=64)
def _scale(key_: str, column: str, _corpus: Corpus) -> Scale | None:  # noqa: ARG001 part of the key
    return scale(state.numbers(_corpus, column))


def _bound(label: str, start: float, found: Scale, stored: str) -> float:
    slider, number = f"{stored}.slider", f"{stored}.number"
    value = float(st.session_state.setdefault(stored, start))
    least, most = min(found.least, on_step(start, found.step)), max(found.most, on_step(start, found.step))
    # on a step: what the browser would have to round would come back as if somebody had moved it
    st.session_state[slider] = min(max(on_step(value, found.step), least), most)
    st.session_state[number] = value
    shape = f"%.{max(found.decimals, _decimals(value))}f"
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    left.slider(
        label,
        least,
        most,
        step=found.step,
        key=slider,
        on_change=_follow(stored, slider),
        format=shape,
    )
    right.number_input(
        label,
        key=number,
        step=found.step,
        format=shape,
        on_change=_follow(stored, number),
        label_visibility="collapsed",
    )
    return value


def _decimals(value: float) -> int:
    """Digits after the point that the value itself has; a share's threshold lies between steps."""
    return len(f"{value:.8f}".rstrip("0").split(".")[1])


def _follow(stored: str, widget: str) -> Callable[[], None]:
    def take() -> None:
        st.session_state[stored] = st.session_state[widget]

    return take


# --- by share ---------------------------------------------------------------------------------------


def _by_share(corpus: Corpus, column: str, side: str, stored: str) -> None:
    """Draw the way to a threshold by the share of documents or tokens that it should keep."""
    with st.popover("By share", icon=":material/percent:"):
        share = st.number_input("Keep, in percent", 0.0, 100.0, 90.0, step=1.0, key=f"{stored}.share")
        unit = st.segmented_control(
            "of the", ("documents", "tokens"), default="documents", key=f"{stored}.unit", required=True
        )
        st.button(
            "Set the threshold",
            key=f"{stored}.reach",
            on_click=_reach,
            args=(corpus, column, side, stored, share / 100, unit),
        )
        if told := st.session_state.get(f"{stored}.reached"):
            st.caption(plain.markdown(told))


def _reach(corpus: Corpus, column: str, side: str, stored: str, share: float, unit: str) -> None:
    values: NDArray[np.float64] = state.numbers(corpus, column)
    tokens = state.numbers(corpus, "tokens")
    found = threshold_keeping(
        values, "at least" if side == "at least" else "at most", share, tokens,
        "tokens" if unit == "tokens" else "documents",
    )  # fmt: skip
    if found.threshold is not None:
        st.session_state[stored] = found.threshold
        st.session_state[f"{stored}.reached"] = (
            f"{side} {found.threshold:.6g} keeps {found.share:.1%} of all {unit}; {share:.1%} was asked for."
        )
