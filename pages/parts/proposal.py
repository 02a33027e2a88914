"""From runs to weights: an optimiser's proposal from an experiment's mixtures and losses, and onto the desk.

Owns the session keys that begin with `proposal.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import NotFoundError
from core.optimise import AUTO, MIN_RUNS, optimise
from core.optimisers import OPTIMISERS
from core.types import JSON, Mixture
from pages.parts import desk, plain, runs, state, table, ways

MEAN = "mean"


def panel(name: str, result: Mapping[str, Any]) -> None:
    """Draw what weights the experiment's runs speak for; `name` is its folder's."""
    folder = state.workspace().runs / name
    there = [run for run in result["runs"] if run["error"] is None]
    st.subheader("What weights follow")
    if len(there) < MIN_RUNS and "candidates" not in result:
        st.caption(f"A proposal needs {MIN_RUNS} mixtures or more.")
        return
    left, right = st.columns(2)
    method = left.selectbox(
        "Predict losses by", [AUTO, *OPTIMISERS], key="proposal.method",
        format_func=lambda one: "whatever ranks held-out runs best" if one == AUTO else one,
    ) or AUTO  # fmt: skip
    losses = [MEAN, *sorted({domain for run in there for domain in run["losses"]})]
    target = right.selectbox("Lower the loss on", losses, key="proposal.target", format_func=_target) or MEAN
    asked = f"proposal.asked.{name}"
    if st.button("Propose weights", icon=":material/auto_awesome:", key=f"{asked}.button"):
        st.session_state[asked] = True
    if not st.session_state.get(asked):
        return
    with plain.errors_shown():
        found = _proposed(str(folder), result["key"], method, target)
        _weights(found, result)
        put(found["weights"], result, f"proposal.put.{name}")


def _target(name: str) -> str:
    return "all domains, in the mean" if name == MEAN else name


@st.cache_data(show_spinner="Fitting losses to weights …", max_entries=16)
def _proposed(folder: str, key_: str, method: str, target: str) -> dict[str, JSON]:  # noqa: ARG001 part of the key
    home = Path(folder)
    return optimise(method, home / "mixtures.csv", home / "losses.csv", target)


def _weights(found: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    st.metric("Predicted loss", f"{found['predicted']:.4f}", help="nats a token, of the proposed weights")
    st.caption(plain.markdown(found["rationale"], 600))
    sealed = runs.manifest(Path(result["manifest"])) if result.get("manifest") else None
    now = {domain: plan.weight for domain, plan in sealed.domains.items()} if sealed else {}
    rows = [
        {"domain": domain, "proposed": weight, "exported": now.get(domain)}
        for domain, weight in sorted(found["weights"].items(), key=lambda item: -item[1])
    ]
    percent = st.column_config.NumberColumn(format="percent")
    table.records(rows, {"proposed": percent, "exported": percent})


def put(weights: Mapping[str, float], result: Mapping[str, Any], key: str) -> None:
    """Draw the button that puts weights on the desk, in the mixture that was exported."""
    if st.button("Put on the desk", icon=":material/tune:", key=key, type="primary"):
        desk.put(_mixture(weights, result))
        st.session_state[f"{key}.done"] = True
    if st.session_state.get(f"{key}.done"):
        st.success("On the desk. Undo there brings back what was.", icon=":material/check_circle:")
        corpus = _mixture(weights, result).corpus
        ways.link("mixture", "To the desk", ":material/tune:", {"corpus": corpus})


def _mixture(weights: Mapping[str, float], result: Mapping[str, Any]) -> Mixture:
    """The exported mixture with other weights; what its stages say for themselves stays."""
    sealed = runs.manifest(Path(result["manifest"]))
    if sealed is None:
        raise NotFoundError(result["manifest"], "the export is gone", "export the mixture again")
    return Mixture.model_validate({**sealed.mixture, "weights": desk.normal(weights)})
