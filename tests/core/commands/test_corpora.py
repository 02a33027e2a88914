"""The commands on whole corpora: `corpora` and `delete`."""

import json

import pytest
import typer
from typer.testing import CliRunner

from core.commands.corpora import corpora, delete
from core.errors import BadInputError, NotFoundError
from core.types import Document
from core.workspace import Workspace

APP = typer.Typer()
APP.command(name="corpora")(corpora)
APP.command(name="delete")(delete)


@pytest.fixture
def home(tmp_path):
    home = Workspace(tmp_path / "ws")
    for name in ("a", "b"):
        home.write_corpus(name, [(Document(name, "one two", "web"), 2)], tokenizer="words")
    return home


def call(home, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(APP, [*arguments, "--workspace", str(home.folder)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_corpora_are_listed_with_their_sizes(home):
    """A row a corpus, by name."""
    listed = json.loads(call(home, "corpora", "--json"))["corpora"]

    assert [("a", 1, 2), ("b", 1, 2)] == [(one["corpus"], one["documents"], one["tokens"]) for one in listed]


def test_an_empty_workspace_says_so(tmp_path):
    """No table without rows."""
    assert "There is no corpus yet.\n" == call(Workspace(tmp_path / "new"), "corpora")


def test_delete_takes_the_corpus_away(home):
    """The one that is named, and no other."""
    call(home, "delete", "a", "--yes")

    assert ["b"] == home.corpora()


def test_delete_asks_first(home):
    """Without --yes nothing is touched."""
    with pytest.raises(BadInputError, match="say --yes"):
        call(home, "delete", "a")

    assert ["a", "b"] == home.corpora()


def test_delete_knows_what_is_not_there(home):
    """A wrong name is refused with those there are."""
    with pytest.raises(NotFoundError):
        call(home, "delete", "c", "--yes")
