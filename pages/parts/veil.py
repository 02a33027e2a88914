"""A warning that texts hide behind until somebody asks for them.

Owns the session keys that end with `.lifted`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.types import Corpus
from pages.parts import state

TOXIC = 0.5  # the model's threshold: from here on a text is shown on request only
HIDDEN = "(hidden: it may be toxic)"


def hidden(corpus: Corpus, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these documents are toxic enough for their texts to stay hidden until asked for."""
    if not any(fact.name == "toxicity" for fact in state.facts(corpus)):
        return np.zeros(len(rows), dtype=np.bool_)
    return np.asarray(state.numbers(corpus, "toxicity")[np.asarray(rows, dtype=np.int64)] >= TOXIC)


def lifted(warning: str, key: str) -> bool:
    """Whether texts may be shown; where there is a warning, it is drawn with the button that lifts it."""
    if not warning or st.session_state.get(f"{key}.lifted"):
        return True
    st.warning(warning, icon=":material/visibility_off:")
    if st.button("Show the texts", key=key, icon=":material/visibility:"):
        st.session_state[f"{key}.lifted"] = True
        st.rerun()
    return False
