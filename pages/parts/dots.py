"""Dots with their intervals: a metric over domains, the price of quality, three measures together.

A value is a map with `value`, `low`, `high`, `n` and `small`, as `core.rarefaction.Measured` has it. Every name
that comes from data is escaped: plotly reads some HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.parts import chart, palette, plain

Measured = Mapping[str, Any]


def intervals(parts: Mapping[str, Measured], whole: Measured | None, label: str, key: str) -> None:
    """Draw a metric's value of each part with its interval, the least at the bottom; hollow where small.

    The line and the band behind are of the whole.
    """
    known = {name: one for name, one in parts.items() if one["value"] is not None}
    place, labels = palette.places(list(parts)), plain.labels(parts)
    figure = go.Figure()
    if whole is not None and whole["value"] is not None:
        _band(figure, whole)
    for name in sorted(known, key=lambda name: known[name]["value"]):
        one, colour = known[name], palette.colour(place[name])
        told = f"{one['value']:.4g}{_between(one)}, {one['n']:,} documents a sample"
        figure.add_trace(
            go.Scatter(
                x=[one["value"]],
                y=[labels[name]],
                error_x=_bars(one, one["value"], colour),
                mode="markers",
                marker={
                    "size": 10,
                    "color": colour,
                    "symbol": palette.symbol(place[name]) + ("-open" if one["small"] else ""),
                    "line": {"width": 2 if one["small"] else 0, "color": colour},
                },
                hovertemplate=told + "<extra>" + plain.plotly(name, 32) + "</extra>",
            )
        )
    figure.update_yaxes(type="category")
    figure = palette.looks(figure, max(220, 90 + 28 * len(known)), x=plain.plotly(label), legend=False)
    chart.draw(figure, key, f"{label} by domain, with 95 % intervals")


def _band(figure: go.Figure, whole: Measured) -> None:
    if whole["low"] is not None:
        figure.add_vrect(
            whole["low"], whole["high"], fillcolor=palette.faint(palette.colour(6), 0.2), line_width=0
        )
    line = {"color": palette.colour(6), "width": 1.5, "dash": "dash"}
    figure.add_vline(
        whole["value"], line=line, annotation_text="(all)", annotation_position="top right",
        annotation_font_size=11,
    )  # fmt: skip


def _bars(one: Measured, value: float, colour: str, base: float = 0.0) -> dict[str, Any] | None:
    """Error bars from an interval; where there is a `base`, of the change against it."""
    if one["low"] is None:
        return None
    low, high = (edge / base - 1 if base else edge for edge in (one["low"], one["high"]))
    return {
        "type": "data",
        "array": [high - value],
        "arrayminus": [value - low],
        "color": colour,
        "thickness": 1.5,
        "width": 5,
    }


def _between(one: Measured) -> str:
    return "" if one["low"] is None else f" ({one['low']:.4g} to {one['high']:.4g})"


def prices(lines: Mapping[str, Sequence[Mapping[str, Any]]], labels: tuple[str, str], key: str) -> None:
    """Draw curves: how much a metric changes as mean quality rises, each against its own first point.

    A line is a list of points with `quality` and `change` (both measured), `base` (what the change is against)
    and `told`.
    """
    figure = go.Figure()
    for number, (name, points) in enumerate(lines.items()):
        known = [p for p in points if p["quality"] is not None and p["metric"]["value"] is not None]
        colour = palette.colour(number)
        changes = [p["metric"]["value"] / p["base"] - 1 for p in known]
        bars = [_bars(p["metric"], c, colour, p["base"]) for p, c in zip(known, changes, strict=True)]
        figure.add_trace(
            go.Scatter(
                x=[p["quality"] for p in known],
                y=changes,
                mode="lines+markers",
                name=plain.plotly(name, 48),
                customdata=[plain.plotly(p["told"], 80) for p in known],
                line={"color": colour, "width": 2, "dash": palette.DASHES[number % 4]},
                marker={"size": 8, "symbol": palette.SYMBOLS[number % 6]},
                error_y={
                    "type": "data",
                    "array": [bar["array"][0] if bar else 0 for bar in bars],
                    "arrayminus": [bar["arrayminus"][0] if bar else 0 for bar in bars],
                    "thickness": 1,
                    "width": 4,
                },
                hovertemplate="%{customdata}: %{y:+.1%}<extra>" + plain.plotly(name, 48) + "</extra>",
            )
        )
    figure.add_hline(0, line={"color": palette.colour(6), "width": 1, "dash": "dash"})
    figure.update_yaxes(tickformat="+.0%")
    figure.update_layout(legend={"orientation": "h", "y": 1.12})
    x, y = (plain.plotly(label) for label in labels)
    chart.draw(palette.looks(figure, 420, x=x, y=y), key, f"{labels[1]} against {labels[0]}")


def three(rows: Sequence[Mapping[str, Any]], labels: tuple[str, str, str], key: str) -> None:
    """Draw parts by two measures with their intervals, the third as the size of the dots.

    A row has `name` and the measures `x`, `y` and `size`; one without a measure is left out.
    """
    place = palette.places([row["name"] for row in rows])
    known = [row for row in rows if None not in (row["x"]["value"], row["y"]["value"], row["size"]["value"])]
    sizes = [row["size"]["value"] for row in known]
    least, span = min(sizes, default=0), (max(sizes, default=0) - min(sizes, default=0)) or 1
    figure = go.Figure()
    for row, size in zip(known, sizes, strict=True):
        colour = palette.colour(place[row["name"]])
        told = " · ".join(
            f"{plain.plotly(label)} {row[axis]['value']:.4g}{_between(row[axis])}"
            for label, axis in zip(labels, ("x", "y", "size"), strict=True)
        )
        figure.add_trace(
            go.Scatter(
                x=[row["x"]["value"]],
                y=[row["y"]["value"]],
                error_x=_bars(row["x"], row["x"]["value"], colour),
                error_y=_bars(row["y"], row["y"]["value"], colour),
                mode="markers",
                name=plain.plotly(row["name"], 32),
                marker={
                    "size": 9 + 20 * (size - least) / span,
                    "color": colour,
                    "symbol": palette.symbol(place[row["name"]]),
                    "opacity": 0.85,
                },
                hovertemplate=told + "<extra>" + plain.plotly(row["name"], 32) + "</extra>",
            )
        )
    x, y = plain.plotly(labels[0]), plain.plotly(labels[1])
    chart.draw(palette.looks(figure, 440, x=x, y=y), key, f"{labels[1]} against {labels[0]} by domain")
