"""The command `repeats`, as people call it: JSON for programs, tables for people."""

import json

import pytest
import typer
from typer.testing import CliRunner

from core.commands.repeats import repeats
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace

app = typer.Typer()
app.command()(repeats)


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [
        (Document("a", "One. Two.\nsecret words", "web"), 4),
        (Document("b", "Two.\nOne.", "books"), 2),
    ]
    home.write_corpus("c", documents, tokenizer="words")
    return home.folder


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(app, ["c", *arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_holds_the_counts(workspace):
    """One JSON object, with settings at work."""
    found = json.loads(call(workspace, "--unit", "sentence", "--length", "4", "--json"))

    assert "repeated_sentence_share" == found["columns"][1]
    assert 2 == found["documents"]
    assert {"count": 2, "characters": 4, "id": "a", "begin": 0} == found["frequent"][0]


def test_people_get_tables_without_any_text(workspace):
    """What was found, by domain, with the example's id; a preset adds its filter."""
    shown = call(workspace, "--preset", "mixturevitae")

    assert shown.startswith("repeated_sentence_share: 2 documents, 16 characters in repeats of 1 or more")
    assert "books" in shown
    assert "secret" not in shown
    assert shown.endswith("filter: coalesce(repeated_sentence_surplus, 0) <= 0.75\n")


def test_substrings_are_the_default(workspace):
    """Of 200 characters, of which these texts have none."""
    assert 200 == json.loads(call(workspace, "--json"))["length"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["--preset", "other"], "no such preset; choose mixturevitae"),
        (["--preset", "mixturevitae", "--unit", "line"], "a preset has its own unit, length and scope"),
    ],
)
def test_bad_presets_are_named(workspace, arguments, rule):
    """What there is, and what does not go together."""
    with pytest.raises(BadInputError, match=rule):
        call(workspace, *arguments)
