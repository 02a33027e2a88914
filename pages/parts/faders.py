"""The faders: a domain each, with a lock; what is moved is the whole run's weights or one stage's.

Owns the session keys that begin with `faders.`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.errors import MixdeskError
from core.mix import PRESETS, Pool, preset
from core.types import Corpus, DomainPlan, Mixture, Plan
from pages.parts import desk, fader_groups, plain, state
from pages.parts.dial import dial

MOST_FADERS = 40  # on one page of the board
WHOLE_RUN = "whole run"
PRESET_WORDS = {
    "proportional": "As many tokens as there are",
    "uniform": "All alike",
    "temperature": "Small domains raised: tokens to the power of 1/2",
    "unimax": "All alike, but no domain repeats beyond its epochs (UniMax)",
    "effective": "All alike, but a domain that would repeat counts for what its repeats are worth",
}


def choose_domain(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the choice of the columns whose values are the domains; others start the weights afresh."""
    columns = list(dict.fromkeys([*state.categories(corpus), mixture.domain, *mixture.cross]))
    now = columns.index(mixture.domain)
    left, right = st.columns(2)
    column = left.selectbox("A fader for each", columns, index=now, key=f"faders.domain.{mixture.domain}")
    crossed = right.multiselect(
        "divided by",
        [one for one in columns if one != column],
        default=[one for one in mixture.cross if one != column],
        key=f"faders.cross.{column}.{'.'.join(mixture.cross)}",
        placeholder="nothing more",
        help="A fader for each source in each language, say.",
    )
    if (column, tuple(crossed)) != (mixture.domain, mixture.cross):
        afresh: dict[str, Any] = {"weights": None, "stages": (), "max_epochs": 4.0, "groups": {}}
        desk.change(corpus, domain=column, cross=tuple(crossed), **afresh)
        st.rerun()


def board(corpus: Corpus, mixture: Mixture, pool: Pool, plan: Plan | None) -> None:
    """Draw the faders of the stage chosen, presets above them."""
    stage = _stage(mixture)
    weights = desk.weights(corpus, mixture, stage)
    _toolbar(corpus, mixture, pool, stage, weights)
    fader_groups.board(corpus, mixture, weights, stage, _locked(corpus))
    names = sorted(weights, key=lambda name: (-pool.available[name], name))
    shown = _page(names)
    for name in shown:
        _fader(corpus, name, weights[name], stage, pool.available[name], plan.domains[name] if plan else None)


def _stage(mixture: Mixture) -> int | None:
    """Draw the choice of stage where there are any; None is the whole run."""
    if not mixture.stages:
        return None
    starts = [0.0, *(stage.until for stage in mixture.stages)]
    labels = [
        f"{number + 1}: {starts[number]:.0%} to {stage.until:.0%}"
        for number, stage in enumerate(mixture.stages)
    ]
    chosen = st.segmented_control(
        "Faders of stage", [WHOLE_RUN, *labels], default=labels[0], key="faders.stage", required=True
    )
    return labels.index(chosen) if chosen in labels else None


def _toolbar(
    corpus: Corpus, mixture: Mixture, pool: Pool, stage: int | None, weights: dict[str, float]
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for name in PRESETS:
            if st.button(name.capitalize(), help=PRESET_WORDS[name], key=f"faders.preset.{name}"):
                with plain.errors_shown():
                    _apply_preset(corpus, mixture, pool, stage, name)
                    st.rerun()
        locked = _locked(corpus)
        if locked and st.button("Unlock all", icon=":material/lock_open:", key="faders.unlock"):
            locked.clear()
            st.rerun()
    st.caption(
        f"{sum(1 for weight in weights.values() if weight > 0)} of {len(weights)} domains are in the mix. "
        "Move one fader and the others keep their ratios; locked ones stay."
    )


def _apply_preset(corpus: Corpus, mixture: Mixture, pool: Pool, stage: int | None, name: str) -> None:
    budget = mixture.budget.tokens if mixture.budget else None
    found = preset(name, pool.available, budget=budget, max_epochs=mixture.max_epochs)
    desk.set_weights(corpus, desk.normal(found), stage)


def _page(names: list[str]) -> list[str]:
    if len(names) <= MOST_FADERS:
        return names
    wanted = st.text_input("Find a domain", key="faders.find", placeholder=f"among {len(names):,}")
    found = [name for name in names if (wanted or "").lower() in name.lower()]
    page = st.pagination(max(1, -(-len(found) // MOST_FADERS)), key=f"faders.page.{wanted}")
    return found[(page - 1) * MOST_FADERS : page * MOST_FADERS]


def _locked(corpus: Corpus) -> set[str]:
    """The domains whose faders are locked; the set may be changed."""
    found: set[str] = st.session_state.setdefault(f"faders.locked.{corpus.name}", set())
    return found


def _fader(
    corpus: Corpus, name: str, weight: float, stage: int | None, available: int, part: DomainPlan | None
) -> None:
    locked = _locked(corpus)
    fixed = name in locked
    lock, slider, number, facts = st.columns([1, 9, 4, 6], vertical_alignment="bottom")
    if lock.button(
        "Unlock" if fixed else "Lock",
        icon=":material/lock:" if fixed else ":material/lock_open:",
        key=f"faders.lock.{name}",
        type="tertiary",
        help=f"{'Unlock' if fixed else 'Lock'} {plain.markdown(name)}",
    ):
        locked.symmetric_difference_update({name})
        st.rerun()
    dial((slider, number), f"faders.{stage}", name, weight, partial(_moved, corpus, name, stage), fixed=fixed)
    facts.caption(_told(available, part))


def _moved(corpus: Corpus, name: str, stage: int | None, key: str) -> None:
    try:
        desk.move(corpus, name, st.session_state[key] / 100, _locked(corpus), stage)
    except MixdeskError as error:
        st.toast(plain.markdown(error), icon=":material/error:")


def _told(available: int, part: DomainPlan | None) -> str:
    there = state.short(available)
    if part is None or not part.tokens:
        return f"{there} tokens"
    epochs = f"{part.epochs:.2f} epochs" if part.epochs < 10 else f"{part.epochs:,.0f} epochs"
    if part.epochs > 1.005:
        return f":orange-badge[:material/repeat: {epochs}] of {there}"
    return f"{epochs} of {there}"
