"""Groups of faders: one more fader each, which moves its domains together and leaves the ratios inside.

Owns the session keys that begin with `fader_groups.`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import streamlit as st

from core.errors import MixdeskError
from core.mix import group_sums
from core.types import Corpus, Mixture
from pages.parts import desk, plain
from pages.parts.dial import dial


def board(
    corpus: Corpus, mixture: Mixture, weights: Mapping[str, float], stage: int | None, locked: Collection[str]
) -> None:
    """Draw a fader a group, and the popover in which groups are made."""
    with st.popover(
        "Groups", icon=":material/stacks:", help="Domains that move together, like web and code."
    ):
        _make(corpus, mixture, list(weights))
    for name, share in group_sums(weights, mixture.groups).items():
        members = mixture.groups[name]
        with st.container(border=True):
            slider, number, facts = st.columns([10, 4, 6], vertical_alignment="bottom")
            moved = partial(_moved, corpus, name, set(locked), stage)
            dial(
                (slider, number),
                f"fader_groups.{stage}",
                name,
                share,
                moved,
                fixed=set(members) <= set(locked),
            )
            facts.caption(", ".join(plain.markdown(member, 30) for member in members))


def _moved(corpus: Corpus, name: str, locked: set[str], stage: int | None, key: str) -> None:
    try:
        desk.move_group(corpus, name, st.session_state[key] / 100, locked, stage)
    except MixdeskError as error:
        st.toast(plain.markdown(error), icon=":material/error:")


def _make(corpus: Corpus, mixture: Mixture, domains: list[str]) -> None:
    """Draw the groups there are, each with a way out, and a form for one more."""
    for name, members in mixture.groups.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain.markdown(name)}**: {len(members)} domains", width="stretch")
            if st.button(
                "Remove", key=f"fader_groups.remove.{name}", icon=":material/delete:", type="tertiary"
            ):
                left = {group: found for group, found in mixture.groups.items() if group != name}
                desk.change(corpus, groups=left)
                st.rerun()
    free = [domain for domain in domains if not any(domain in found for found in mixture.groups.values())]
    with st.form("fader_groups.new", border=False, clear_on_submit=True):
        name = st.text_input("Name", max_chars=60, key="fader_groups.name", placeholder="web")
        members = tuple(st.multiselect("Domains", free, key="fader_groups.members"))
        if st.form_submit_button("Group them", icon=":material/add:"):
            with plain.errors_shown():
                desk.add_group(corpus, name, members)
                st.rerun()
