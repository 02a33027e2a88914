"""The documents nearest to a border of a toxicity score, to look through one by one.

Owns the session keys that begin with `borderline.`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import evidence, threshold
from core.types import Corpus
from pages.parts import card, clusters, dimensions, examples, marks, plain, table
from pages.parts.veil import TOXIC, lifted, words

NUM_NEAREST = 500
SIDES = ("both sides", "below", "at or above")
TEXT_HEIGHT = 300
AT = "borderline.at"  # the place in the list of the document that is shown


def panel(corpus: Corpus) -> None:
    """Draw the documents nearest to a border: one with what counts marked, and the list of all."""
    names = dimensions.names(corpus)
    if not names:
        st.info("Toxicity has not been scored yet: run the stage “score” on the Corpus page.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox("Signal", names, format_func=words, key="borderline.column", width=260)
        shown = dimensions.scale(corpus, column)
        border = _border(shown)
        side = st.segmented_control("Side", SIDES, default=SIDES[0], key="borderline.side", required=True)
    rows = nearest(shown.values, border, side or SIDES[0])
    if not len(rows):
        st.caption("No document has a score there.")
        return
    _start_anew((corpus.fingerprint, column, border, side))
    st.caption(f"The {len(rows):,} documents nearest to {border:g}, nearest first.")
    if lifted(dimensions.WARNING, "borderline.veil"):
        _one(corpus, shown, rows, border)
    _list(corpus, shown, rows, f"borderline.list.{column}.{border}.{side}")


def nearest(
    values: NDArray[np.float64], border: float, side: str, num: int = NUM_NEAREST
) -> NDArray[np.int64]:
    """Return the rows on the side whose values are nearest to the border, nearest first, then in order."""
    inside = {
        "below": values < border,
        "at or above": values >= border,
        "both sides": ~np.isnan(values),
    }[side]
    return threshold.nearest(values, inside, (border,), num)[0]


def _border(shown: dimensions.Scale) -> float:
    if not shown.is_level:
        key = f"borderline.border.{shown.column}"
        return float(st.number_input("Threshold", 0.0, 1.0, TOXIC, 0.01, key=key, width=140))
    bands = shown.bands
    told = {border: f"{bands[i]} | {bands[i + 1]}" for i, border in enumerate(shown.borders)}
    border = st.segmented_control(
        "Between levels",
        told,
        format_func=told.__getitem__,
        default=0.5,
        key="borderline.levels",
        required=True,
    )
    return float(border or 0.5)


def _start_anew(list_: tuple[Any, ...]) -> None:
    """Go to the first document where the list is another than before."""
    if st.session_state.get("borderline.of") != list_:
        st.session_state["borderline.of"] = list_
        st.session_state[AT] = 0


# --- one document -----------------------------------------------------------------------------------


def _one(corpus: Corpus, shown: dimensions.Scale, rows: NDArray[np.int64], border: float) -> None:
    at = min(st.session_state[AT], len(rows) - 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous", key="borderline.previous", icon=":material/arrow_back:", shortcut="P",
            disabled=at == 0, on_click=_go, args=(at - 1,),
        )  # fmt: skip
        st.button(
            "Next", key="borderline.next", icon=":material/arrow_forward:", shortcut="N",
            disabled=at == len(rows) - 1, on_click=_go, args=(at + 1,),
        )  # fmt: skip
        st.markdown(f"**{at + 1:,}** of {len(rows):,}")
    row = int(rows[at])
    value = float(shown.values[row])
    st.caption(
        f"{words(shown.column).capitalize()} {value:.3f}, {abs(value - border):.3f} "
        f"{'below' if value < border else 'above'} the border. {plain.markdown(evidence.explained(shown.column))}"
    )
    find, key = marks.of(corpus, shown.column), "borderline.example"
    here, extra = rows[at : at + 1], (shown.column,)
    examples.column(corpus, here, "", st.container(), extra, key, find, veiled=False, height=TEXT_HEIGHT)


def _go(at: int) -> None:
    st.session_state[AT] = at


# --- all of them ------------------------------------------------------------------------------------


def _list(corpus: Corpus, shown: dimensions.Scale, rows: NDArray[np.int64], key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**All of them**, without their texts; choose one to open it.")
        ids, name = clusters.ids_csv(corpus, rows), f"{corpus.name}-borderline.csv"
        st.download_button("Ids as CSV", ids, name, "text/csv", on_click="ignore", key="borderline.ids")
    row = table.paged(corpus, rows, key, (shown.column,), texts=False)
    if row is not None:
        card.document(corpus, row, "borderline.card")
