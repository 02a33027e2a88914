"""The command `licences`, as people call it: JSON for programs, tables for people."""

import json

import pytest
import typer
from typer.testing import CliRunner

from core.commands.licences import licences
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace

app = typer.Typer()
app.command()(licences)


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [
        (Document("a", "one two three", "web", {"terms": "CC BY 4.0"}), 3),
        (Document("b", "# SPDX-License-Identifier: MIT", "code", {"terms": "GPLv3"}), 5),
        (Document("c", "one two", "books", {"terms": "whatever"}), 2),
    ]
    home.write_corpus("c", documents, tokenizer="words")
    return home.folder


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_holds_the_shares(workspace, tmp_path):
    """One JSON object, with the field and the cards at work."""
    cards = tmp_path / "cards.yaml"
    cards.write_text("books: {licence: odc-by, tier: 2a}\nweb: 1\n", encoding="utf-8")
    found = json.loads(call(workspace, "c", "--field", "terms", "--cards", str(cards), "--json"))

    assert {"copyleft": 0.5, "1 open": 0.3, "2a partial": 0.2} == {
        t: n["share"] for t, n in found["by_tier"].items()
    }
    assert {"field: GPL-3.0-only, but spdx: MIT": 1} == found["conflicts"]


def test_people_get_tables(workspace):
    """Tiers, evidence, domains, and what contradicts or is not understood."""
    shown = call(workspace, "c", "--field", "terms")

    assert shown.startswith("field: terms; 1 documents with conflicting evidence")
    assert "50.0%" in shown
    assert "whatever" in shown


def test_cards_must_be_a_map(workspace, tmp_path):
    """A file that is none is named."""
    (tmp_path / "cards.yaml").write_text("MIT", encoding="utf-8")
    with pytest.raises(BadInputError, match="holds no map of sources"):
        call(workspace, "c", "--cards", str(tmp_path / "cards.yaml"))
