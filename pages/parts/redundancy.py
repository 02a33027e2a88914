"""Where documents lie closest: the distance to the nearest other on the layout, the densest places, their pairs.

Owns the session keys that begin with `redundancy.`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from core.density import EXACT_ROWS, Nearest, nearest_others
from core.distribution import sample
from core.types import Corpus
from pages.parts import chart, overlay, palette, plain, state, table, ways

MAX_POINTS = 20_000
ASK_FIRST = 50_000  # documents, beyond which it takes ten seconds and more
NUM_PAIRS = 200  # the closest of a place, listed
SAME = 1e-4  # from which on two embeddings are told apart
NEAR = 0.1  # cosine distance from which two documents count as near
ANYWHERE = "anywhere"
Rows = NDArray[np.int64]


def panel(corpus: Corpus) -> None:
    """Draw the map of distances, the densest places, and the closest pairs of the one chosen."""
    fingerprint = _embedding(corpus)
    if fingerprint is None:
        st.info("Redundancy is read from embeddings: run the stage “embed” on the Corpus page.")
        ways.link("corpus", "Prepare the corpus", ":material/database:")
        return
    found = _nearest(corpus, fingerprint)
    if found is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("Places by", _places(corpus), key="redundancy.by", width=220) or "source"
        near = st.slider("Near is closer than", 0.0, 0.5, NEAR, 0.01, key="redundancy.near", width=320)
    close = found.distances < near
    _numbers(found, close)
    left, right = st.columns(2)
    with left:
        _map(corpus, found, near)
    with right:
        place = _densest(corpus, found, close, by)
    _pairs(corpus, found, by, place)


def _embedding(corpus: Corpus) -> str | None:
    made = (one for one in state.workspace().columns(corpus) if one.kind == "vectors")
    return next((one.fingerprint for one in made), None)


def _places(corpus: Corpus) -> list[str]:
    """Columns whose values are places: the clusters' names first."""
    names = state.categories(corpus)
    return ["cluster_name", *(n for n in names if n != "cluster_name")] if "cluster_name" in names else names


def _nearest(corpus: Corpus, fingerprint: str) -> Nearest | None:
    """The nearest other of each document; of very many, once somebody asks."""
    asked = f"redundancy.asked.{fingerprint}"
    if corpus.documents > ASK_FIRST and not st.session_state.get(asked):
        st.info(
            f"The nearest other of each of {corpus.documents:,} documents: half a minute for 100,000, more beyond."
        )
        if not st.button("Find them", key="redundancy.find", icon=":material/play_arrow:", type="primary"):
            return None
        st.session_state[asked] = True
    return _found(f"{state.workspace().folder} {fingerprint}", corpus)


def distances(corpus: Corpus) -> NDArray[np.float64]:
    """Each document's distance to its nearest other, NaN for none; the corpus has an embedding."""
    fingerprint = _embedding(corpus)
    found = _found(f"{state.workspace().folder} {fingerprint}", corpus)
    return found.distances.astype(np.float64)


def quick(corpus: Corpus) -> bool:
    """Whether `distances` has them at once, or nearly so."""
    fingerprint = _embedding(corpus)
    asked = bool(st.session_state.get(f"redundancy.asked.{fingerprint}"))
    return fingerprint is not None and (asked or corpus.documents <= ASK_FIRST)


@st.cache_data(show_spinner="Finding each document's nearest other …", max_entries=4)
def _found(key_: str, _corpus: Corpus) -> Nearest:  # noqa: ARG001 part of the key
    return nearest_others(state.workspace().vectors(_corpus))


def _numbers(found: Nearest, close: NDArray[np.bool_]) -> None:
    known = found.distances[np.isfinite(found.distances)]
    if not len(known):
        st.info("No document has another to be near to.")
        return
    with st.container(horizontal=True):
        st.metric(
            "Documents with a near other",
            f"{int(close.sum()):,}",
            f"{close.mean():.1%} of all",
            delta_color="off",
            delta_arrow="off",
        )
        st.metric("Median distance to the nearest", f"{np.median(known):.3f}")
        st.metric("Of the same embedding", f"{int((known < SAME).sum()):,}", help=f"Distance below {SAME:g}.")
    if not found.exact:
        st.caption(
            f"Above {EXACT_ROWS:,} documents a neighbour is looked for in the 16 nearest of many cells: a distance "
            "may be a little too long, never too short."
        )


# --- the map ----------------------------------------------------------------------------------------


def _map(corpus: Corpus, found: Nearest, near: float) -> None:
    if not {"x", "y"} <= {fact.name for fact in state.facts(corpus)}:
        st.info("The stage “cluster” lays the documents out; then they are drawn here.")
        return
    shown = sample(corpus.documents, MAX_POINTS)
    shown = shown[np.isfinite(found.distances[shown])]
    shown = shown[np.argsort(-found.distances[shown], kind="stable")]  # the closest on top
    x, y = state.numbers(corpus, "x")[shown], state.numbers(corpus, "y")[shown]
    distances = found.distances[shown]
    figure = go.Figure(
        go.Scattergl(
            x=np.round(x, 3).tolist(),
            y=np.round(y, 3).tolist(),
            mode="markers",
            marker={
                "size": 4,
                "opacity": 0.75,
                "color": np.round(distances, 4).tolist(),
                "colorscale": scale(),
                "cmin": 0,
                "cmax": max(2 * near, 0.02),
                "colorbar": {"title": {"text": "distance"}, "thickness": 12},
            },
            customdata=shown.tolist(),
            hovertemplate="row %{customdata:,}: the nearest other is %{marker.color:.3f} away<extra></extra>",
        )
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    st.caption("A point a document; in full colour where another is next to it, faint from twice “near” on.")
    chart.draw(
        palette.looks(figure, 480, legend=False), "redundancy.map", "Map of distances to the nearest other"
    )


def scale() -> list[tuple[float, str]]:
    """From full colour, at a copy, to what is there but not meant."""
    return [(0.0, palette.DROPPED), (0.5, palette.COLOURS[4]), (1.0, palette.muted())]


# --- places and pairs -------------------------------------------------------------------------------


def _densest(corpus: Corpus, found: Nearest, close: NDArray[np.bool_], by: str) -> str | None:
    """List the places by the share of near documents; return the one chosen."""
    names, codes = state.codes(corpus, by)
    sizes = np.bincount(codes, minlength=len(names))
    held = np.bincount(codes, close, len(names))
    rows = [
        {
            by: names[place],
            "documents": int(sizes[place]),
            "near": int(held[place]),
            "share": held[place] / sizes[place],
            "median distance": _median(found.distances[codes == place]),
        }
        for place in np.lexsort((-held, -held / np.maximum(sizes, 1))).tolist()
    ]
    st.markdown("**The densest places**")
    columns: dict[str, Any] = {
        by: st.column_config.TextColumn(width=170),
        "documents": st.column_config.NumberColumn(format="localized", width=80),
        "share": st.column_config.ProgressColumn(
            "share near", format="percent", min_value=0, max_value=1, width=110
        ),
        "near": None,
        "median distance": st.column_config.NumberColumn("median", format="%.3f", width=70),
    }
    chosen = table.select(rows, f"redundancy.places.{by}.{int(close.sum())}", 440, columns)
    return None if chosen is None else str(rows[chosen][by])


def _median(distances: NDArray[np.float32]) -> float | None:
    known = distances[np.isfinite(distances)]
    return float(np.median(known)) if len(known) else None


def _pairs(corpus: Corpus, found: Nearest, by: str, place: str | None) -> None:
    """List the closest pairs, of a place or anywhere; the one chosen is laid over each other."""
    where = place or ANYWHERE
    st.markdown(f"**The closest pairs: {plain.markdown(where, 120)}**")
    lowest = SAME if st.toggle("Leave equal embeddings out", key="redundancy.unequal") else -1.0
    rows = _closest(found, _inside(corpus, by, place) & (found.distances > lowest))
    if not len(rows):
        st.caption("No document here has a nearest other.")
        return
    facts = (
        state.workspace().read(corpus, ["id", "source"], np.concatenate([rows, found.rows[rows]])).to_pylist()
    )
    listed = [
        {
            "distance": float(found.distances[row]),
            "id": first["id"],
            "source": first["source"],
            "the nearest": second["id"],
            "its source": second["source"],
        }
        for row, first, second in zip(rows.tolist(), facts[: len(rows)], facts[len(rows) :], strict=True)
    ]
    columns = {"distance": st.column_config.NumberColumn(format="%.4f")}
    chosen = table.select(listed, f"redundancy.pairs.{by}.{where}.{lowest}", 280, columns)
    if chosen is None:
        st.caption(
            "Choose a pair to lay one over the other. To leave such documents out, look for semantic copies on the "
            "tab “Copies”: its epsilon is this distance."
        )
        return
    row = int(rows[chosen])
    overlay.documents(corpus, row, int(found.rows[row]), f"redundancy.overlay.{row}")


def _inside(corpus: Corpus, by: str, place: str | None) -> NDArray[np.bool_]:
    if place is None:
        return np.ones(corpus.documents, dtype=np.bool_)
    names, codes = state.codes(corpus, by)
    inside: NDArray[np.bool_] = codes == names.index(place)
    return inside


def _closest(found: Nearest, inside: NDArray[np.bool_]) -> Rows:
    """Rows of the closest pairs, each pair once."""
    rows = np.flatnonzero(inside & (found.rows >= 0))
    mutual = (found.rows[found.rows[rows]] == rows) & inside[found.rows[rows]]
    rows = rows[~mutual | (rows < found.rows[rows])]
    closest: Rows = rows[np.argsort(found.distances[rows], kind="stable")][:NUM_PAIRS]
    return closest
