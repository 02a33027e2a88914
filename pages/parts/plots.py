"""Charts of signals and filters: ridges on own axes, curves, matrices, small multiples, joint plots, reliability.

Every name that comes from data is escaped: plotly reads some HTML.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from core.calibration import Bins
from core.curve import Curve
from core.distribution import distribution
from pages.parts import chart, palette, plain

ROW_HEIGHT = 64


def free_ridges(
    values: NDArray[np.float64],
    codes: NDArray[np.int32],
    names: Sequence[str],
    column: str,
    logarithmic: bool,
    bounds: Sequence[float | None],
    key: str,
) -> None:
    """Draw each domain's histogram over its own range of values."""
    place = palette.places(names)
    known = [i for i in range(len(names)) if np.isfinite(values[codes == i]).any()]
    if not known:
        return
    figure = make_subplots(rows=len(known), cols=1, vertical_spacing=0.12 / len(known))
    for row, position in enumerate(known, start=1):
        own = values[codes == position]
        found = distribution(own, np.zeros(len(own), np.int32), 1, logarithmic=logarithmic)
        colour = palette.colour(place[names[position]])
        figure.add_trace(_area(found.edges, found.shares[0], colour, names[position]), row=row, col=1)
        figure.update_yaxes(
            title={"text": plain.plotly(names[position], 24), "font": {"size": 11}}, showticklabels=False,
            row=row, col=1,
        )  # fmt: skip
        for bound in bounds:
            if bound is not None and found.edges[0] <= bound <= found.edges[-1]:
                line = {"color": palette.DROPPED, "width": 2, "dash": "dash"}
                figure.add_vline(bound, line=line, row=row, col=1)
    if logarithmic:
        figure.update_xaxes(type="log", exponentformat="power")
    figure = palette.looks(figure, 60 + ROW_HEIGHT * len(known), legend=False)
    chart.draw(figure, key, f"Distribution of {column} by domain, each on its own axis")


def _area(
    edges: NDArray[np.float64], shares: NDArray[np.float64], colour: str, name: str, fill: bool = True
) -> go.Scatter:
    """A histogram's outline; filled, or dashed to stand before another."""
    height = np.concatenate([[0.0], np.repeat(shares, 2), [0.0]])
    return go.Scatter(
        x=np.repeat(edges, 2).tolist(),
        y=height.tolist(),
        mode="lines",
        line={"color": colour, "width": 1.4},
        fill="tozeroy" if fill else "none",
        fillcolor=palette.faint(colour),
        name=plain.plotly(name, 32),
        hovertemplate="%{x:,.4g}: %{y:.1%}<extra>" + plain.plotly(name, 32) + "</extra>",
    )


def kept_curve(found: Curve, names: Sequence[str], unit: str, bound: float | None, key: str) -> None:
    """Draw the share of each domain that every threshold would keep."""
    figure = go.Figure()
    shares = found.tokens if unit == "tokens" else found.documents
    whole = found.all_tokens if unit == "tokens" else found.all_documents
    place = palette.places(names)
    grey = {"color": palette.colour(6), "width": 4}
    figure.add_trace(
        go.Scatter(x=found.thresholds.tolist(), y=whole.tolist(), mode="lines", name="(all)", line=grey)
    )
    for name, line in zip(names, shares, strict=True):
        at = place[name]
        figure.add_trace(
            go.Scatter(
                x=found.thresholds.tolist(),
                y=line.tolist(),
                mode="lines",
                name=plain.plotly(name, 32),
                line={"color": palette.colour(at), "dash": palette.dash(at), "width": 2},
            )
        )
    if bound is not None:
        figure.add_vline(bound, line={"color": palette.DROPPED, "width": 2, "dash": "dash"})
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    figure = palette.looks(figure, 360, x=f"threshold ({found.side})", y=f"{unit} kept")
    chart.draw(figure, key, f"Share of {unit} that each threshold keeps, by domain")


def matrix(
    values: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    key: str,
    alt: str,
    *,
    diverging: bool = False,
    percent: bool = False,
    numbers: bool = True,
    most: float = 1.0,
) -> None:
    """Draw a matrix as colours with its numbers; from -1 to 1 where `diverging`, else from 0 to `most`."""
    share = ".1%" if most < 1 else ".0%"
    shape = f"%{{z:{share}}}" if percent else "%{z:.2f}"
    across, down = plain.labels(columns, 36), plain.labels(rows, 36)
    figure = go.Figure(
        go.Heatmap(
            z=[[None if math.isnan(value) else value for value in line] for line in values.tolist()],
            x=[across[name] for name in columns],
            y=[down[name] for name in rows],
            zmin=-1 if diverging else 0,
            zmax=most,
            colorscale=_scale(diverging),
            texttemplate=shape if numbers else None,
            hovertemplate="%{y} · %{x}: " + shape + "<extra></extra>",
            colorbar={"thickness": 12, "tickformat": share if percent else ".1f"},
            xgap=1,
            ygap=1,
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", tickfont={"size": 11})
    figure.update_xaxes(type="category", side="bottom", tickfont={"size": 11})
    height = max(240, 130 + (30 if numbers else 17) * len(rows))
    chart.draw(palette.looks(figure, height, legend=False), key, alt)


def _scale(diverging: bool) -> list[tuple[float, str]]:
    """Colours that begin, or have their middle, near the background: opaque, that plotly's numbers stand out."""
    none = "#1E242E" if palette.is_dark() else "#F4F6F8"
    ends = [(1.0, palette.KEPT)]
    return [(0.0, palette.DROPPED), (0.5, none), *ends] if diverging else [(0.0, none), *ends]


def small(
    edges: NDArray[np.float64],
    whole: NDArray[np.float64],
    odd: NDArray[np.float64] | None,
    name: str,
    key: str,
) -> None:
    """Draw a signal's distribution, a line a domain: all documents filled, the odd domain's before them."""
    figure = go.Figure(_area(edges, whole, palette.colour(6), "(all)"))
    if odd is not None:
        figure.add_trace(_area(edges, odd, palette.DROPPED, name, fill=False))
    figure.update_yaxes(visible=False)
    figure.update_xaxes(nticks=4, tickfont={"size": 10})
    figure = palette.looks(figure, 130, legend=False)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    st.plotly_chart(figure, key=key, config={**chart.CONFIG, "displayModeBar": False}, alt="Distribution")


def joint(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    rows: NDArray[np.int64],
    codes: NDArray[np.int32],
    names: Sequence[str],
    labels: tuple[str, str],
    key: str,
) -> Any:
    """Draw two signals against each other, a point a document, coloured by domain; return what is brushed."""
    figure = go.Figure()
    place = palette.places(names)
    for position, name in enumerate(names):
        at = np.flatnonzero(codes == position)
        if len(at):
            figure.add_trace(
                go.Scattergl(
                    x=x[at].tolist(),
                    y=y[at].tolist(),
                    customdata=rows[at].tolist(),
                    mode="markers",
                    name=plain.plotly(name, 32),
                    marker={
                        "size": 4,
                        "opacity": 0.6,
                        "color": palette.colour(place[name]),
                        "symbol": palette.symbol(place[name]),
                    },
                    hovertemplate="%{x:,.4g}, %{y:,.4g}<extra>" + plain.plotly(name, 32) + "</extra>",
                )
            )
    figure.update_layout(dragmode="select", uirevision=key)
    return st.plotly_chart(
        palette.looks(figure, 520, x=plain.plotly(labels[0]), y=plain.plotly(labels[1])),
        key=key,
        on_select="rerun",
        selection_mode=("box", "lasso"),
        config={"displaylogo": False},
        alt=f"{labels[1]} against {labels[0]}",
    )


def reliability(lines: Mapping[str, Bins], threshold: float, key: str) -> None:
    """Draw the share of positives over the mean score of each bin, with its interval; the first line is of all."""
    diagonal = {"color": palette.colour(6), "dash": "dot", "width": 1.5}
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=diagonal, name="as it should be"))
    for number, (name, bins) in enumerate(lines.items()):
        there = bins.counts > 0
        x, y, counts = bins.scores[there], bins.shares[there], bins.counts[there]
        figure.add_trace(
            go.Scatter(
                x=x.tolist(),
                y=y.tolist(),
                customdata=counts.tolist(),
                error_y={
                    "array": (bins.high[there] - y).tolist(),
                    "arrayminus": (y - bins.low[there]).tolist(),
                    "thickness": 1,
                    "width": 4,
                },
                mode="lines+markers",
                name=plain.plotly(name, 32),
                line={"color": palette.colour(number), "width": 2, "dash": palette.DASHES[number % 4]},
                marker={"size": (6 + 10 * np.sqrt(counts / counts.max())).tolist()},
                hovertemplate="score %{x:.2f}: %{y:.1%} of %{customdata:,} toxic<extra></extra>",
            )
        )
    figure.add_vline(threshold, line={"color": palette.DROPPED, "width": 2, "dash": "dash"})
    figure.update_yaxes(tickformat=".0%", range=[-0.02, 1.02])
    figure.update_xaxes(range=[-0.02, 1.02])
    figure = palette.looks(figure, 430, x="mean score of the bin", y="share that people call toxic")
    chart.draw(figure, key, "Reliability diagram: share of toxic documents by score")
