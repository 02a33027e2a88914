"""Loading a corpus: what to read and how, as an ingest job. Owns the keys that begin with `loading.`."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import streamlit as st

from core.disk import written_aside
from core.errors import BadInputError
from core.types import check_name
from pages.parts import plain, progress, state

SUFFIXES = (
    ".jsonl.gz", ".jsonl.zst", ".json.gz", ".jsonl", ".ndjson", ".json", ".parquet", ".csv.gz", ".csv", ".tsv",
    ".txt.gz", ".txt", ".md", ".rst",
)  # fmt: skip
HERE = ("localhost", "127.0.0.1", "::1")
DEMO = "demo"
NAME_CHARACTERS = 50  # of an upload's name that are kept
OPTIONS = (("--text-field", "text_field"), ("--id-field", "id_field"), ("--source-field", "source_field"))


def panel() -> None:
    """Draw the form that loads files, folders, globs, URLs or uploads into a corpus."""
    with st.form("loading.form", border=False):
        name = st.text_input("Name of the corpus", key="loading.name", placeholder="my-corpus")
        paths = st.text_area(
            "Files, folders, globs, URLs or hub ids, one a line",
            key="loading.paths",
            placeholder="/data/books/*.jsonl.zst",
            help="JSON Lines (plain, .gz, .zst), Parquet, CSV, folders of text files, Hugging Face data sets.",
        )
        uploads = st.file_uploader("Or send files from here", accept_multiple_files=True, key="loading.files")
        with st.expander("Fields and sample"):
            fields = {
                option: st.text_input(label, key=f"loading.{key}", placeholder="guessed")
                for (option, key), label in zip(
                    OPTIONS, ("Field of the text", "Field of the id", "Field of the source"), strict=True
                )
            }
            sample = st.number_input(
                "Random sample of", 1, value=None, key="loading.sample", placeholder="all"
            )
            stratify = st.checkbox("Sample each source alike", key="loading.stratify")
            seed = st.number_input("Seed", 0, value=0, key="loading.seed")
        replace = bool(state.workspace().corpora()) and st.checkbox(
            "Replace a corpus that has this name, with all that was computed on it", key="loading.replace"
        )
        sent = st.form_submit_button("Load", type="primary", icon=":material/upload:")
    if sent:
        with plain.errors_shown():
            listed = [line.strip() for line in paths.splitlines() if line.strip()]
            _check_name(name.strip(), replace=replace)
            command = ["ingest", name.strip(), *_checked(listed), *_kept(uploads), "--seed", str(seed)]
            for option, value in fields.items():
                if value.strip():
                    command.append(f"{option}={value.strip()}")
            if sample:
                command += ["--sample", str(sample), *(["--stratify"] if stratify else [])]
            if not listed and not uploads:
                raise BadInputError(
                    "nothing to read", "a corpus is read from at least one file", "name or send one"
                )
            progress.submit(command, f"ingest {name.strip()}")
            st.rerun()


def demo_button() -> None:
    """Draw the button that builds the demo corpus and prepares it; asks before it replaces one."""
    if DEMO not in state.workspace().corpora():
        _build_demo("Build the demo corpus")
        return
    with st.popover("Build the demo corpus again", icon=":material/science:"):
        st.caption("It replaces the corpus “demo”, with all that was computed on it.")
        _build_demo("Replace it")


def _build_demo(label: str) -> None:
    if st.button(label, key="loading.demo", icon=":material/science:"):
        progress.submit(["demo"], "demo corpus with every stage")
        st.rerun()


def _check_name(name: str, *, replace: bool) -> None:
    """Refuse a name that no corpus may have, and one that is taken unless it is to be replaced."""
    if not name:
        raise BadInputError("no name", "a corpus is called something", "give it a name, such as my-corpus")
    if check_name(name, "corpus") in state.workspace().corpora() and not replace:
        raise BadInputError(name, "there is a corpus of this name", "choose another, or tick “Replace”")


def _checked(paths: list[str]) -> list[str]:
    """Paths as a command takes them; where the app serves others, only from folders opened to it."""
    address = st.get_option("server.address")
    opened = [Path(part).resolve() for part in os.environ.get("MIXDESK_READ", "").split(os.pathsep) if part]
    opened.append(state.workspace().folder)
    for path in paths:
        if path.startswith("-"):
            raise BadInputError(path, "a path may not begin with '-'", f"write ./{path}")
        if address not in HERE and not any(Path(path).resolve().is_relative_to(home) for home in opened):
            raise BadInputError(
                path,
                "this app serves other machines, so it reads only from the workspace and folders opened to it",
                "send the file, or list its folder in MIXDESK_READ",
            )
    return paths


def _kept(uploads: list[Any] | None) -> list[str]:
    """Store uploads by their content's hash, each under its own name, which may become a domain's."""
    folder = state.workspace().folder / "uploads"
    found = []
    for upload in uploads or []:
        ending = next((s for s in SUFFIXES if upload.name.lower().endswith(s)), None)
        if ending is None:
            raise BadInputError(upload.name, "not a kind of file that is read", "send " + ", ".join(SUFFIXES))
        data = upload.getbuffer()
        stem = re.sub(r"[^\w.-]+", "-", upload.name[: -len(ending)]).strip(".-")[:NAME_CHARACTERS]
        path = folder / hashlib.sha256(data).hexdigest()[:24] / ((stem or "upload") + ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_aside(path) as aside:
            aside.write_bytes(data)
        found.append(str(path))
    return found
