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


def test_weights_by_rule_and_by_group(home):
    """A rule first, then shares of groups and domains; saved, the one before is a version."""
    value = json.loads(run(home, "mix", "c", "m", "--weights", "proportional", "--json"))
    assert [0.25, 0.75] == [part["weight"] for part in value["plan"]["domains"].values()]
    value = json.loads(run(home, "mix", "c", "m", "--weight", "a=0.1", "--save", "--json"))

    assert [0.1, 0.9] == pytest.approx([part["weight"] for part in value["plan"]["domains"].values()])
    assert {"a": 0.1, "b": 0.9} == pytest.approx(home.mixture("m").weights)
    assert value["saved"].endswith("m.yaml")


def test_a_group_of_the_spec_is_moved_by_its_name(home):
    """Or domains with a plus between."""
    home.save_mixture(mixture(name="g", groups={"both": ("a", "b")}))
    for name in ("both", "a+b"):
        value = json.loads(run(home, "mix", "c", "g", "--weight", f"{name}=1", "--json"))

        assert [0.25, 0.75] == [part["weight"] for part in value["plan"]["domains"].values()]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("z: is no group and no domain of the mixture; there are: a, b", "z=0.5"),
        ("a: a share is NAME=SHARE", "a"),
        ("a=x: a share is NAME=SHARE", "a=x"),
    ],
)
def test_a_share_that_is_none_is_refused(home, said, asked):
    """One line."""
    with pytest.raises(BadInputError, match=said):
        run(home, "mix", "c", "m", "--weight", asked)


def test_stages_with_weights_of_their_own_are_left_alone(home):
    """A share of the whole run would say nothing of them."""
    home.save_mixture(mixture(name="s", stages=[{"until": 1.0, "weights": {"a": 1.0}}]))
    with pytest.raises(BadInputError, match="s: its stages have weights of their own"):
        run(home, "mix", "c", "s", "--weight", "a=0.5")
