"""The command `take`: lines for people, and one line for errors."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from core.commands.take import take
from core.errors import NotFoundError
from core.types import Document
from core.workspace import Workspace

APP = typer.Typer()
APP.command(name="take")(take)


@pytest.fixture
def home(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [(Document(name, "one two", "web"), 2) for name in ("a", "b")]
    home.write_corpus("c", documents, tokenizer="words")
    return home


def call(home, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(APP, [*map(str, arguments), "--workspace", str(home.folder)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_people_read_what_was_hung_and_the_means(home, tmp_path):
    """A line of columns, and a row a source; what gave way is named."""
    table = {"id": ["a"], "domain": ["web"], "tokens": [2], "influence": [0.5]}
    pq.write_table(pa.table(table), tmp_path / "influence.parquet")
    corpus = home.corpus("c")
    other = home.column(corpus, "own_parquet", 1, {}, ("influence",), "other")
    home.write_whole_column(corpus, other, {"influence": pa.array([1.0, 2.0])})
    lines = call(home, "c", tmp_path).splitlines()

    assert "influence: 1 documents matched, 1 without a value" == lines[0]
    assert "replaces influence" == lines[1]
    assert ["source", "influence"] == lines[2].split()
    assert ["web", "0.5"] == lines[3].split()
    assert [0.5, None] == home.read(home.corpus("c"), ["influence"])["influence"].to_pylist()


def test_a_run_without_files_is_refused(home, tmp_path):
    """The line says how to come by them."""
    with pytest.raises(NotFoundError, match=r"run `python -m core\.backend documents RUN`"):
        call(home, "c", tmp_path)
