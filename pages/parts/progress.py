"""Jobs as they run: submitting, a panel that follows them, the table of all. Polls by a fragment.

Owns the session keys that begin with `progress.`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from core.types import Job
from pages.parts import plain, state

EVERY = 1.0  # seconds between looks at running jobs
ACTIVE = ("queued", "running")
ICONS = {
    "queued": ":material/schedule:",
    "running": ":material/play_circle:",
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/cancel:",
    "interrupted": ":material/pause_circle:",
}


def submit(command: Sequence[str], title: str, after: Job | None = None) -> Job:
    """Queue a command, to run when `after` is done, and say so."""
    job = state.jobs().submit(command, title, after.id if after else None)
    st.session_state["progress.failed"] = st.session_state["progress.loaded"] = ()
    st.toast(f"Queued: {plain.markdown(title)}", icon=":material/schedule:")
    return job


def active() -> list[Job]:
    """Jobs that wait or run, the oldest first."""
    return [job for job in reversed(state.jobs().jobs()) if job.state in ACTIVE]


def sidebar() -> None:
    """Follow the running jobs in the sidebar; the page draws anew as soon as one ends, and says why it failed."""
    watched = tuple(job.id for job in active())
    with st.sidebar:
        for title, reason in st.session_state.get("progress.failed", ()):
            st.error(f"{plain.markdown(title)}: {plain.markdown(reason, 400)}", icon=ICONS["failed"])
        for name in st.session_state.get("progress.loaded", ()):
            st.button(
                f"{plain.markdown(name)} is loaded: see it",
                key=f"progress.see.{name}",
                icon=ICONS["done"],
                on_click=_see,
                args=(name,),
            )
        st.fragment(_sidebar, run_every=EVERY if watched else None)(watched)


def _ended(watched: Sequence[str], now: Sequence[Job]) -> list[Job]:
    """Those of the watched jobs that neither wait nor run any more."""
    going = {job.id for job in now}
    return [state.jobs().job(one) for one in watched if one not in going]


def _see(name: str) -> None:
    """Choose a corpus that was loaded; nothing more is said of it."""
    st.session_state["progress.loaded"] = tuple(
        one for one in st.session_state["progress.loaded"] if one != name
    )
    state.choose(name)


def _sidebar(watched: tuple[str, ...]) -> None:
    now = active()
    for job in now[:5]:
        bar(job)
    if len(now) > 5:
        st.caption(f"and {len(now) - 5} more: see Jobs")
    if tuple(job.id for job in now) != watched:
        ended = _ended(watched, now)
        st.session_state["progress.failed"] = (
            *st.session_state.get("progress.failed", ()),
            *((job.title, why(job) or "no reason is known") for job in ended if job.state == "failed"),
        )
        loaded = [job.command[1] for job in ended if job.state == "done" and job.command[0] == "ingest"]
        st.session_state["progress.loaded"] = (*st.session_state.get("progress.loaded", ()), *loaded)
        st.rerun()


def bar(job: Job) -> None:
    """Draw one job's progress: how far, how fast, how long yet."""
    st.progress(share(job), text=f"{ICONS[job.state]} {plain.markdown(job.title)}")
    st.caption(plain.markdown(told(job)))


def share(job: Job) -> float:
    """How much of the present step is through, from 0 to 1."""
    if job.state == "done":
        return 1.0
    return min(1.0, job.done / job.total) if job.total else 0.0


def told(job: Job) -> str:
    """The step, items, rate and time left in words."""
    if job.state == "queued":
        return "waits for its turn"
    parts = [job.message] if job.message else []
    if job.done or job.total:
        parts.append(f"{job.done:,} of {job.total:,}" if job.total else f"{job.done:,}")
    if job.state == "running" and job.rate > 0:
        parts.append(f"{job.rate:,.3g}/s" if job.rate < 100 else f"{job.rate:,.0f}/s")
        if job.total and job.total > job.done:
            parts.append(f"{span((job.total - job.done) / job.rate)} left in this step")
    if job.error and job.state not in ACTIVE:
        parts.append(why(job))
    return " · ".join(parts) or job.state


def why(job: Job) -> str:
    """Why a job stopped, without the word that its command begins such a line with."""
    return job.error.removeprefix("error: ")


def span(seconds: float) -> str:
    """A length of time in the largest units that tell: 42 s, 3 min 5 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def took(job: Job) -> str:
    """How long a job has run, or ran."""
    return span((job.ended or time.time()) - job.started) if job.started else "–"


# --- the page Jobs ----------------------------------------------------------------------------------


def board() -> None:
    """Draw every job with what can be done about it, following those that run."""
    st.fragment(_board, run_every=EVERY if active() else None)()


def _board() -> None:
    listed = state.jobs().jobs()
    following = st.session_state.get("progress.following", False)
    st.session_state["progress.following"] = any(job.state in ACTIVE for job in listed)
    if following and not st.session_state["progress.following"]:
        st.rerun()
    if not listed:
        st.info("No job has run yet. Loading a corpus, preparing it, exporting and training are jobs.")
    for job in listed[:100]:
        _line(job)
    if len(listed) > 100:
        st.caption(f"{len(listed) - 100:,} older jobs are not shown.")


def _line(job: Job) -> None:
    with st.container(border=True):
        what, how, act = st.columns([3, 4, 2], vertical_alignment="center")
        what.markdown(f"{ICONS[job.state]} **{plain.markdown(job.title)}**")
        started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created))
        what.caption(f"{job.state} · {plain.markdown(started)} · took {took(job)}")
        if job.state in ACTIVE:
            how.progress(share(job))
        how.caption(plain.markdown(told(job)))
        with act.container(horizontal=True):
            controls(job)
        if st.toggle("Log", key=f"progress.log.{job.id}"):
            st.code(state.jobs().log(job.id), language=None, wrap_lines=True, height=260)


def controls(job: Job) -> None:
    """Draw the buttons that fit the job's state: cancel while it runs, resume when it stopped early."""
    if job.state in ACTIVE and st.button("Cancel", key=f"progress.cancel.{job.id}", icon=":material/stop:"):
        state.jobs().cancel(job.id)
        st.rerun()
    resumable = job.state in ("failed", "cancelled", "interrupted")
    if resumable and st.button("Resume", key=f"progress.retry.{job.id}", icon=":material/replay:"):
        state.jobs().retry(job.id)
        st.rerun()
