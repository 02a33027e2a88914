"""A warning that texts hide behind until somebody asks for them.

Owns the session keys that end with `.lifted`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.signals.toxicity import ToxicityDimensions
from core.threshold import quoted
from core.types import Corpus
from pages.parts import state

TOXIC = 0.5  # the model's threshold: from here on a text is shown on request only
HIGH = 1.5  # so is one that rounds to level 2 or 3 in a dimension
LEVELS = ToxicityDimensions().columns
HIDDEN = "(hidden: it may be toxic)"
BOUNDS = {
    "toxicity": TOXIC,
    **dict.fromkeys((*LEVELS, *(n.replace("toxicity", "celadon") for n in LEVELS)), HIGH),
}


def hidden(corpus: Corpus, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these documents are toxic enough for their texts to stay hidden until asked for."""
    at = np.asarray(rows, dtype=np.int64)
    found = np.zeros(len(at), dtype=np.bool_)
    for column, bound in _bounds(corpus).items():
        found |= state.numbers(corpus, column)[at] >= bound
    return found


def expression(corpus: Corpus) -> str:
    """The same, as a boolean SQL expression over `documents`."""
    terms = [f"coalesce({quoted(column)} >= {bound}, false)" for column, bound in _bounds(corpus).items()]
    return " OR ".join(terms) or "false"


def warning(corpus: Corpus, row: int) -> str:
    """Return what to say before the document's text is shown; nothing where it is not hidden."""
    for column, bound in _bounds(corpus).items():
        value = state.numbers(corpus, column)[row]
        if value >= bound:
            what = "The toxicity score" if column == "toxicity" else f"The level of “{words(column)}”"
            return f"{what} of this document is {value:.2f}: its text may insult, threaten or demean."
    return ""


def words(column: str) -> str:
    """A toxicity column as people call it: `toxicity_race_origin` is race and origin."""
    return column.removeprefix("toxicity_").replace("_", " and " if column in LEVELS else " ")


def lifted(warning: str, key: str) -> bool:
    """Whether texts may be shown; where there is a warning, it is drawn with the button that lifts it."""
    if not warning or st.session_state.get(f"{key}.lifted"):
        return True
    st.warning(warning, icon=":material/visibility_off:")
    if st.button("Show the texts", key=key, icon=":material/visibility:"):
        st.session_state[f"{key}.lifted"] = True
        st.rerun()
    return False


def _bounds(corpus: Corpus) -> Mapping[str, float]:
    """From which value of which of its columns a document is hidden."""
    there = {fact.name for fact in state.facts(corpus) if fact.is_number}
    return {column: bound for column, bound in BOUNDS.items() if column in there}
