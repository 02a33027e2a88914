"""The commands of signals: settings from the command line, a fitted model, common lines."""

import json

import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    """A corpus of two sources, one of which ends every page with the same line."""
    home = Workspace(tmp_path / "ws")
    pages = [f"The ship number {i} sails today.\nAll rights reserved." for i in range(12)]
    documents = [(Document(f"w{i}", text, "web"), 8) for i, text in enumerate(pages)]
    documents += [(Document(f"b{i}", f"Call me Ishmael, said {i}.", "books"), 5) for i in range(3)]
    home.write_corpus("c", documents, tokenizer="words")
    return home


def run(workspace, *arguments):
    """Run a command; returns its result."""
    return CliRunner().invoke(app, [*arguments, "--workspace", str(workspace.folder), "--json"])


def test_perplexity_is_fitted_on_the_reference_named(workspace, tmp_path):
    """Settings come as SIGNAL.KEY=VALUE; text like the reference surprises less."""
    reference = tmp_path / "sea.txt"
    reference.write_text("The ship sails today.\nThe ship number 7 sails.\n" * 3, encoding="utf-8")
    told = run(
        workspace, "score", "c", "--signal", "perplexity", "--set", f"perplexity.reference={reference}"
    )
    values = workspace.query(
        workspace.corpus("c"), "SELECT source, avg(perplexity) AS p FROM documents GROUP BY ALL"
    ).to_pylist()
    found = {row["source"]: row["p"] for row in values}

    assert ["perplexity", "perplexity_bucket"] == json.loads(told.stdout)["columns"]
    assert found["web"] < found["books"]


def test_the_same_reference_under_another_path_costs_nothing(workspace, tmp_path):
    """What a file holds signs the column, not where it lies."""
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text("The ship sails today.\n", encoding="utf-8")
    told = [
        run(
            workspace,
            "score",
            "c",
            "--signal",
            "perplexity",
            "--set",
            f"perplexity.reference={tmp_path / name}",
        )
        for name in ("one.txt", "two.txt")
    ]

    assert [["perplexity"], []] == [json.loads(one.stdout)["computed"] for one in told]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("reference=a.txt", "SIGNAL.KEY=VALUE"),
        ("perplexity.reference", "SIGNAL.KEY=VALUE"),
        ("importance.target=a.txt", "is not among the signals"),
        ("perplexity.tongue=x", "tongue"),
        ("perplexity.reference=/nowhere/a.txt", "/nowhere/a.txt"),
    ],
)
def test_a_wrong_setting_is_named(workspace, change, words):
    """Bad input names the value and the rule, before anything is computed."""
    told = run(workspace, "score", "c", "--signal", "perplexity", "--set", change)

    assert isinstance(told.exception, BadInputError)
    assert words in str(told.exception)
    assert [] == workspace.columns(workspace.corpus("c"))


def test_common_lines_are_found_by_source(workspace):
    """The line that every page of a source ends with is boilerplate there."""
    told = json.loads(run(workspace, "boilerplate", "c").stdout)

    assert 1 == told["common_lines"]
    assert 0 == told["share_by_domain"]["books"]
    assert 0.3 < told["share_by_domain"]["web"] < 0.6
