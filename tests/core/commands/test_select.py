"""The command `select`, as people call it."""

import json

import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.errors import BadInputError
from core.workspace import Workspace
from tests.core.small_corpus import sized


@pytest.fixture
def workspace(tmp_path):
    return sized(tmp_path, {"a": [10] * 50, "b": [10] * 50}).folder


def call(workspace, *arguments):
    """Run the command in this process; errors of ours come through."""
    result = CliRunner().invoke(app, ["select", "c", *arguments, "--workspace", str(workspace)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_holds_both_selections(workspace):
    """Settings are typed, conditions narrow the pool, and the column hangs there afterwards."""
    asked = ("--method", "top_k", "--set", "column=place", "--set", "descending=false", "--share", "0.1")
    found = json.loads(call(workspace, *asked, "--where", "source = 'b'", "--as", "lowest", "--json"))
    home = Workspace(workspace)

    assert {"a": {"documents": 0, "tokens": 0}, "b": {"documents": 5, "tokens": 50}} == found["selected"][
        "domains"
    ]
    assert (2.0, "random", "lowest") == (
        found["selected"]["means"]["place"],
        found["beside"]["method"],
        found["column"],
    )
    assert [50, 51, 52, 53, 54] == home.keep_mask(home.corpus("c"), "lowest").nonzero()[0].tolist()


def test_people_read_tables(workspace):
    """The rule, then the pool, the baseline and the method side by side."""
    told = call(workspace, "--method", "top_k", "--set", "column=place", "--as", "chosen")

    assert told.startswith("Documents of the highest place. ")
    assert "among those of random. Hung as chosen." in told
    for word in ("pool", "beside: random", "documents, top_k", "mean of", "clusters"):
        assert word in told


def test_the_baseline_beside_itself(workspace):
    """All of the documents are the same."""
    assert 1 == json.loads(call(workspace, "--method", "random", "--json"))["overlap"]


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        ("no such method; did you mean 'mig'", ("--method", "mix")),
        ("a setting is KEY=VALUE", ("--method", "top_k", "--set", "place")),
        ("'random' has no such setting", ("--method", "random", "--set", "a=1")),
        ("a share is above 0", ("--method", "random", "--share", "0")),
        ("no such method", ("--method", "random", "--beside", "nothing")),
    ],
)
def test_bad_input_is_one_line(workspace, expected, arguments):
    """Each names the value, the rule and the remedy."""
    with pytest.raises(BadInputError, match=expected) as caught:
        call(workspace, *arguments)

    assert "\n" not in str(caught.value)
