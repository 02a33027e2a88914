"""The command `filters`, as people call it: JSON for programs, tables for people, one line for errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [
        (Document("a", "one two three", "web"), 3),
        (Document("b", "the cat and the dog", "books"), 5),
    ]
    home.write_corpus("c", documents, tokenizer="words")
    return home.folder


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(app, ["filters", *arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_holds_the_counts(workspace):
    """One JSON object, with changed settings at work."""
    changes = ["--set", "min_doc_words=5", "--set", "max_symbol_word_ratio=none"]
    found = json.loads(call(workspace, "c", "--preset", "gopher_quality", *changes, "--json"))

    assert "gopher_quality_reason" == found["column"]
    assert {"documents": 1, "tokens": 5} == found["kept"]
    assert {"gopher_short_doc": {"documents": 1, "tokens": 3}} == found["reasons"]
    assert {"web", "books"} == set(found["by_domain"])


def test_people_get_tables(workspace):
    """What was kept, why the rest was not, and the same by domain."""
    shown = call(workspace, "c")

    assert shown.startswith("gopher_reason: 0 kept, 2 dropped")
    assert "gopher_short_doc" in shown
    assert "books" in shown


def test_a_change_is_a_key_and_a_value(workspace):
    """A change without an equals sign is named."""
    with pytest.raises(BadInputError, match="a setting is KEY=VALUE"):
        call(workspace, "c", "--set", "min_doc_words")


def test_unknown_preset_is_one_line_and_status_2(workspace):
    """No traceback, nothing on standard output."""
    command = [sys.executable, "-m", "core", "filters", "c", "--preset", "gofer", "--workspace", workspace]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert 2 == done.returncode
    assert "" == done.stdout
    assert ["error: gofer: no such preset;"] == [line[:29] for line in done.stderr.splitlines()]
