"""The command `add-column`, as people call it: JSON for programs, lines for people, one line for errors."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from core.commands.own import add_column
from core.errors import BadInputError, NotFoundError
from core.types import Document
from core.workspace import Workspace

ROOT = Path(__file__).parents[3]
APP = typer.Typer()
APP.command(name="add-column")(add_column)


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [(Document("a", "one two", "web"), 2), (Document("b", "", "web"), 0)]
    home.write_corpus("c", documents, tokenizer="words")
    (home.folder / "signals").mkdir()
    code = "def score(texts):\n    return [len(t) or None for t in texts]\n"
    (home.folder / "signals" / "letters.py").write_text(code, encoding="utf-8")
    return home.folder


@pytest.fixture
def file(tmp_path):
    """A Parquet file of scores."""
    pq.write_table(pa.table({"key": ["a", "z"], "quality": [0.5, 0.9]}), tmp_path / "scores.parquet")
    return str(tmp_path / "scores.parquet")


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(APP, [*arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def run(workspace, *arguments):
    """Run the command in a process of its own, as `python -m core` does."""
    code = "from core import __main__ as commands;commands.main()"
    command = [sys.executable, "-c", code, "add-column", *arguments, "--workspace", str(workspace)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_python_prints_json(workspace):
    """One object, and nothing else."""
    found = json.loads(call(workspace, "c", "--python", "letters", "--allow", "letters", "--json"))

    assert found.pop("documents_per_second") > 0
    assert {"columns": ["letters"], "kind": "other", "nulls": {"letters": 1}, "replaced": []} == found


def test_people_get_lines(workspace, file):
    """Nulls, what gave way, what matched."""
    options = ["--column", "quality", "--id-field", "key", "--as", "letters"]
    first = call(workspace, "c", "--python", "letters", "--allow", "letters", "--limit-seconds", "30")
    second = call(workspace, "c", "--parquet", file, *options)

    assert first.startswith("letters: 1 nulls\n")
    assert "documents a second" in first
    assert [
        "letters: 1 nulls; replaces the column of that name",
        "1 documents matched, 1 without a row in the file, 1 rows of no document",
    ] == second.splitlines()


def test_sql_names_its_column(workspace):
    """An expression over what is there."""
    found = json.loads(call(workspace, "c", "--sql", "tokens / length(text)", "--as", "density", "--json"))

    assert {"columns": ["density"], "kind": "other", "nulls": {"density": 1}, "replaced": []} == found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no way: a column comes from one of --python, --sql and --parquet"),
        (["--allow", "letters"], "no way: a column comes from one of"),
        (["--sql", "1", "--python", "letters"], "--python and --sql: a column comes from one of"),
        (["--sql", "1"], "--as: is not given; name the new column"),
        (["--parquet", "x.parquet"], "--column: is not given; name the column to add"),
        (["--sql", "1", "--as", "x", "--column", "y"], "--column: does not go with --sql"),
        (["--python", "letters", "--as", "y"], "--as: does not go with --python"),
        (["--parquet", "x", "--column", "y", "--limit-seconds", "3"], "--limit-seconds: does not go with"),
        (["--python", "letters", "--allow", "letters", "--limit-seconds", "0"], "seconds above 0"),
    ],
)
def test_options_that_do_not_go_together(workspace, arguments, words):
    """Nothing that was asked for is passed over."""
    with pytest.raises(BadInputError, match=words):
        call(workspace, "c", *arguments)


def test_unknown_corpus(workspace):
    """The message lists the corpora there are."""
    for way in (["--sql", "1", "--as", "x"], ["--python", "letters"], ["--parquet", "x", "--column", "y"]):
        with pytest.raises(NotFoundError, match="there are: c"):
            call(workspace, "none", *way)


def test_code_that_is_not_allowed_is_one_line_and_status_2(workspace):
    """Path, hash and remedy; no traceback, nothing on standard output."""
    done = run(workspace, "c", "--python", "letters")
    path = workspace / "signals" / "letters.py"
    (line,) = done.stderr.splitlines()

    assert (2, "") == (done.returncode, done.stdout)
    assert line.startswith("error: ")
    assert "letters.py" in line
    assert hashlib.sha256(path.read_bytes()).hexdigest() in line
    assert line.endswith("add --allow letters")


def test_code_that_fails_is_one_line_and_status_1(workspace):
    """Where it failed, without the words of the exception."""
    code = "def score(texts):\n    raise ValueError(texts[0])\n"
    (workspace / "signals" / "letters.py").write_text(code, encoding="utf-8")
    done = run(workspace, "c", "--python", "letters", "--allow", "letters")

    assert (1, "") == (done.returncode, done.stdout)
    assert (
        "error: signal 'letters' failed with ValueError at letters.py:2; mend the file and run again"
        == done.stderr.splitlines()[-1]
    )
    assert "one two" not in done.stderr
