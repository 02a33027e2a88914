"""Two mixtures side by side: tokens, means and documents, and nothing where nothing differs."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.difference import Change, difference, difference_json
from core.errors import BadInputError
from core.types import Document
from tests.core.small_corpus import mixture, write

SIZES = {"a": [10] * 10, "b": [10] * 30}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two domains, two clusters across them, a signal of quality that one document lacks."""
    named = [(d, i, n) for d, sizes in SIZES.items() for i, n in enumerate(sizes)]
    home = write(
        tmp_path_factory.mktemp("home"),
        [(Document(f"{d}-{i:02d}", f"{d} text {i}", d, {"place": i}), n) for d, i, n in named],
    )
    corpus = home.corpus("c")
    for kind, values in (
        ("quality", {"score": np.array([1.0] * 10 + [3.0] * 29 + [np.nan])}),
        ("toxicity", {"toxicity": np.full(40, 0.5)}),
        ("cluster", {"cluster_name": np.array(["odd", "even"] * 20, dtype=object)}),
    ):
        home.write_whole_column(corpus, home.column(corpus, kind, 1, {}, tuple(values), kind), values)
    return home


def test_what_a_mixture_changes(home):
    """Tokens by domain, the mean quality of the tokens, the documents that come and go, and the keys."""
    before = mixture(weights={"a": 1.0}, budget={"tokens": 100})
    after = mixture(
        name="n", weights={"b": 1.0}, budget={"tokens": 30}, filters=[{"name": "f", "keep": "place < 3"}]
    )
    found = difference(home, before, after)

    assert {"name": ("m", "n"), "budget": ({"tokens": 100}, {"tokens": 30})}.items() <= found.keys.items()
    assert {"name", "budget", "weights", "filters"} == set(found.keys)
    assert Change("tokens", 100, 30) == found.total
    assert (Change("a", 100, 0), Change("b", 0, 30)) == found.tokens["source"]
    assert {"source", "cluster_name"} == set(found.tokens)
    assert (Change("score", 1.0, 3.0),) == found.means
    assert ["b-00", "b-01", "b-02"] == [one.id for one in found.gained]
    assert ([f"a-{i:02d}" for i in range(10)], {(10, 0)}) == (
        [one.id for one in found.lost],
        {(one.before, one.after) for one in found.lost},
    )


def test_repeats_are_gains(home):
    """A document seen three times is 20 tokens ahead of one seen once; ties go by id, and k bounds the list."""
    before = mixture(weights={"a": 1.0}, budget={"tokens": 100})
    found = difference(home, before, mixture(weights={"a": 1.0}, budget={"tokens": 300}), num_documents=3)

    assert [("a-00", 10, 30), ("a-01", 10, 30), ("a-02", 10, 30)] == [
        (one.id, one.before, one.after) for one in found.gained
    ]
    assert ((), ()) == (found.lost, found.means)


def test_other_domains_are_both_divisions(home):
    """Mixtures of other domains are compared by those of either."""
    found = difference(home, mixture(weights={"a": 1.0}), mixture(domain="cluster_name", cross=["source"]))

    assert ["cluster_name × source", "source", "cluster_name"] == list(found.tokens)


def test_json_is_json(home):
    """What the command prints."""
    found = difference(home, mixture(weights={"a": 1.0}), mixture(weights={"b": 1.0}))
    value = json.loads(json.dumps(difference_json(found), allow_nan=False))

    assert not value["is_empty"]
    assert {"name": "a", "before": 100, "after": 0} in value["tokens"]["source"]


def test_mixtures_of_two_corpora_are_refused(home):
    """They share no document."""
    with pytest.raises(BadInputError, match="'m' is of corpus 'other', 'm' of 'c'; compare mixtures of one"):
        difference(home, mixture(corpus="other"), mixture())


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_mixture_beside_itself_is_no_difference(home, data):
    """Whatever it asks."""
    share = data.draw(st.integers(0, 10)) / 10
    asked = mixture(
        domain=data.draw(st.sampled_from(["source", "cluster_name"])),
        cross=data.draw(st.sampled_from([(), ("place",)])),
        budget=data.draw(st.none() | st.builds(lambda n: {"tokens": n}, st.integers(1, 1000))),
        stages=[{"until": 0.5}, {"until": 1.0, "order": {"by": "score"}}] if share > 0.5 else (),
        seed=data.draw(st.integers(0, 9)),
    )

    assert difference(home, asked, asked).is_empty
