"""Training runs: those there are, their losses by domain as curves and tables, and starting one.

Owns the session keys that begin with `runs.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
import yaml
from pydantic import ValidationError

from core.backend import PRESETS, Config, Metrics, Run, estimate, parse_config, read_metrics, read_run
from core.backend.model.shape import Preset
from core.disk import fingerprint, read_json, write_text
from core.errors import MixdeskError
from core.types import Job, Manifest
from pages.parts import chart, form, plain, progress, state, table, ways, where

LIVE_SECONDS = 2.0
HERE = where.Where()
MEASURES = {"losses": "loss (nats a token)", "bits_per_byte": "bits per byte"}
SETTINGS = ("preset", "tokens", "batch_size", "context", "learning_rate", "seed", "device")


def manifests() -> list[Path]:
    """The exports' manifests, the newest first."""
    found = state.workspace().exports.glob("*/manifest.json")
    return sorted(found, key=lambda path: (-path.stat().st_mtime, path))


def manifest(path: Path) -> Manifest | None:
    """What a manifest says, or None where it cannot be read."""
    try:
        return Manifest.model_validate(read_json(path))
    except (OSError, ValueError, ValidationError):
        return None


def preset_words(name: Preset) -> str:
    """A preset and the size of its model."""
    return f"{name} · {state.short(PRESETS[name].parameters)} parameters"


def submit(
    sealed: Path,
    settings: Mapping[str, Any],
    name: str,
    after: Job | None = None,
    place: where.Where = HERE,
) -> None:
    """Queue a training run; its config is kept as a file under its fingerprint."""
    config = kept_config(settings)
    out = state.workspace().runs / name
    progress.submit(place.command("train", sealed, config, out, ()), f"train {name}", after=after)


def kept_config(settings: Mapping[str, Any]) -> Path:
    """Check the settings of training and keep them as a file under their fingerprint."""
    text = yaml.safe_dump(dict(settings), sort_keys=True)
    parse_config(text, "the settings")
    config = state.workspace().runs / "configs" / f"{fingerprint(dict(settings))[:16]}.yaml"
    write_text(config, text)
    return config


# --- starting one -----------------------------------------------------------------------------------


def chosen_export(key: str) -> Path | None:
    """Draw the choice of an export; None where there is none yet, with the way to one."""
    found = manifests()
    if not found:
        st.info(
            "Nothing has been exported yet. Set a mixture on the desk and send it to training from there."
        )
        ways.link("mixture", "To the desk", ":material/tune:")
        return None
    return st.selectbox("Export", found, key=key, format_func=lambda path: path.parent.name)


def start() -> None:
    """Draw the form that trains on an export."""
    sealed = chosen_export("runs.manifest")
    if sealed is None:
        return
    settings = form.model(Config, SETTINGS, "runs.config")
    place = where.choose("runs.where")
    signed = fingerprint(settings)[:6]
    preset = settings.get("preset", Config().preset)
    name = f"{sealed.parent.name}-{preset}" + (f"-{signed}" if set(settings) - {"preset"} else "")
    with plain.errors_shown():
        cost = estimate(sealed, Config.model_validate(settings))
        st.caption(
            f"{cost['steps']:,} steps, {cost['tokens']:,} tokens, {state.short(cost['parameters'])} parameters: "
            f"about {progress.span(cost['seconds'])} at {plain.markdown(cost['rate'])}"
        )
        if st.button("Train", type="primary", icon=":material/play_arrow:", key="runs.train", shortcut="T"):
            submit(sealed, settings, name, place=place)
            st.rerun()
    where.scripts()


# --- looking at them --------------------------------------------------------------------------------


def found() -> dict[str, Run]:
    """Every run that has begun, the newest first."""
    folders = [path.parent for path in state.workspace().runs.glob("*/run.json")]
    readable = {}
    for folder in folders:
        try:
            run = read_run(folder)
        except MixdeskError:
            continue
        if run is not None:
            readable[folder.name] = run
    return dict(sorted(readable.items(), key=lambda item: item[1].get("started", ""), reverse=True))


def board() -> None:
    """Draw the runs and the comparison of those chosen; follows them while a job trains."""
    st.fragment(_board, run_every=LIVE_SECONDS if _is_training() else None)()


def _is_training() -> bool:
    return any(job.command[0] in ("train", "backend") for job in progress.active())


def _board() -> None:
    was, now = st.session_state.get("runs.live", False), _is_training()
    st.session_state["runs.live"] = now
    if was and not now:
        st.rerun()
    listed = found()
    if not listed:
        st.info(
            "The run starts as soon as its job does: the losses appear here." if now else
            "No run yet. Train on an export below, or send a mixture from the desk."
        )  # fmt: skip
        return
    names = list(listed)
    chosen = st.multiselect(
        "Runs",
        names,
        default=names[:1],
        key=f"runs.chosen.{len(names)}",
    )
    if not chosen:
        st.caption("Choose runs to see and compare.")
        return
    picked = {name: listed[name] for name in chosen}
    _states(picked)
    _numbers(picked)
    left, right = st.columns(2)
    measure = left.segmented_control(
        "Measure", list(MEASURES), default="losses", format_func=MEASURES.__getitem__, key="runs.measure",
        required=True,
    ) or "losses"  # fmt: skip
    by = right.segmented_control(
        "Colour by", ["domain", "run"], default="domain" if len(picked) == 1 else "run", key="runs.by",
        required=True,
    )  # fmt: skip
    _curves(picked, measure, by or "domain")
    _compared(picked, measure)


BADGES = {"running": "blue", "done": "green", "failed": "red", "interrupted": "orange"}


def _states(picked: Mapping[str, Run]) -> None:
    """A line a run: its state, how far it is, and why it stopped."""
    for name, run in picked.items():
        told = f"step {run.get('step', 0):,} of {run.get('steps', 0):,}"
        if rate := run.get("tokens_per_second"):
            told += f" · {rate:,.0f} tokens/s"
        badge(name, run["state"], told, run.get("error"))


def badge(name: str, state_: str, told: str, error: str | None = None) -> None:
    """Draw a line about a run or an experiment: its state, how far it is, and why it stopped."""
    colour = BADGES.get(state_, "gray")
    words = [f":{colour}-badge[{state_}] **{plain.markdown(name)}**", plain.markdown(told, 400)]
    if error:
        words.append(plain.markdown(error, 300))
    st.markdown(" · ".join(words))


def _numbers(picked: Mapping[str, Run]) -> None:
    rows = []
    for name, run in picked.items():
        losses = list(run.get("losses", {}).values())
        rows.append(
            {
                "run": name,
                "done": run.get("step", 0) / max(1, run.get("steps", 1)),
                "tokens": run.get("tokens"),
                "mean loss": sum(losses) / len(losses) if losses else None,
                "tokens a second": run.get("tokens_per_second"),
                "device": run.get("device"),
                "manifest": run["manifest_fingerprint"][:16],
            }
        )
    table.records(
        rows,
        {
            "done": st.column_config.ProgressColumn(format="percent", max_value=1),
            "tokens": st.column_config.NumberColumn(format="localized"),
            "tokens a second": st.column_config.NumberColumn(format="%.0f"),
            "mean loss": st.column_config.NumberColumn(format="%.4f"),
        },
    )


def _curves(picked: Mapping[str, Run], measure: str, by: str) -> None:
    lines: dict[tuple[str, str], tuple[list[int], list[float]]] = {}
    for name in picked:
        seen = _metrics(state.workspace().runs / name)
        for domain in seen[-1][measure] if seen else ():  # type: ignore[literal-required]
            points = [(one["tokens"], one[measure][domain]) for one in seen]  # type: ignore[literal-required]
            lines[name, domain] = ([tokens for tokens, _ in points], [value for _, value in points])
    if lines:
        chart.curves(lines, by, MEASURES[measure], "runs.curves")
    else:
        st.caption("The first losses appear after the first evaluation.")


def _metrics(folder: Path) -> list[Metrics]:
    try:
        return read_metrics(folder)
    except (OSError, ValueError):
        return []


def _compared(picked: Mapping[str, Run], measure: str) -> None:
    """A row a domain, a column a run; beside it the first loss, from before training."""
    domains = sorted({domain for run in picked.values() for domain in run.get(measure, {})})  # type: ignore[attr-defined]
    if not domains:
        return
    rows = []
    for domain in domains:
        row: dict[str, object] = {"domain": domain}
        for name, run in picked.items():
            row[name] = run.get(measure, {}).get(domain)  # type: ignore[attr-defined]
            if len(picked) == 1:
                facts = run.get("domains", {}).get(domain)
                row |= {"weight": facts["weight"], "epochs": facts["epochs"]} if facts else {}
        known = {name: row[name] for name in picked if row[name] is not None}
        if len(known) > 1:
            row["best"] = min(known, key=lambda name: float(str(known[name])))
        rows.append(row)
    numbers = {name: st.column_config.NumberColumn(format="%.4f") for name in picked}
    table.records(
        rows,
        {
            **numbers,
            "weight": st.column_config.NumberColumn(format="percent"),
            "epochs": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    with st.expander("The whole record of each run"):
        for name, run in picked.items():
            st.text(name)
            st.json(dict(run), expanded=1)
