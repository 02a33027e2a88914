"""Where training runs: this machine, another over SSH, or a cluster by a Slurm script.

Owns the session keys that begin with the `key` given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import BadInputError
from pages.parts import plain, state

PLACES = {"here": "this machine", "ssh": "another machine, over SSH", "slurm": "a Slurm cluster, by a script"}


@dataclass(frozen=True, slots=True)
class Where:
    """A place to train: `here`, `ssh` with a host and a folder there, or `slurm`; `python` is the one there."""

    kind: str = "here"
    host: str = ""
    folder: str = ""
    python: str = ""

    def command(
        self, work: str, manifest: Path, config: Path, out: Path, options: Sequence[str]
    ) -> list[str]:
        """Return the job's command that does `work` (train, or an experiment's name) at this place.

        Raises:
            BadInputError: A place over SSH without a host.
        """
        common = [str(manifest), "--config", str(config), "--out", str(out)]
        if self.kind == "here":
            return ["train", *common] if work == "train" else ["backend", work, *common, *options]
        if self.kind == "ssh" and not self.host:
            raise BadInputError("SSH", "needs a machine", "write its name, as you would after `ssh`")
        place = ["--on", f"ssh:{self.host}", "--remote-dir", self.folder or f"mixdesk/{out.name}"]
        if self.kind == "slurm":
            place = ["--on", "slurm", "--script", str(script(out))]
        if self.python:
            place += ["--place", f"python={self.python}"]
        return ["backend", "launch", *common, *place, "--", work, *options]


def script(out: Path) -> Path:
    """The batch script of a run's folder."""
    return out.with_name(f"{out.name}.sbatch")


def choose(key: str) -> Where:
    """Draw the choice of a place and what it needs."""
    kind = (
        st.selectbox("Where", list(PLACES), format_func=PLACES.__getitem__, key=f"{key}.kind", width=320)
        or "here"
    )
    if kind == "here":
        return Where()
    with st.container(horizontal=True):
        host = folder = ""
        if kind == "ssh":
            host = st.text_input(
                "Machine",
                key=f"{key}.host",
                placeholder="user@host",
                help="As after `ssh`: its own configuration and keys are used, and none is kept.",
            )
            folder = st.text_input("Folder there", key=f"{key}.folder", placeholder="mixdesk/NAME")
        python = st.text_input(
            "Python there", key=f"{key}.python", placeholder="python3", help="One that has torch."
        )
    return Where(kind, host.strip(), folder.strip(), python.strip())


def scripts() -> None:
    """Draw the batch scripts that have been written, to download."""
    for path in sorted(state.workspace().runs.glob("*.sbatch")):
        with st.expander(f"Batch script of {plain.markdown(path.stem)}", icon=":material/terminal:"):
            text = path.read_text(encoding="utf-8")
            st.code(text, language="bash")
            st.download_button(
                "Download",
                text,
                path.name,
                key=f"where.{path.name}",
                on_click="ignore",
                icon=":material/download:",
            )
            st.caption("Hand it to sbatch on the cluster; its results come to the folder that it names.")
