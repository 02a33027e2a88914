"""The command `policy`, as people call it."""

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from core.commands.policy import policy
from core.errors import BadInputError
from core.policies import PRESETS
from core.types import Document, Mixture, dump_mixture, parse_mixture
from core.workspace import Workspace

APP = typer.Typer()
APP.command(name="policy")(policy)


@pytest.fixture
def folder(tmp_path):
    """A workspace of forty documents, half of them mild."""
    home = Workspace(tmp_path / "ws")
    documents = [(Document(f"d{i}", f"some words {i}", "web"), 3) for i in range(40)]
    corpus = home.write_corpus("c", documents, tokenizer="words")
    names = PRESETS["commons"].columns
    scores = np.tile(np.array([[0] * 5, [3] + [0] * 4], dtype=np.float32), (20, 1))
    column = home.column(corpus, "toxicity_dimensions", 1, {}, names, "toxicity")
    home.write_whole_column(corpus, column, dict(zip(names, scores.T, strict=True)))
    return home.folder


def run(folder, *arguments):
    """Call the command; what it prints."""
    result = CliRunner().invoke(
        APP, [*arguments, "--workspace", str(folder)], catch_exceptions=False, standalone_mode=False
    )
    if result.exception:
        raise result.exception
    return result.stdout


def test_json_holds_what_was_done(folder, tmp_path):
    """Columns, sums, comparison, the mixture and what is held, each by name."""
    spec, out, held = tmp_path / "m.yaml", tmp_path / "new.yaml", tmp_path / "held.jsonl"
    spec.write_text(dump_mixture(Mixture(name="m", corpus="c")))
    changed = tmp_path / "mine.yaml"
    changed.write_text(
        run(folder, "c", "--show")
        .replace("mild: anneal", "mild: drop")
        .replace("name: commons", "name: mine")
    )
    ways = ["--compare", str(changed), "--mixture", str(spec), "--out", str(out), "--held", str(held)]
    found = json.loads(run(folder, "c", *ways, "--json"))

    assert {"documents": 20, "tokens": 60} == found["actions"]["anneal"]
    assert [("commons", "mine", 0)] == [(d["one"], d["other"], d["documents"]) for d in found["differences"]]
    assert {"file": str(out), "stages": 2} == found["mixture"]
    assert "content_warning" == parse_mixture(out.read_text(), "new").preface
    assert 0 == found["held"]["documents"]


def test_people_read_a_table(folder):
    """Levels, domains, groups and what was not looked at."""
    text = run(folder, "c")

    assert "policy commons: policy_level" in text
    assert "not looked at, for want of a column: language" in text


def test_mixture_and_out_go_together(folder, tmp_path):
    """One without the other is refused before anything is done."""
    with pytest.raises(BadInputError, match="give both"):
        run(folder, "c", "--mixture", str(tmp_path / "m.yaml"))
