"""Experiments with small models: choosing one, what it will take, following it, and what came of it.

Owns the session keys that begin with `experiments.`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.backend import Config
from core.backend.experiments import EXPERIMENTS, Bench, Result, estimate_experiment, read_result
from core.bricks import make
from core.disk import fingerprint
from core.errors import BadInputError, MixdeskError
from pages.parts import findings, form, plain, progress, runs, state, where

# Those that train on an export; the others ask about files, which a page does not reach beyond the workspace.
OFFERED = {name: made for name, made in EXPERIMENTS.items() if made.needs_manifest}
SETTINGS = ("preset", "tokens", "batch_size", "context", "learning_rate", "seed", "device")
SHOWN = 2  # warnings, in full
TOGETHER = {True: "together, as a stack", False: "one after another"}


def found() -> dict[str, Result]:
    """Every experiment that has begun, the newest first."""
    readable = {}
    for path in state.workspace().runs.glob("*/experiment.json"):
        try:
            result = read_result(path.parent)
        except (MixdeskError, OSError):
            continue
        if result is not None:
            readable[path.parent.name] = result
    return dict(sorted(readable.items(), key=lambda item: item[1].get("started", ""), reverse=True))


# --- starting one -----------------------------------------------------------------------------------


def start() -> None:
    """Draw the form that puts a question to small models, with what the answer will take."""
    sealed = runs.chosen_export("experiments.manifest")
    if sealed is None:
        return
    others = [str(path) for path in runs.manifests() if path != sealed]
    left, right = st.columns(2, gap="large")
    with left:
        name, settings = form.brick(
            OFFERED, "Experiment", "experiments.what", {"second": others, "first": [""]}
        )
        place = where.choose("experiments.where")
        stacked = st.segmented_control(
            "Train the models", list(TOGETHER), default=True, format_func=TOGETHER.__getitem__, required=True,
            key="experiments.stacked", help="A stack takes their memory at once and less time in all.",
        )  # fmt: skip
    with right:
        config = form.model(Config, SETTINGS, "experiments.config")
        price = st.number_input(
            "Price of an hour", min_value=0.0, value=None, key="experiments.price", placeholder="not known"
        )
    with plain.errors_shown():
        _check(settings)
        asked = make(OFFERED, name, settings)
        bench = Bench(sealed, Config.model_validate(config), state.workspace().runs, bool(stacked))
        cost = estimate_experiment(asked, bench, price)
        st.caption(_words(cost))
        if st.button(
            "Run", type="primary", icon=":material/play_arrow:", key="experiments.run", shortcut="X"
        ):
            _submit(sealed, name, settings, config, bool(stacked), place)
            st.rerun()


def _check(settings: Mapping[str, Any]) -> None:
    """A setting that is weights or a file is weights here: a browser names no files."""
    target = settings.get("target")
    if isinstance(target, str) and target and "=" not in target:
        raise BadInputError(target, "is no weights", "write web=0.6,code=0.4, or leave it empty")


def _words(cost: Any) -> str:
    words = (
        f"{cost['models']:,} models, {cost['tokens']:,} tokens in all: about {progress.span(cost['seconds'])} "
        f"at {plain.markdown(cost['rate'])}; {cost['together']:,} at once in "
        f"{cost['memory_bytes'] / 2**20:,.0f} MiB"
    )
    return words if cost["price"] is None else f"{words}; about {cost['price']:,.2f} at that price"


def _submit(
    sealed: Path,
    name: str,
    settings: Mapping[str, Any],
    config: Mapping[str, Any],
    stacked: bool,
    place: where.Where,
) -> None:
    """Queue the experiment; its folder is named for what it asks, so that asking again goes on with it."""
    signed = fingerprint([sealed.parent.name, dict(settings), dict(config), stacked])[:6]
    out = state.workspace().runs / f"{name}-{sealed.parent.name}-{signed}"
    options = ["--stack" if stacked else "--serial"]
    for key, value in settings.items():
        if value not in (None, ""):
            options += [f"--{key.replace('_', '-')}", str(value)]
    command = place.command(name, sealed, runs.kept_config(config), out, options)
    progress.submit(command, f"{name} on {sealed.parent.name}")


# --- looking at them --------------------------------------------------------------------------------


def board() -> None:
    """Draw the experiment chosen; follows it while a job trains."""
    st.fragment(_board, run_every=runs.LIVE_SECONDS if _is_running() else None)()


def _is_running() -> bool:
    return any(job.command[:1] == ("backend",) for job in progress.active())


def _board() -> None:
    was, now = st.session_state.get("experiments.live", False), _is_running()
    st.session_state["experiments.live"] = now
    if was and not now:
        st.rerun()
    listed = found()
    if not listed:
        st.info(
            "The experiment appears here as soon as its job starts." if now else
            "No experiment yet. Ask which domains are worth their place, or train many mixtures to learn from."
        )  # fmt: skip
        return
    name = st.selectbox("Asked", list(listed), key=f"experiments.chosen.{len(listed)}")
    result = listed[name]
    runs.badge(name, result["state"], _told(result), result.get("error"))
    _warn(result.get("warnings", []))
    if result["state"] == "done":
        findings.draw(name, result)
    with st.expander("The whole record"):
        st.json(dict(result), expanded=1)


def _warn(warnings: Sequence[str]) -> None:
    """Draw what to beware of; many warnings, such as one a domain, do not push the result out of sight."""
    if len(warnings) <= SHOWN:
        for warning in warnings:
            st.warning(plain.markdown(warning, 400), icon=":material/warning:")
        return
    with st.expander(f"{len(warnings)} things to beware of", icon=":material/warning:"):
        for warning in warnings:
            st.markdown(f"- {plain.markdown(warning, 400)}")


def _told(result: Result) -> str:
    made = EXPERIMENTS.get(result["experiment"])
    words = (made.__doc__ or "").strip().split("\n")[0] if made else result["experiment"]
    ended = [run for run in result.get("runs", []) if run["error"] is None]
    return f"{words} {len(ended):,} models." if ended else words
