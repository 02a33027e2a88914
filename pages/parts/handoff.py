"""From the desk to a trainer: save and open mixtures, export, send an export to training.

Owns the session keys that begin with `handoff.`.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from core.backend import PRESETS
from core.disk import fingerprint
from core.errors import MixdeskError
from core.exporters import EXPORTERS, refusals
from core.pool import target_hash
from core.types import Corpus, Job, Mixture, dump_mixture, parse_mixture
from pages.parts import desk, form, plain, progress, runs, state, ways

TEXTS = ("jsonl", "parquet", "huggingface")  # formats that our own training reads


def toolbar(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the mixture's name, undo, save and the saved ones to open."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Mixture", value=mixture.name, key=f"handoff.name.{mixture.name}", max_chars=80)
        if name != mixture.name:
            with plain.errors_shown():
                desk.change(corpus, name=name)
                st.rerun()
        if st.button(
            "Undo", icon=":material/undo:", disabled=not desk.can_undo(), key="handoff.undo", shortcut="U"
        ):
            desk.undo()
            st.rerun()
        if st.button("Save", icon=":material/save:", key="handoff.save", shortcut="S", type="primary"):
            state.workspace().save_mixture(mixture)
            st.toast(f"Saved as {plain.markdown(mixture.name)}.", icon=":material/save:")
        _open(corpus)


def _open(corpus: Corpus) -> None:
    home = state.workspace()
    saved = [name for name in home.mixtures() if home.mixture(name).corpus == corpus.name]
    with st.popover("Open", icon=":material/folder_open:", disabled=not saved):
        name = st.selectbox("Saved mixtures", saved, key="handoff.saved")
        if name and st.button("Open", key="handoff.open"):
            desk.put(home.mixture(name))
            st.rerun()


def text(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the mixture as YAML, to change, download or paste."""
    rationale = st.text_input(
        "Why this mixture", value=mixture.rationale, key=f"handoff.why.{fingerprint(mixture.rationale)[:12]}"
    )
    if rationale != mixture.rationale:
        desk.change(corpus, rationale=rationale)
        st.rerun()
    written = dump_mixture(mixture)
    edited = st.text_area("YAML", value=written, height=420, key=f"handoff.yaml.{fingerprint(written)[:12]}")
    with st.container(horizontal=True):
        if st.button(
            "Put on the desk", icon=":material/check:", key="handoff.apply", disabled=edited == written
        ):
            with plain.errors_shown():
                desk.put_checked(corpus, parse_mixture(edited, "the text above"))
                st.rerun()
        st.download_button(
            "Download", written, f"{mixture.name}.yaml", "application/yaml", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip


def export(corpus: Corpus, mixture: Mixture) -> None:
    """Draw the export and the hand-off to training, and the exports that are there."""
    mixture = _mask(corpus, mixture)
    why = refusals(mixture)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        format_, settings = _format(mixture, why)
        folder = _folder(corpus, mixture, format_, settings)
        there = (folder / "manifest.json").exists()
        unable = why[format_] is not None
        if st.button(
            "Export",
            icon=":material/ios_share:",
            key="handoff.export",
            disabled=there or unable,
            shortcut="E",
        ):
            _queue_export(mixture, format_, settings, folder)
            st.rerun()
        preset = st.selectbox(
            "Model", list(PRESETS), key="handoff.preset", format_func=runs.preset_words, width=260
        )
        if st.button(
            "Send to training", icon=":material/model_training:", key="handoff.train", type="primary",
            disabled=unable or format_ not in TEXTS,
            help=f"Our own training reads texts: {', '.join(TEXTS)}.",
        ):  # fmt: skip
            _send(mixture, format_, settings, folder, preset, there)
    _say(format_, why)
    if st.session_state.get("handoff.sent") == folder:
        st.success("Sent to training: the losses appear as it goes.", icon=":material/model_training:")
        ways.link("training", "See it train", ":material/model_training:")
    if there:
        st.success(f"Exported to {plain.markdown(folder)}", icon=":material/check_circle:")
    elif not unable:
        st.caption("This very mixture has not been exported yet; sending it to training exports it first.")
    _exports()


def _format(mixture: Mixture, why: Mapping[str, str | None]) -> tuple[str, dict[str, Any]]:
    """Draw the choice of a format, those that cannot carry the mixture last and marked, and its settings."""
    names = sorted(why, key=lambda name: why[name] is not None)  # stable: else in the face's order
    format_ = st.selectbox(
        "Format", names, key="handoff.format", width=290,
        format_func=lambda name: name if why[name] is None else f"{name} (not for this mixture)",
    )  # fmt: skip
    kind: Any = EXPORTERS[format_]
    # a file's path is for the command alone: a browser names none outside the workspace
    fields = [
        f for f in dataclasses.fields(kind) if not (f.metadata.get("private") or f.metadata.get("file"))
    ]
    if not fields:
        return format_, {}
    hints, settings = typing.get_type_hints(kind), {}
    with st.popover("Settings", icon=":material/settings:"):
        for field in fields:
            start = field.default
            if field.name == "sequence_length" and mixture.sequence_length:
                start = mixture.sequence_length
            key = f"handoff.set.{format_}.{field.name}.{start}"
            value = form.one(field.name, hints[field.name], start, key)
            if value != start:
                settings[field.name] = value
    return format_, settings


def _say(format_: str, why: Mapping[str, str | None]) -> None:
    """Say what the chosen format cannot, and which others cannot either, each reason once."""
    if rule := why[format_]:
        st.warning(f"{format_} cannot carry this mixture: {plain.markdown(rule)}.", icon=":material/block:")
    reasons: dict[str, list[str]] = {}
    for name, rule in why.items():
        if rule is not None and name != format_:
            reasons.setdefault(rule, []).append(name)
    for rule, names in reasons.items():
        st.caption(f"Not for this mixture: {plain.markdown(', '.join(names))}. Why: {plain.markdown(rule)}.")


def _mask(corpus: Corpus, mixture: Mixture) -> Mixture:
    """Draw what personal data the export masks; a change is one of the mixture's."""
    now = None if mixture.mask is None else mixture.mask.style
    ways_ = {None: "as it is", "placeholder": "by a word for its kind", "surrogate": "by a stand-in"}
    style = st.selectbox(
        "Personal data in the texts", list(ways_), index=list(ways_).index(now),
        format_func=lambda way: ways_[way], key=f"handoff.mask.{now}", width=260,
        help="E-mail, IP, phone, card and account numbers, national identifiers, keys and tokens, as far as "
        "patterns find them. The YAML chooses among the kinds.",
    )  # fmt: skip
    if style != now:
        desk.change(corpus, mask=None if style is None else {"style": style})
        st.rerun()
    return mixture


def _folder(corpus: Corpus, mixture: Mixture, format_: str, settings: Mapping[str, Any]) -> Path:
    """Where this mixture of this corpus with these columns goes: another one never overwrites it."""
    more = [part for part in (settings, target_hash(mixture)) if part]
    signed = fingerprint([mixture.model_dump(mode="json"), state.stamp(corpus), *more])[:8]
    return state.workspace().exports / f"{mixture.name}-{format_}-{signed}"


def _queue_export(mixture: Mixture, format_: str, settings: Mapping[str, Any], folder: Path) -> Job:
    spec = state.workspace().keep_mixture(mixture)
    told = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    command = ["export", str(spec), "--format", format_, "--out", str(folder), *told]
    return progress.submit(command, f"export {mixture.name} as {format_}")


def _send(
    mixture: Mixture, format_: str, settings: Mapping[str, Any], folder: Path, preset: str, there: bool
) -> None:
    first = None if there else _queue_export(mixture, format_, settings, folder)
    runs.submit(folder / "manifest.json", {"preset": preset}, f"{folder.name}-{preset}", after=first)
    st.session_state["handoff.sent"] = folder
    st.rerun()


def _exports() -> None:
    found = [(path, runs.manifest(path)) for path in runs.manifests()]
    rows = [
        {
            "export": path.parent.name,
            "format": sealed.format,
            "documents": sum(file.rows for file in sealed.files),
            "tokens": sealed.budget,
            "fingerprint": sealed.fingerprint[:16],
        }
        for path, sealed in found
        if sealed is not None
    ]
    if rows:
        import pandas as pd

        whole = {n: st.column_config.NumberColumn(format="localized") for n in ("documents", "tokens")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=whole)


def problem(error: MixdeskError) -> None:
    """Say why the desk's mixture cannot be had; the desk stays usable."""
    st.error(plain.markdown(error, 600), icon=":material/error:")
