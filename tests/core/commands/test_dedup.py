"""The command of duplicates: a dry run first, both scopes side by side, settings and survivors by name."""

import json
import sys

import pytest

from core.__main__ import main
from core.types import Document
from core.workspace import Workspace

TEXT = "one two three four five six seven eight nine ten"


@pytest.fixture
def home(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    texts = [(TEXT, "a"), (TEXT, "b"), (TEXT + " eleven", "b"), ("another text", "a")]
    workspace.write_corpus("c", [(Document(f"d{i}", t, s), 1) for i, (t, s) in enumerate(texts)])
    return workspace


def run(home, monkeypatch, capsys, *arguments):
    """Run the command in this process; return its status, and what it printed and complained of."""
    monkeypatch.setattr(sys, "argv", ["core", "dedup", "c", "--workspace", str(home.folder), *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, *capsys.readouterr()


def test_a_dry_run_of_both_scopes_for_people(home, monkeypatch, capsys):
    """A table by source, the matrix, and no column."""
    status, told, _ = run(home, monkeypatch, capsys, "--scope", "both", "--dry-run")
    rows = [line.split() for line in told.splitlines()]

    assert status == 0
    assert told.startswith("2 duplicates in 1 groups; stays: the longest document of a group; a dry run")
    assert ["a", "2", "0", "1"] in rows
    assert ["b", "2", "1", "1"] in rows
    assert [] == home.columns(home.corpus("c"))


def test_settings_and_survivor(home, monkeypatch, capsys):
    """They are named on the command line, and stand in the answer."""
    arguments = ("--set", "threshold=0.9", "--set", "seed=2", "--keep", "sources:a", "--json")
    status, told, _ = run(home, monkeypatch, capsys, *arguments)
    found = json.loads(told)

    assert status == 0
    assert (0.9, 2) == (found["settings"]["threshold"], found["settings"]["seed"])
    assert found["share_by_domain"] == {"a": 0.0, "b": 0.5}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--set", "threshold"), "threshold"),
        (("--set", "colour=1"), "colour"),
        (("--keep", "youngest"), "youngest"),
        (("--scope", "sideways"), "sideways"),
    ],
)
def test_bad_input_is_one_line(home, monkeypatch, capsys, arguments, named):
    """It names the value, and the status is 2."""
    status, _, complaint = run(home, monkeypatch, capsys, *arguments)

    assert status == 2
    assert named in complaint
    assert 1 == len(complaint.strip().splitlines())
