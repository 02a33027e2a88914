"""All signals at a glance, the odd ones first; and two of them together.

Owns the session keys that begin with `signals.`, or with what `together` is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.correlation import Correlation, Oddness, correlate, oddness
from core.distribution import distribution, sample
from core.types import ColumnKind, Corpus
from pages.parts import card, plain, plots, state, table

PAGE_SIGNALS = 12
COLUMNS = 3
MAX_POINTS = 8_000
MAX_MATRIX = 40  # signals beyond which a matrix no longer shows its numbers' names
Shape = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]


def listed(corpus: Corpus) -> list[str]:
    """The numbers to look at: signals of every kind but toxicity's own page, and the user's fields."""
    kinds: Sequence[ColumnKind | None] = ("quality", "language", "risk", "other", "toxicity", None)
    return ["tokens", *(fact.name for fact in state.signals(corpus, kinds) if fact.is_number)]


# --- small multiples --------------------------------------------------------------------------------


def multiples(corpus: Corpus, choose_key: str, tab_key: str, tab: str) -> None:
    """Draw every signal small, those with a domain unlike the rest first; a button leads to its threshold."""
    names = listed(corpus)
    by = st.selectbox("By", state.categories(corpus), key="signals.by", width=220) or "source"
    found = _odd(state.key(corpus), tuple(names), by, corpus)
    st.caption(
        "Grey: all documents. Line: the domain furthest from the rest, by the largest gap between cumulative "
        f"shares beyond chance. From {found[0].num_rows:,} of {corpus.documents:,} documents."
    )
    rows = [_record(one) for one in found]
    pages = -(-len(found) // PAGE_SIGNALS)
    page = st.pagination(pages, key="signals.page") if pages > 1 else 1
    shown = found[(page - 1) * PAGE_SIGNALS : page * PAGE_SIGNALS]
    places = [st.columns(COLUMNS) for _ in range(-(-len(shown) // COLUMNS))]
    for number, one in enumerate(shown):
        with places[number // COLUMNS][number % COLUMNS], st.container(border=True):
            _one(corpus, one, by, choose_key, tab_key, tab)
    share = {
        name: st.column_config.NumberColumn(name, format="percent")
        for name in ("at one value", "without value")
    }
    with st.expander("As a table", icon=":material/table_chart:"):
        table.records(rows, share, f"{corpus.name} signals by {by}", "signals.odd")


@st.cache_data(show_spinner="Comparing domains …", max_entries=8)
def _odd(key_: str, names: tuple[str, ...], by: str, _corpus: Corpus) -> list[Oddness]:  # noqa: ARG001 part of the key
    domains, codes = state.codes(_corpus, by)
    return oddness(state.many_numbers(_corpus, names), codes, domains)


def _record(one: Oddness) -> dict[str, object]:
    return {
        "signal": one.name,
        "odd domain": one.domain,
        "gap": one.distance,
        "gap by chance": one.chance,
        "at one value": one.common_share,
        "which value": one.common_value,
        "without value": one.null_share,
    }


def _one(corpus: Corpus, one: Oddness, by: str, choose_key: str, tab_key: str, tab: str) -> None:
    def choose() -> None:
        st.session_state[choose_key] = one.name
        st.session_state[tab_key] = tab

    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f"**{plain.markdown(one.name)}**")
    right.button("Set", key=f"signals.open.{one.name}", on_click=choose, type="tertiary")
    edges, whole, odd = _shape(state.key(corpus), one.name, by, one.domain, corpus)
    plots.small(edges, whole, odd, one.domain or "", f"signals.small.{one.name}")
    told = []
    if one.domain is not None and one.score > 0:
        told.append(f"{plain.markdown(one.domain, 40)}: gap {one.distance:.2f}")
    if one.common_value is not None and one.common_share > 0.05:
        told.append(f"{one.common_share:.0%} at {one.common_value:,.4g}")
    if one.null_share:
        told.append(f"{one.null_share:.0%} without a value")
    st.caption(" · ".join(told) or "nothing odd")


@st.cache_data(show_spinner=False, max_entries=256)
def _shape(key_: str, name: str, by: str, domain: str | None, _corpus: Corpus) -> Shape:  # noqa: ARG001 part of the key
    """A signal's bins, the shares of all documents in them, and of the odd domain's."""
    domains, codes = state.codes(_corpus, by)
    values = state.numbers(_corpus, name)
    both = np.zeros(len(values), dtype=np.int32)
    whole = distribution(values, both, 1, 40)
    if domain is None:
        return whole.edges, whole.shares[0], None
    own = values[codes == domains.index(domain)]
    own = own[np.isfinite(own)]
    bins = np.clip(np.searchsorted(whole.edges, own, side="right") - 1, 0, len(whole.edges) - 2)
    return whole.edges, whole.shares[0], np.bincount(bins, minlength=len(whole.edges) - 1) / max(len(own), 1)


# --- two together -----------------------------------------------------------------------------------


def together(corpus: Corpus, names: Sequence[str] = (), part: str = "signals", *, texts: bool = True) -> None:
    """Draw signals' correlations, and any two against each other; brushed documents are listed.

    All that are `listed` where no names are given; `part` begins the session keys. The list shows how
    texts begin, as tables do, unless `texts` is false.
    """
    names = names or listed(corpus)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Signals", names, key=f"{part}.matrix", placeholder=f"the first {min(len(names), MAX_MATRIX)}"
        )
        kind = st.segmented_control(
            "Correlation", ("Spearman", "Pearson"), default="Spearman", key=f"{part}.kind", required=True
        )
    used = tuple(chosen or names[:MAX_MATRIX])
    found = _correlation(state.key(corpus), used, corpus)
    values = found.spearman if kind == "Spearman" else found.pearson
    order = list(found.order)
    alike = [found.names[place] for place in order]
    grid = values[np.ix_(order, order)]
    st.caption(
        f"{kind}, from {found.num_rows:,} of {found.num_documents:,} documents; alike side by side. "
        "White: no telling, for a signal is constant or has no values."
    )
    plots.matrix(
        grid,
        alike,
        alike,
        f"{part}.correlation",
        "Correlation of signals",
        diverging=True,
        numbers=len(used) <= 14,
    )
    table_rows = [
        {"signal": name, **dict(zip(alike, line, strict=True))}
        for name, line in zip(alike, grid.tolist(), strict=True)
    ]
    with st.expander("As a table", icon=":material/table_chart:"):
        table.records(table_rows, None, f"{corpus.name} {kind} correlation", f"{part}.correlation.table")
    st.subheader("Two signals together")
    first, second = _closest(found)
    left, right = st.columns(2)
    across = left.selectbox("Across", names, index=names.index(first), key=f"{part}.x")
    up = right.selectbox("Up", names, index=names.index(second), key=f"{part}.y")
    if across and up:
        _joint(corpus, across, up, part, texts)


def _closest(found: Correlation) -> tuple[str, str]:
    """The two signals that agree most without telling the same: a place to begin."""
    sizes = np.abs(np.nan_to_num(found.spearman))
    np.fill_diagonal(sizes, 0)
    sizes[sizes > 0.8] = 0
    if not sizes.any():
        return found.names[0], found.names[min(1, len(found.names) - 1)]
    x, y = np.unravel_index(int(sizes.argmax()), sizes.shape)
    return found.names[x], found.names[y]


@st.cache_data(show_spinner="Correlating …", max_entries=8)
def _correlation(key_: str, names: tuple[str, ...], _corpus: Corpus) -> Correlation:  # noqa: ARG001 part of the key
    return correlate(state.many_numbers(_corpus, names))


def _joint(corpus: Corpus, across: str, up: str, part: str, texts: bool) -> None:
    rows = sample(corpus.documents, MAX_POINTS)
    names, codes = state.codes(corpus, "source")
    x, y = state.numbers(corpus, across)[rows], state.numbers(corpus, up)[rows]
    known = np.isfinite(x) & np.isfinite(y)
    rows = rows[known]
    st.caption(f"{len(rows):,} documents with both values. Draw a box or a lasso to list what is in it.")
    key = f"{part}.joint.{across}.{up}"
    event = plots.joint(x[known], y[known], rows, codes[rows], names, (across, up), key)
    points = event["selection"]["points"]
    brushed = np.unique([int(_row(point)) for point in points]).astype(np.int64) if points else None
    if brushed is None:
        return
    extra = tuple(dict.fromkeys(name for name in (across, up) if name not in ("tokens", "row")))
    st.markdown(f"**{len(brushed):,} documents brushed**")
    key = f"{part}.brushed.{len(brushed)}.{int(brushed.sum())}"
    row = table.paged(corpus, brushed, key, extra, texts=texts)
    if row is not None:
        card.document(corpus, row, f"{part}.card")


def _row(point: Mapping[str, Any]) -> int:
    """The row that a point stands for; Streamlit gives the custom data bare or as a list."""
    found = point["customdata"]
    return int(found[0] if isinstance(found, list) else found)
