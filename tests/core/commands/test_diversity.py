"""The command `diversity`, as people call it."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace

FEW = ("--repeats", "2", "--size", "20")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    home = Workspace(tmp_path_factory.mktemp("ws"))
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(2000)]
    documents = [
        (Document(f"d{i}", " ".join(rng.choice(words, size=60)), "ab"[i % 2], {"good": i / 60}), 60)
        for i in range(60)
    ]
    corpus = home.write_corpus("c", documents)
    vectors = {"vector": rng.normal(size=(60, 8)).astype(np.float32)}
    home.write_whole_column(corpus, home.column(corpus, "test", 1, {}, ("vector",), "vectors"), vectors)
    return home.folder


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(app, ["diversity", *arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_holds_numbers_and_intervals(workspace):
    """Plain numbers by corpus and domain, and beside them value, low, high and n."""
    found = json.loads(call(workspace, "c", *FEW, "--json"))["metrics"]

    assert {"a", "b"} == set(found["domains"])
    assert found["corpus"]["vendi_score"] == found["measured"]["corpus"]["vendi_score"]["value"]
    assert {"value", "low", "high", "n", "full", "small", "reason"} == set(
        found["measured"]["corpus"]["vendi_score"]
    )
    assert (20, 2, "source") == (found["size"], found["repeats"], found["by"])


def test_people_get_tables(workspace):
    """A row a metric, a column a set; why some have no value; the curve with its prices."""
    shown = call(workspace, "c", *FEW, "--curve", "good")

    assert "samples of 20 documents, 2 of each" in shown
    assert "±" in shown
    assert "no clusters yet: run `cluster`: cluster_entropy, " in shown
    assert "good at least a threshold: mean good" in shown
    assert "Δ vendi_score" in shown


def test_a_selector_and_its_price(workspace):
    """A selector's settings come from --set; the quality is named."""
    options = ("--selector", "top_k", "--set", "column=good", "--quality", "good")
    found = json.loads(call(workspace, "c", *FEW, *options, "--json"))

    assert ("top_k", "good") == (found["selector"]["selector"], found["selector"]["settings"]["column"])
    assert ["(all)", "a", "b"] == [row["domain"] for row in found["tradeoff"]]


def test_a_mixture_by_its_file(workspace, tmp_path):
    """What its plan takes is measured beside the corpus."""
    spec = tmp_path / "m.yaml"
    spec.write_text("{name: m, corpus: c, weights: {a: 0.9, b: 0.1}, budget: {tokens: 900}}")
    found = json.loads(call(workspace, "c", *FEW, "--mixture", str(spec), "--json"))["metrics"]

    assert found["mixture"]["effective_domains"] < found["corpus"]["effective_domains"]


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (("--selector", "random"), "nothing says what quality is"),
        (("--set", "column=good"), "none is named"),
        (("--selector", "top_k", "--set", "column", "--quality", "good"), "KEY=VALUE"),
        (("--where", "good > 0.5", "--curve", "good"), "of the whole corpus"),
        (("--mixture", "m.yaml", "--by", "good"), "its own domains"),
        (("--by", "goo"), "no such column"),
        (("--curve", "text"), "no numbers"),
    ],
)
def test_bad_input(workspace, options, rule):
    """One line that names the value and the rule."""
    with pytest.raises(BadInputError, match=rule):
        call(workspace, "c", *FEW, *options)
