"""What a corpus still lacks, and the jobs that bring it. Owns the session keys that begin with `stages.`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.clusterers import CLUSTERERS
from core.diversity import kept
from core.embedders import EMBEDDERS
from core.matchers import MATCHERS
from core.types import Corpus
from pages.parts import progress, state


@dataclass(frozen=True, slots=True)
class Step:
    """A stage, what it is good for, and the stage that must come first."""

    name: str
    good_for: str
    needs: str | None = None


STEPS = (
    Step("score", "signals of quality, toxicity and language"),
    Step("embed", "vectors: the map, neighbours, search by meaning"),
    Step("cluster", "clusters with names, and the map", needs="embed"),
    Step("dedup", "near copies"),
    Step("diversity", "how varied each domain is", needs="cluster"),
)


def done(corpus: Corpus) -> set[str]:
    """Names of the stages that have run on the corpus as it is."""
    kinds = {column.kind for column in state.workspace().columns(corpus)}
    found = {
        name
        for name, kind in (("embed", "vectors"), ("cluster", "cluster"), ("dedup", "duplicates"))
        if kind in kinds
    }
    if kinds & {"quality", "toxicity", "language"}:
        found.add("score")
    if kept(state.workspace(), corpus) is not None:
        found.add("diversity")
    return found


def panel(corpus: Corpus) -> None:
    """Draw every stage with its state and its settings, and one button for all that is missing."""
    there = done(corpus)
    waiting = {job.command[:2] for job in progress.active()}
    above = st.container()
    commands = {step.name: _row(corpus, step, there, (step.name, corpus.name) in waiting) for step in STEPS}
    missing = [s for s in STEPS if s.name not in there and (s.name, corpus.name) not in waiting]
    with above:
        if missing:
            _all(corpus, [commands[step.name] for step in missing])
        elif waiting & {(step.name, corpus.name) for step in STEPS}:
            st.info("The stages that are missing wait or run; they are followed on the left.")
        else:
            st.success("Every stage has run.", icon=":material/check_circle:")


def _all(corpus: Corpus, commands: Sequence[Sequence[str]]) -> None:
    """Draw the button that queues these commands, each after the one before it."""
    if st.button(
        "Run all that is missing",
        type="primary",
        key="stages.all",
        icon=":material/play_arrow:",
        shortcut="P",
    ):
        job = None
        for command in commands:
            job = progress.submit(command, f"{command[0]} {corpus.name}", after=job)
        st.rerun()


def _row(corpus: Corpus, step: Step, there: set[str], waits: bool) -> list[str]:
    """Draw a stage: its state, its settings, its button; return its command as it is set."""
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        ready = step.needs is None or step.needs in there
        label = "in the queue" if waits else "done" if step.name in there else "not yet"
        icon = progress.ICONS["done" if step.name in there else "queued"]
        st.markdown(f"{icon} **{step.name}**: {step.good_for} ({label})", width="stretch")
        command = [step.name, corpus.name, *_options(step.name)]
        word = "Run again" if step.name in there else "Run"
        if st.button(
            word,
            key=f"stages.run.{step.name}",
            disabled=waits or not ready,
            help=None if ready else f"Run {step.needs} first.",
        ):
            progress.submit(command, f"{step.name} {corpus.name}")
            st.rerun()
    return command


def _options(step: str) -> list[str]:
    """Draw a stage's choices, those that its command takes."""
    faces: dict[str, tuple[str, Mapping[str, object]]] = {
        "embed": ("embedder", EMBEDDERS),
        "cluster": ("clusterer", CLUSTERERS),
        "dedup": ("method", MATCHERS),
    }
    if step not in faces:
        return []
    option, face = faces[step]
    names = list(face)
    with st.popover("Settings", icon=":material/settings:", key=f"stages.{step}"):
        start = names.index("minhash") if "minhash" in names else 0
        name = st.selectbox(option, names, index=start, key=f"stages.{step}.{option}")
        chosen = [f"--{option}", name]
        if step == "cluster" and (
            k := st.number_input("clusters", 1, value=None, key="stages.k", placeholder="auto")
        ):
            chosen += ["--k", str(k)]
        if step == "dedup":
            scope = st.selectbox("scope", ["global", "local"], key="stages.scope")
            chosen += ["--scope", scope]
    return chosen
