"""A warning that texts hide behind until somebody asks for them.

Owns the session keys that end with `.lifted`.
"""

from __future__ import annotations

import streamlit as st


def lifted(warning: str, key: str) -> bool:
    """Whether texts may be shown; where there is a warning, it is drawn with the button that lifts it."""
    if not warning or st.session_state.get(f"{key}.lifted"):
        return True
    st.warning(warning, icon=":material/visibility_off:")
    if st.button("Show the texts", key=key, icon=":material/visibility:"):
        st.session_state[f"{key}.lifted"] = True
        st.rerun()
    return False
