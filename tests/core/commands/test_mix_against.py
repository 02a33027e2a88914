"""`mix --against` says what a mixture changes of another; `versions` lists what it was before."""

import json

import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.errors import BadInputError, NotFoundError
from core.types import dump_mixture
from tests.core.small_corpus import mixture, sized


@pytest.fixture
def home(tmp_path):
    """A corpus of two domains, and the mixture `m` saved with two budgets."""
    home = sized(tmp_path / "ws", {"a": [10] * 10, "b": [10] * 30})
    for tokens in (100, 200):
        home.save_mixture(mixture(weights={"a": 0.5, "b": 0.5}, budget={"tokens": tokens}))
    return home


def run(home, *arguments):
    """Run in this process; an error comes through."""
    done = CliRunner().invoke(
        app, [*map(str, arguments), "--workspace", str(home.folder)], catch_exceptions=False
    )
    return done.stdout


def test_a_mixture_against_a_file(home, tmp_path):
    """Tokens by domain, for people and as JSON."""
    other = tmp_path / "other.yaml"
    other.write_text(dump_mixture(mixture(name="other", weights={"a": 1.0}, budget={"tokens": 100})))
    value = json.loads(run(home, "mix", "c", "m", "--against", other, "--json"))
    shown = run(home, "mix", "c", "m", "--against", other)

    assert {"name": "b", "before": 0, "after": 100} in value["difference"]["tokens"]["source"]
    assert ("other", "m") == (value["difference"]["before"], value["difference"]["after"])
    assert [{"a": 100, "b": 100}] == [one["tokens"] for one in value["timeline"]]
    assert "against other: name, weights, budget differ\n\ntokens: 100 before, 200 after" in shown


def test_a_mixture_against_itself_and_its_versions(home):
    """A version is named by its number; one that is not there, and another corpus, are refused."""
    assert "no difference to m" in run(home, "mix", "c", "m", "--against", "m")
    assert "budget differ" in run(home, "mix", "c", "m@1", "--against", "m")
    with pytest.raises(NotFoundError, match="m@7: no such version"):
        run(home, "mix", "c", "m", "--against", "m@7")
    home.save_mixture(mixture(name="n", corpus="d"))
    with pytest.raises(BadInputError, match="the mixture is of this corpus, not of 'c'"):
        run(home, "mix", "c", "m", "--against", "n")


def test_versions_are_listed_and_restored(home):
    """What stood there becomes a version."""
    found = json.loads(run(home, "versions", "m", "--json"))
    assert ([1], None) == ([one["version"] for one in found["versions"]], found["restored"])
    found = json.loads(run(home, "versions", "m", "--restore", "1", "--json"))

    assert [2, 1] == [one["version"] for one in found["versions"]]
    assert 100 == home.mixture("m").budget.tokens
