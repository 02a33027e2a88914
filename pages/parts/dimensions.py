"""Toxicity in its dimensions: how much of each domain, how it is spread, together, and examples at each level.

Owns the session keys that begin with `dimensions.`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import evidence
from core.distribution import counts, distribution
from core.signals.toxicity import ToxicityDimensions
from core.types import Corpus
from pages.parts import chart, examples, marks, plain, plots, progress, signals, state, table, ways
from pages.parts.veil import TOXIC, lifted, words

WARNING = "These documents may insult, threaten or demean. Their texts stay hidden until you ask for them."
NUM_EXAMPLES = 4
LEVELS = (0.5, 1.5, 2.5)  # where levels 1, 2 and 3 begin, for a level is rounded
QUARTERS = (0.25, 0.5, 0.75)
SHARE = st.column_config.NumberColumn(format="percent")


@dataclass(frozen=True, slots=True)
class Scale:
    """A toxicity column, and the borders that part its values into four bands."""

    column: str
    values: NDArray[np.float64]
    borders: tuple[float, ...]

    @property
    def is_level(self) -> bool:
        """Whether it counts levels from 0 to 3 (or a sum of such), not a score from 0 to 1."""
        return self.borders == LEVELS

    @property
    def bands(self) -> list[str]:
        """The four bands' names."""
        if not self.is_level:
            return ["below 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 and above"]
        return ["0", "1", "2", "3 and above" if np.nanmax(self.values, initial=0) >= 3.5 else "3"]

    @property
    def codes(self) -> NDArray[np.int32]:
        """Each document's band; 4 where it has no value. A value on a border belongs above it."""
        found = np.searchsorted(self.borders, self.values, side="right")
        return np.where(np.isnan(self.values), len(self.borders) + 1, found).astype(np.int32)


def names(corpus: Corpus) -> list[str]:
    """The columns of toxicity that are numbers: `toxicity` first, then its dimensions, then other models'."""
    found = [fact.name for fact in state.signals(corpus, ("toxicity",)) if fact.is_number]
    own = ("toxicity", *ToxicityDimensions().columns)
    return sorted(found, key=lambda name: own.index(name) if name in own else len(own))


def scale(corpus: Corpus, column: str) -> Scale:
    """A column's values and bands: levels are our dimensions, and what is whole numbers or exceeds 1."""
    values = state.numbers(corpus, column)
    known = values[~np.isnan(values)]
    is_level = column in ToxicityDimensions().columns or bool(
        (known > 1).any() or np.array_equal(known, np.round(known))
    )
    return Scale(column, values, LEVELS if is_level else QUARTERS)


def map_link(corpus: Corpus, column: str) -> None:
    """Draw a link to the map, coloured by the column."""
    ways.link("map", "On the map", ":material/scatter_plot:", {"corpus": corpus.name, "colour": column})


def panel(corpus: Corpus) -> None:
    """Draw every toxicity column by domain, one of them closely, and how they go together."""
    found = names(corpus)
    if missing := [name for name in ToxicityDimensions().columns if name not in found]:
        _offer(corpus, len(missing))
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("By", state.categories(corpus), key="dimensions.by", width=220) or "source"
        level = st.segmented_control(
            "From level", (1, 2, 3), default=1, key="dimensions.level", required=True
        )
    _overview(corpus, found, by, level or 1)
    st.subheader("One dimension")
    shown = _choose(corpus, found)
    _spread(corpus, shown, by)
    _examples(corpus, shown, by)
    if len(found) > 1:
        st.subheader("Dimensions together")
        signals.together(corpus, found, "dimensions", texts=False)


def _offer(corpus: Corpus, num_missing: int) -> None:
    st.info(
        f"{num_missing} of the five dimensions (race and origin, gender and sex, religion, ability, violence) "
        "are not scored yet. They take an encoder's time, about 15 ms a passage."
    )
    if st.button("Score the dimensions", key="dimensions.score", icon=":material/play_arrow:"):
        title = f"score {corpus.name}: dimensions of toxicity"
        progress.submit(["score", corpus.name, "--signal", ToxicityDimensions.name], title)
        st.rerun()


# --- all dimensions ---------------------------------------------------------------------------------


def _overview(corpus: Corpus, found: Sequence[str], by: str, level: int) -> None:
    """The share of each domain's documents from a level upward, a column a dimension."""
    domains, codes = state.codes(corpus, by)
    sizes = np.bincount(codes, minlength=len(domains))
    reached = dict(_reached(scale(corpus, name), level) for name in found)
    held = np.array([np.bincount(codes, mask, len(domains)) for mask in reached.values()])
    grid, labels = (held / np.maximum(sizes, 1)).T, list(reached)
    st.caption("Share of each domain's documents that reach it. Levels run from 0 to 3 and are rounded.")
    most = max(0.01, float(grid.max()))
    key = f"dimensions.overview.{level}"
    plots.matrix(
        grid, domains, labels, key, "Toxic documents by domain and dimension", percent=True, most=most
    )
    rows = [
        {by: name, "documents": int(size), **dict(zip(labels, line, strict=True))}
        for name, size, line in zip(domains, sizes, grid.tolist(), strict=True)
    ]
    with st.expander("As a table", icon=":material/table_chart:"):
        table.records(
            rows, dict.fromkeys(labels, SHARE), f"{corpus.name} toxicity by {by}", "dimensions.table"
        )
    _without_score(corpus, by)


def _reached(one: Scale, level: int) -> tuple[str, NDArray[np.bool_]]:
    """Which documents reach the level, or 0.5 where it is a score, and what to call them."""
    least = LEVELS[level - 1] if one.is_level else TOXIC
    return f"{words(one.column)} ≥ {level if one.is_level else least}", one.values >= least


def _without_score(corpus: Corpus, by: str) -> None:
    """Say which documents have no toxicity score, by reason and domain."""
    if "toxicity" not in names(corpus):
        return
    unscored = np.isnan(state.numbers(corpus, "toxicity"))
    if not unscored.any():
        return
    domains, codes = state.codes(corpus, by)
    reasons, places = ["no score"], np.zeros(len(codes), dtype=np.int32)
    if any(fact.name == "toxicity_unscored" for fact in state.facts(corpus)):
        reasons, places = state.codes(corpus, "toxicity_unscored")
    grid = counts(places[unscored], len(reasons), codes[unscored], len(domains))
    given = [(reason, column) for reason, column in zip(reasons, grid.T.tolist(), strict=True) if any(column)]
    rows = [
        {by: name, **{reason: column[place] for reason, column in given}}
        for place, name in enumerate(domains)
        if grid[place].any()
    ]
    with st.expander(f"Documents without a score: {int(unscored.sum()):,}", icon=":material/help:"):
        st.caption(
            "They have no words, or are in a language that the models do not know: their cards say which."
        )
        table.records(rows, None, f"{corpus.name} without toxicity score by {by}", "dimensions.unscored")


# --- one dimension ----------------------------------------------------------------------------------


def _choose(corpus: Corpus, found: Sequence[str]) -> Scale:
    """Have a column chosen; at first the dimension of which there is most."""
    levels = [one for name in found if (one := scale(corpus, name)).is_level]
    most = max(levels, key=lambda one: np.nansum(one.values), default=scale(corpus, found[0]))
    start = found.index(most.column)
    column = st.selectbox("Dimension", found, start, format_func=words, key="dimensions.column", width=300)
    return scale(corpus, column)


def _spread(corpus: Corpus, shown: Scale, by: str) -> None:
    domains, codes = state.codes(corpus, by)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shape = st.segmented_control(
            "Shape", chart.SHAPES, default="Ridges", key="dimensions.shape", required=True
        )
        logarithmic = st.toggle("Log axis", key="dimensions.log")
        map_link(corpus, shown.column)
    found = distribution(shown.values, codes, len(domains), logarithmic=logarithmic)
    key = f"dimensions.spread.{shown.column}"
    borders = [border for border in shown.borders if border <= found.edges[-1]]
    chart.distribution(found, domains, words(shown.column), shape, borders, key, logarithmic)


def _examples(corpus: Corpus, shown: Scale, by: str) -> None:
    """Documents drawn from each band, which is chosen by its name."""
    domains, codes = state.codes(corpus, by)
    num = len(shown.bands)
    held = counts(shown.codes, num + 1, codes, len(domains))[:, :num]
    totals = held.sum(axis=0).tolist()
    told = {i: f"{name} ({totals[i]:,})" for i, name in enumerate(shown.bands)}
    st.markdown(f"**Examples at each {'level' if shown.is_level else 'quarter of the score'}**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        band = st.segmented_control(
            "Level", told, format_func=told.__getitem__, default=0, key=f"dimensions.band.{shown.column}",
            required=True, label_visibility="collapsed",
        )  # fmt: skip
        draw = st.button("Others", key="dimensions.others", icon=":material/casino:")
    if draw:
        st.session_state["dimensions.seed"] = st.session_state.get("dimensions.seed", 0) + 1
    rows = np.flatnonzero(shown.codes == band)
    if not len(rows):
        st.caption("No document is at this level.")
        return
    order = [place for place in np.argsort(-held[:, band], kind="stable") if held[place, band]]
    st.caption(" · ".join(f"{plain.markdown(domains[place])} {held[place, band]:,}" for place in order))
    if not lifted(WARNING, "dimensions.veil"):
        return
    rng = np.random.default_rng([st.session_state.get("dimensions.seed", 0), band])
    chosen = rng.permutation(rows)[:NUM_EXAMPLES]
    st.caption(plain.markdown(evidence.explained(shown.column)))
    find = marks.of(corpus, shown.column)
    for part, place in enumerate(st.columns(2)):
        key = f"dimensions.example.{part}"
        examples.column(corpus, chosen[part::2], "", place, (shown.column,), key, find, veiled=False)
