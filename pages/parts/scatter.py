"""The map: documents as points, coloured by a column, and which of them the lasso holds.

Owns the session keys that begin with `map.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from core.distribution import inside, sample
from core.types import Corpus
from pages.parts import dimensions, palette, plain, redundancy, state, veil

MAX_POINTS = 20_000  # plotly stays quick, and a whole selection stays far below a widget's 25 MB
MAX_GROUPS = 24  # in the legend; the rest is "other"
TITLE_CHARACTERS = 70
NEAREST = "distance to the nearest other"  # a layer, no column: where much stands close together
Rows = NDArray[np.int64]


def chart_key() -> str:
    """The chart's session key; a new one is an empty selection."""
    return f"map.points.{st.session_state.get('map.generation', 0)}"


def is_selected() -> bool:
    """Whether points of the chart are selected, or still shown so."""
    event = st.session_state.get(chart_key())
    return st.session_state.get("map.kept") is not None or bool(event and event["selection"]["points"])


def clear(keep: Rows | None = None) -> None:
    """Empty the chart's own selection; `keep` are rows to go on showing as selected."""
    st.session_state["map.generation"] = st.session_state.get("map.generation", 0) + 1
    st.session_state["map.kept"] = keep


def points(corpus: Corpus, colour: str, lit: Rows | None = None) -> Rows | None:
    """Draw the map and return the rows selected, or None where nothing is; then the rows `lit` stand out."""
    if st.session_state.get("map.corpus") != state.stamp(corpus) + colour:
        if "map.corpus" in st.session_state:
            clear(st.session_state.get("map.last") if _same_corpus(corpus) else None)
        st.session_state["map.corpus"] = state.stamp(corpus) + colour
        st.session_state["map.fingerprint"] = corpus.fingerprint
    shown = sample(corpus.documents, MAX_POINTS)
    kept = st.session_state.get("map.kept")
    figure = _figure(corpus, colour, shown, lit if kept is None else kept)
    event = st.plotly_chart(
        figure,
        key=chart_key(),
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "scrollZoom": True},
        alt=f"Map of the documents of {corpus.name}, coloured by {colour}",
    )
    if len(shown) < corpus.documents:
        st.caption(
            f"A random sample of {len(shown):,} of {corpus.documents:,} documents is drawn; "
            "a lasso holds all documents within its outline."
        )
    rows = _selected(corpus, colour, event["selection"], shown)
    rows = kept if rows is None else rows
    st.session_state["map.last"] = rows
    return rows


def _same_corpus(corpus: Corpus) -> bool:
    return bool(st.session_state.get("map.fingerprint") == corpus.fingerprint)


def _selected(corpus: Corpus, colour: str, selection: Mapping[str, Any], shown: Rows) -> Rows | None:
    """Rows of the points selected; where points are a sample, all rows within the outlines."""
    picked = [p.get("customdata") for p in selection.get("points", [])]
    rows = np.array(
        [int(data[0] if isinstance(data, list | tuple) else data) for data in picked if data is not None],
        dtype=np.int64,
    )
    outlines = [*selection.get("lasso", []), *selection.get("box", [])]
    if not len(rows) and not outlines:
        return None
    if len(shown) < corpus.documents and outlines:
        x, y = state.numbers(corpus, "x"), state.numbers(corpus, "y")
        within = np.zeros(corpus.documents, dtype=np.bool_)
        for outline in outlines:
            within |= inside(x, y, *_corners(outline))
        groups = _groups(corpus, colour)
        if groups is not None and len(rows):  # domains switched off in the legend stay out
            within &= np.isin(groups[1], np.unique(groups[1][rows]))
        return np.flatnonzero(within)
    return np.unique(rows)


def _corners(outline: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    x, y = list(outline["x"]), list(outline["y"])
    if len(x) == 2:  # a box gives two opposite corners
        return [x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]]
    return x, y


# --- the figure -------------------------------------------------------------------------------------


def _groups(corpus: Corpus, colour: str) -> tuple[list[str], NDArray[np.int32]] | None:
    """The column's values as groups, largest first where there are too many; None for numbers."""
    if colour == NEAREST:
        return None
    fact = _fact(corpus, colour)
    if fact.is_number and fact.kind != "cluster":
        return None
    names, codes = state.codes(corpus, colour)
    if len(names) <= MAX_GROUPS:
        return names, codes
    by_size = np.argsort(-np.bincount(codes, minlength=len(names)), kind="stable")
    place = np.full(len(names), MAX_GROUPS, dtype=np.int32)
    place[np.sort(by_size[:MAX_GROUPS])] = np.arange(MAX_GROUPS)
    return [*(names[i] for i in np.sort(by_size[:MAX_GROUPS])), "(other)"], place[codes]


def _fact(corpus: Corpus, name: str) -> state.Fact:
    return next(fact for fact in state.facts(corpus) if fact.name == name)


def _figure(corpus: Corpus, colour: str, shown: Rows, kept: Rows | None) -> go.Figure:
    x, y = state.numbers(corpus, "x")[shown], state.numbers(corpus, "y")[shown]
    titles = _titles(corpus)
    lit = np.isin(shown, kept) if kept is not None else None
    groups = _groups(corpus, colour)
    figure = go.Figure()
    if groups is None:
        values = (redundancy.distances(corpus) if colour == NEAREST else state.numbers(corpus, colour))[shown]
        known = np.isfinite(values)
        parts = (
            (~known, {"color": palette.muted()}, "no value"),
            (known, _continuous(corpus, values[known], colour), ""),
        )
        for part, marker, name in parts:
            at = np.flatnonzero(part)
            if len(at):
                _trace(
                    figure, shown[at], x[at], y[at], titles, None if lit is None else lit[at], marker, name
                )
    else:
        for number, name in enumerate(groups[0]):
            at = np.flatnonzero(groups[1][shown] == number)
            if len(at):
                other = name == "(other)" and number == MAX_GROUPS
                marker = {
                    "color": palette.muted() if other else palette.colour(number),
                    "symbol": palette.symbol(number),
                }
                _trace(
                    figure, shown[at], x[at], y[at], titles, None if lit is None else lit[at], marker, name
                )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(dragmode="lasso", uirevision=chart_key())
    return palette.looks(figure, 620, legend=groups is not None)


def _continuous(corpus: Corpus, values: NDArray[np.float64], colour: str) -> dict[str, Any]:
    """Colours over all but the tails; over all of toxicity's scale, where what is rare is what is sought."""
    low, high = np.quantile(values, [0.02, 0.98]).tolist() if len(values) else (0.0, 1.0)
    if colour == NEAREST:
        low, high = 0.0, max(2 * redundancy.NEAR, 0.02)
    elif _fact(corpus, colour).kind == "toxicity":
        is_level = dimensions.scale(corpus, colour).is_level
        low, high = 0.0, max(3.0, values.max(initial=0)) if is_level else 1.0
    return {
        "color": values.tolist(),
        "colorscale": redundancy.scale() if colour == NEAREST else palette.CONTINUOUS,
        "cmin": low,
        "cmax": high if high > low else low + 1,
        "colorbar": {
            "title": {"text": plain.plotly("distance" if colour == NEAREST else colour, 24)},
            "thickness": 14,
        },
    }


def _trace(
    figure: go.Figure,
    rows: Rows,
    x: NDArray[Any],
    y: NDArray[Any],
    titles: Mapping[int, str],
    lit: NDArray[np.bool_] | None,
    marker: dict[str, Any],
    name: str = "",
) -> None:
    size = 4 if len(rows) > 5000 else 5
    figure.add_trace(
        go.Scattergl(
            x=np.round(x, 3).tolist(),
            y=np.round(y, 3).tolist(),
            mode="markers",
            name=plain.plotly(name, 36),
            customdata=rows.tolist(),
            text=[titles[row] for row in rows.tolist()],
            hovertemplate="%{text}<extra>" + plain.plotly(name, 36) + "</extra>",
            marker={"size": size, "opacity": 0.8, **marker},
            selectedpoints=None if lit is None else np.flatnonzero(lit).tolist(),
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"color": palette.muted(), "opacity": 0.45}},
        )
    )


def _titles(corpus: Corpus) -> Mapping[int, str]:
    return _short_titles(corpus.name, state.stamp(corpus), corpus)


@st.cache_data(show_spinner=False, max_entries=4)
def _short_titles(name: str, stamp_: str, _corpus: Corpus) -> dict[int, str]:  # noqa: ARG001 they are the key
    """The beginning of each sampled document, escaped; toxic ones say only that they are."""
    shown = sample(_corpus.documents, MAX_POINTS)
    sql = (
        f"SELECT row, CASE WHEN {veil.expression(_corpus)} THEN '(text hidden: it may be toxic)' "  # noqa: S608 quoted names and our own constants
        f"ELSE left(text, {3 * TITLE_CHARACTERS}) END AS title FROM documents "
        "WHERE row IN (SELECT unnest(?::BIGINT[]))"
    )
    table = state.workspace().query(_corpus, sql, [shown.tolist()])
    found = zip(table["row"].to_pylist(), table["title"].to_pylist(), strict=True)
    return {row: plain.plotly(title, TITLE_CHARACTERS) for row, title in found}


def colours(corpus: Corpus) -> list[str]:
    """What the map can be coloured by: categories first, toxicity's columns, nearness, then other numbers."""
    toxic = [fact.name for fact in state.signals(corpus, ("toxicity",))]
    kinds = ("cluster", "duplicates", "layout", "toxicity")
    numbers = [f.name for f in state.facts(corpus) if f.is_number and f.kind not in kinds and f.name != "row"]
    layers = [NEAREST] if redundancy.quick(corpus) else []
    return list(dict.fromkeys([*state.categories(corpus), *toxic, *layers, *numbers]))
