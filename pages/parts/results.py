"""What jobs found: their results, as long as the corpus is the one that they looked at; buttons that start them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.types import Corpus, Job
from pages.parts import plain, progress, state

Fits = Callable[[Sequence[str]], bool]  # of a command's arguments after the corpus


@dataclass(frozen=True, slots=True)
class Result:
    """A job that is done, and what its command said in JSON."""

    job: Job
    found: Any

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command's arguments after the corpus."""
        return self.job.command[2:]

    @property
    def when(self) -> str:
        """When the job ended, for people."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.job.ended or self.job.created))


def of(corpus: Corpus, verb: str, fits: Fits) -> Iterator[Result]:
    """Yield what done jobs of that verb found on these very documents, the newest first."""
    since = (state.workspace().generation(corpus) / "corpus.json").stat().st_mtime
    for job in state.jobs().jobs():
        asked = job.command[:2] == (verb, corpus.name) and fits(job.command[2:])
        if asked and job.state == "done" and (job.started or job.created) >= since:
            found = _read(str(state.workspace().folder), job.id, job.ended)
            if found is not None:
                yield Result(job, found)


def exactly(corpus: Corpus, command: Sequence[str]) -> Result | None:
    """Return the newest result of this very command, without the program; None where it has not run."""
    return next(of(corpus, command[0], lambda given: tuple(given) == tuple(command[2:])), None)


@st.cache_data(show_spinner=False, max_entries=64)
def _read(folder: str, identifier: str, ended: float | None) -> Any:  # noqa: ARG001 part of the key
    return state.jobs().result(identifier)


def button(label: str, command: Sequence[str], title: str, key: str, *, primary: bool = True) -> None:
    """Draw a button that queues a command; it waits while that command does."""
    now = next((job for job in progress.active() if job.command == tuple(command)), None)
    if st.button(
        label if now is None else f"{label}: {now.state}",
        key=key,
        icon=":material/play_arrow:" if now is None else progress.ICONS[now.state],
        type="primary" if primary else "secondary",
        disabled=now is not None,
    ):
        progress.submit(list(command), title)
        st.rerun()


def failure(command: Sequence[str]) -> None:
    """Say why the newest job of this very command failed, if that is how it ended."""
    jobs = (job for job in state.jobs().jobs() if job.command == tuple(command))
    if (job := next(jobs, None)) is not None and job.state == "failed":
        st.error(plain.markdown(job.error, 600), icon=":material/error:")
