"""One palette, safe for the colour-blind, on light and dark: colours, symbols, and figures' common looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

# Okabe and Ito 2008; black is grey here, to show on both backgrounds, and yellow is darkened for white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A", "#B8A500")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star")
DASHES = ("solid", "dash", "dot", "dashdot")
CONTINUOUS = "Cividis"  # made for the colour-blind: Nuñez, Anderton and Renslow 2018
KEPT, DROPPED = "#0072B2", "#D55E00"


def is_dark() -> bool:
    """Whether the reader's theme is dark."""
    return st.context.theme.type == "dark"


def muted() -> str:
    """The grey of what is there but not meant."""
    return "#3A4250" if is_dark() else "#D5D9DF"


def colour(position: int) -> str:
    """The colour of the n-th thing; after eight they come round again, with another symbol or dash."""
    return COLOURS[position % len(COLOURS)]


def bar(position: int) -> dict[str, Any]:
    """How the n-th thing's bars look; after eight, colours come round again with stripes."""
    pattern = {"shape": stripes(position), "size": 6, "solidity": 0.35}
    return {"color": colour(position), "pattern": pattern}


def stripes(position: int) -> str:
    """The stripes of the n-th thing's bars: none for the first eight."""
    return ("", "/", "x", ".")[position // len(COLOURS) % 4]


def faint(colour_: str, opacity: float = 0.35) -> str:
    """The colour, seen through."""
    red, green, blue = (int(colour_[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def symbol(position: int) -> str:
    """The map symbol of the n-th thing."""
    return SYMBOLS[position // len(COLOURS) % len(SYMBOLS)]


def dash(position: int) -> str:
    """The line style of the n-th thing."""
    return DASHES[position // len(COLOURS) % len(DASHES)]


def places(names: Sequence[str]) -> dict[str, int]:
    """Each name's number in the palette: by the alphabet, so that a domain looks alike on every page."""
    return {name: position for position, name in enumerate(sorted(names))}


def looks(figure: Any, height: int, *, x: str = "", y: str = "", legend: bool = True) -> Any:
    """Give a figure its height, axis titles and a legend on the right; returns it."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 20, "b": 10},
        showlegend=legend,
        legend={"itemsizing": "constant", "font": {"size": 12}},
        hoverlabel={"align": "left", "namelength": -1},
        xaxis_title=x or None,
        yaxis_title=y or None,
    )
    return figure
