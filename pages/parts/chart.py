"""Charts: distributions by domain, what is kept and dropped, the waterfall, losses. Geometry only, no text.

Every name that comes from data is escaped: plotly reads some HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from core.distribution import Distribution
from core.threshold import Outcome
from core.types import WaterfallRow
from pages.parts import palette, plain

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}
SHAPES = ("Ridges", "Box", "Cumulative")
RIDGE = 0.92  # height of the highest ridge, in rows


def draw(figure: go.Figure, key: str, alt: str) -> None:
    """Draw a figure that is only looked at."""
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt)


def distribution(
    found: Distribution,
    names: Sequence[str],
    column: str,
    shape: str,
    bounds: Sequence[float | None],
    key: str,
    logarithmic: bool = False,
) -> None:
    """Draw a column's distribution by domain as ridges, box figures or cumulative shares."""
    builder = {"Box": _boxes, "Ridges": _ridges, "Cumulative": _cumulative}[shape]
    figure = builder(found, names)
    for bound in bounds:
        if bound is not None and (bound > 0 or not logarithmic):
            figure.add_vline(bound, line={"color": palette.DROPPED, "width": 2, "dash": "dash"})
    height = 380 if shape == "Cumulative" else max(260, 70 + (34 if shape == "Ridges" else 26) * len(names))
    y = "share at or below" if shape == "Cumulative" else ""
    figure = palette.looks(figure, height, x=plain.plotly(column), y=y, legend=shape == "Cumulative")
    if logarithmic:
        figure.update_xaxes(type="log", exponentformat="power")
    draw(figure, key, f"{shape} of {column} by domain")


def _boxes(found: Distribution, names: Sequence[str]) -> go.Figure:
    figure = go.Figure()
    place, labels = palette.places(names), plain.labels(names)
    for name, box in reversed(list(zip(names, found.box, strict=True))):
        if not np.isnan(box[0]):
            low, first, median, third, high = box.tolist()
            figure.add_trace(
                go.Box(
                    y=[labels[name]],
                    orientation="h",
                    lowerfence=[low],
                    q1=[first],
                    median=[median],
                    q3=[third],
                    upperfence=[high],
                    marker_color=palette.colour(place[name]),
                    name=plain.plotly(name, 32),
                )
            )
    return figure


def _ridges(found: Distribution, names: Sequence[str]) -> go.Figure:
    """A histogram a domain, one above the other, each as high as its own highest bin allows."""
    figure = go.Figure()
    shown = [position for position in range(len(names)) if found.shares[position].any()]
    place = palette.places(names)
    x = np.repeat(found.edges, 2)
    for row, position in enumerate(reversed(shown)):
        shares = found.shares[position]
        height = np.concatenate([[0.0], np.repeat(shares, 2), [0.0]]) * (RIDGE / shares.max())
        told = np.concatenate([[0.0], np.repeat(shares, 2), [0.0]])
        colour = palette.colour(place[names[position]])
        figure.add_trace(
            go.Scatter(
                x=x.tolist(),
                y=(row + height).tolist(),
                customdata=told.tolist(),
                mode="lines",
                line={"color": colour, "width": 1.2},
                fill="toself",
                fillcolor=palette.faint(colour),
                name=plain.plotly(names[position], 32),
                hovertemplate="%{x:,.4g}: %{customdata:.1%}<extra>"
                + plain.plotly(names[position], 32)
                + "</extra>",
                hoveron="points",
            )
        )
    labels = [plain.plotly(names[position], 32) for position in reversed(shown)]
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(shown))), ticktext=labels, range=[-0.1, len(shown) + 0.05],
        zeroline=False,
    )  # fmt: skip
    return figure


def _cumulative(found: Distribution, names: Sequence[str]) -> go.Figure:
    figure = go.Figure()
    for position, (name, values) in enumerate(zip(names, found.quantiles, strict=True)):
        if not np.isnan(values[0]):
            _line(figure, name, position, values, np.linspace(0, 1, len(values)))
    return figure


def _line(figure: go.Figure, name: str, position: int, x: NDArray[Any], y: NDArray[Any]) -> None:
    figure.add_trace(
        go.Scatter(
            x=x.tolist(),
            y=y.tolist(),
            mode="lines",
            name=plain.plotly(name, 32),
            line={"color": palette.colour(position), "dash": palette.dash(position), "width": 2},
        )
    )


def value_counts(
    counts: NDArray[np.int64], names: Sequence[str], values: Sequence[str], column: str, key: str
) -> None:
    """Draw how many documents have each value, stacked by domain; the twenty commonest values."""
    top = np.argsort(-counts.sum(axis=0), kind="stable")[:20]
    figure = go.Figure()
    labels = plain.labels(values[i] for i in top)
    for position, name in enumerate(names):
        figure.add_trace(
            go.Bar(
                x=list(labels.values()),
                y=counts[position, top].tolist(),
                name=plain.plotly(name, 32),
                marker=palette.bar(position),
            )
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(type="category")
    draw(
        palette.looks(figure, 360, x=plain.plotly(column), y="documents"),
        key,
        f"Documents by {column} and domain",
    )


def kept_and_dropped(found: Outcome, key: str) -> None:
    """Draw the share of each domain's tokens that is kept and dropped."""
    figure = go.Figure()
    names = list(found.domains)[::-1]
    labels = plain.labels(names)
    parts = [found.domains[name] for name in names]
    totals = [max(1, part.kept.tokens + part.dropped.tokens) for part in parts]
    for label, colour, sizes in (
        ("kept", palette.KEPT, [part.kept.tokens for part in parts]),
        ("dropped", palette.DROPPED, [part.dropped.tokens for part in parts]),
    ):
        figure.add_trace(
            go.Bar(
                y=[labels[name] for name in names],
                x=[size / total for size, total in zip(sizes, totals, strict=True)],
                orientation="h",
                name=label,
                marker={"color": colour, "pattern": {"shape": "/" if label == "dropped" else ""}},
                customdata=sizes,
                hovertemplate="%{customdata:,} tokens, %{x:.1%}<extra>" + label + "</extra>",
            )
        )
    figure.update_layout(barmode="stack")
    figure.update_yaxes(type="category")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    height = max(240, 80 + 26 * len(names))
    draw(
        palette.looks(figure, height, x="share of the domain's tokens"),
        key,
        "Tokens kept and dropped by domain",
    )


def waterfall(rows: Sequence[WaterfallRow], key: str) -> None:
    """Draw the tokens left after each step, by domain."""
    figure = go.Figure()
    steps = [f"{number}. {plain.plotly(row.name, 40)}" for number, row in enumerate(rows)]
    domains = sorted({domain for row in rows for domain in row.by_domain})
    for position, domain in enumerate(domains):
        left = [row.by_domain[domain].tokens if domain in row.by_domain else 0 for row in rows]
        figure.add_trace(
            go.Bar(
                x=left,
                y=steps,
                orientation="h",
                name=plain.plotly(domain, 32),
                marker=palette.bar(position),
                hovertemplate="%{x:,} tokens<extra>" + plain.plotly(domain, 32) + "</extra>",
            )
        )
    figure.update_layout(barmode="stack")
    figure.update_yaxes(autorange="reversed", type="category")
    height = max(120 + 19 * len(domains), 90 + 38 * len(rows))
    draw(palette.looks(figure, height, x="tokens left"), key, "Tokens left after each step of the mixture")


def bars(values: Mapping[str, float | None], label: str, key: str) -> None:
    """Draw one number a name; a name without a number is left out."""
    known = {name: value for name, value in values.items() if value is not None}
    place, labels = palette.places(list(values)), plain.labels(values)
    names = sorted(known, key=lambda name: known[name])
    figure = go.Figure(
        go.Bar(
            x=[known[name] for name in names],
            y=[labels[name] for name in names],
            orientation="h",
            marker={
                "color": [palette.colour(place[name]) for name in names],
                "pattern": {
                    **palette.bar(0)["pattern"],
                    "shape": [palette.stripes(place[name]) for name in names],
                },
            },
        )
    )
    figure.update_yaxes(type="category")
    height = max(220, 80 + 26 * len(names))
    draw(palette.looks(figure, height, x=plain.plotly(label), legend=False), key, f"{label} by domain")


def curves(lines: Mapping[tuple[str, str], tuple[list[int], list[float]]], by: str, y: str, key: str) -> None:
    """Draw one curve a (run, domain): colour says which `by` ("domain" or "run"), the dash the other."""
    figure = go.Figure()
    runs, domains = sorted({run for run, _ in lines}), sorted({domain for _, domain in lines})
    for (run, domain), (steps, values) in lines.items():
        main, other = (runs.index(run), domains.index(domain))
        if by == "domain":
            main, other = other, main
        label = domain if len(runs) == 1 else f"{run} · {domain}"
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=values,
                mode="lines+markers",
                name=plain.plotly(label, 60),
                line={"color": palette.colour(main), "dash": palette.DASHES[other % 4], "width": 2},
                marker={"size": 5, "symbol": palette.SYMBOLS[(other // 4 + main // 8) % 6]},
            )
        )
    draw(palette.looks(figure, 440, x="tokens seen", y=plain.plotly(y)), key, f"{y} by tokens seen")


def pairs(values: Mapping[str, tuple[float, float]], sides: tuple[str, str], unit: str, key: str) -> None:
    """Draw two shares a name, side by side."""
    names = sorted(values, key=lambda name: values[name][0])
    figure, labels = go.Figure(), plain.labels(names)
    for side, (label, colour) in enumerate(zip(sides, (palette.muted(), palette.KEPT), strict=True)):
        figure.add_trace(
            go.Bar(
                x=[values[name][side] for name in names],
                y=[labels[name] for name in names],
                orientation="h",
                name=label,
                marker_color=colour,
                hovertemplate="%{x:.1%}<extra>" + label + "</extra>",
            )
        )
    figure.update_layout(barmode="group", legend_traceorder="reversed")
    figure.update_xaxes(tickformat="~%")  # small shares need their decimals
    figure.update_yaxes(type="category")
    height = max(240, 90 + 34 * len(names))
    draw(palette.looks(figure, height, x=unit), key, f"{sides[0]} and {sides[1]}, {unit} by domain")
