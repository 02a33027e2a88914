"""The command `contamination`, as people call it: JSON for programs, tables for people."""

import json

import pytest
import typer
from typer.testing import CliRunner

from core.commands.contamination import contamination
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace

app = typer.Typer()
app.command()(contamination)
ITEM = "seven grey herons carried nine silver buckets past twelve quiet windmills toward old harbour lights tonight"


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [(Document("a", ITEM, "web"), 15), (Document("b", "the cat and the dog", "books"), 5)]
    home.write_corpus("c", documents, tokenizer="words")
    record = {"question": ITEM, "answer": "none of these words stands in that corpus anywhere"}
    (tmp_path / "quiz.jsonl").write_text(json.dumps(record), encoding="utf-8")
    return home.folder


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    benchmark = workspace.parent / "quiz.jsonl"
    result = CliRunner().invoke(app, ["c", str(benchmark), *arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_holds_the_counts(workspace):
    """One JSON object, with settings at work."""
    found = json.loads(call(workspace, "--n", "8", "--text-field", "question", "--json"))

    assert "contaminated_8" == found["columns"][2]
    assert 1 == found["by_benchmark"]["quiz"]["items_hit"]
    assert {"web": 1, "books": 0} == {domain: n["documents"] for domain, n in found["by_domain"].items()}


def test_people_get_tables(workspace):
    """What was found, by benchmark, by domain, and by both."""
    shown = call(workspace, "--min-hits", "2")

    assert shown.startswith("contaminated_13: 1 documents, 15 tokens; 0 of ")
    assert "quiz" in shown
    assert "books" in shown


def test_a_field_that_is_not_there_is_named(workspace):
    """With those that are."""
    with pytest.raises(BadInputError, match="no field 'prompt'; its fields: question, answer"):
        call(workspace, "--text-field", "prompt")
