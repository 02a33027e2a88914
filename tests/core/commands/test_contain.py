"""The command `contain`, as people call it: JSON for programs, tables for people."""

import json

import pytest
import typer
from typer.testing import CliRunner

from core.commands.contain import contain
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace

app = typer.Typer()
app.command()(contain)
TEXT = "seven grey herons carried nine silver buckets past twelve quiet windmills"


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    for name in "cd":
        documents = [
            (Document("a", TEXT, "web", {"year": 1}), 11),
            (Document("b", f"{TEXT} toward old {name} lights", "books", {"year": 2}), 15),
        ]
        home.write_corpus(name, documents, tokenizer="words")
    return home.folder


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(app, ["c", *arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_holds_the_pairs(workspace):
    """One JSON object, with settings at work."""
    found = json.loads(call(workspace, "--by", "year", "--n", "5", "--threshold", "0.6", "--json"))

    assert [("1", "2", 1.0), ("2", "1", 7 / 11)] == [
        (pair["of"], pair["inside"], pair["ngrams_share"]) for pair in found["pairs"]
    ]
    assert [11, 15] == [pair["tokens"] for pair in found["pairs"]]


def test_people_get_tables_without_any_text(workspace):
    """The domains, and the pairs, the most contained first."""
    shown = call(workspace, "--n", "5")

    assert shown.startswith("source of 'c' in one another, by 5-grams (exact)")
    assert shown.index("documents_elsewhere") < shown.index("inside")
    assert "herons" not in shown


def test_another_corpus_may_be_looked_in(workspace):
    """Each source of the one in each of the other."""
    shown = call(workspace, "--in", "d", "--n", "5", "--scale", "2")

    assert shown.startswith("source of 'c' in 'd', by 5-grams (one 5-gram in 2, with 95 % intervals)")


def test_a_column_that_is_not_there_is_named(workspace):
    """With those that are near."""
    with pytest.raises(BadInputError, match="did you mean year"):
        call(workspace, "--by", "yeer")
