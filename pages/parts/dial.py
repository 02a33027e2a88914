"""A weight under the hand: a slider and a number that follow each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import plain


def dial(
    places: tuple[Any, Any],
    owner: str,
    name: str,
    weight: float,
    moved: Callable[[str], None],
    *,
    fixed: bool = False,
) -> None:
    """Draw a slider and a number in percent; `moved` is told the session key that holds the new percents.

    Args:
        places: where the slider and the number are drawn.
        owner: the part's prefix of session keys, and what tells this dial's kind from others.
        name: what is weighed.
        weight: its weight now, 0 to 1.
        moved: called when either has been moved.
        fixed: whether it cannot be moved.
    """
    kind, _, rest = owner.partition(".")
    for place, what in zip(places, ("slider", "number"), strict=True):
        key = f"{kind}.{what}.{rest}.{name}"
        # What the browser sends back unmoved must equal what was set, or it counts as moved.
        st.session_state[key] = round(100 * weight, 1 if what == "slider" else 2)
        common: dict[str, Any] = {"key": key, "on_change": moved, "args": (key,), "disabled": fixed}
        if what == "slider":
            place.slider(plain.markdown(name, 60), 0.0, 100.0, step=0.1, format="%.1f%%", **common)
        else:
            place.number_input(
                f"{plain.markdown(name, 60)} in percent", 0.0, 100.0, step=1.0, format="%.2f",
                label_visibility="collapsed", **common,
            )  # fmt: skip
