"""A selector run by itself: a share of a corpus's tokens, as a mask over all its rows."""

import numpy as np
import pytest

from core.errors import BadInputError, NotFoundError
from core.select import select
from core.selectors import SELECTORS
from tests.core.small_corpus import sized


@pytest.fixture
def home(tmp_path):
    """A hundred documents of ten tokens in two domains, each with its `place`."""
    return sized(tmp_path, {"a": [10] * 50, "b": [10] * 50})


@pytest.mark.parametrize("method", SELECTORS)
def test_half_the_tokens_by_default(home, method):
    """Whatever the selector, and the same again under the same seed."""
    settings = {} if method == "random" else {"column": "place"}
    mask, rule = select(home, "c", method, settings)

    assert (100, 50) == (len(mask), mask.sum())
    assert mask.tolist() == select(home, "c", method, settings)[0].tolist()
    assert rule.startswith("Documents ")


def test_only_the_pool_is_chosen_from(home):
    """`where` narrows the pool, and the share is of its tokens."""
    mask, rule = select(
        home, "c", "top_k", {"column": "place"}, share=0.1, where="source = 'b' AND place < 40"
    )

    assert [86, 87, 88, 89] == np.flatnonzero(mask).tolist()
    assert rule == "Documents of the highest place."


def test_seeds_differ(home):
    """Another seed, another sample."""
    assert select(home, "c", "random", seed=1)[0].tolist() != select(home, "c", "random", seed=2)[0].tolist()


@pytest.mark.parametrize(
    ("expected", "arguments", "named"),
    [
        ("a share is above 0", ("random",), {"share": 1.5}),
        ("no such method; did you mean 'random'", ("randon",), {}),
        ("no such column", ("top_k",), {}),
        ("no column 'nope'", ("random",), {"where": "nope > 1"}),
    ],
    ids=["share", "method", "column", "where"],
)
def test_bad_input(home, expected, arguments, named):
    """Each is the person's error, in a line."""
    with pytest.raises(BadInputError, match=expected):
        select(home, "c", *arguments, **named)


def test_an_unknown_corpus(home):
    """The error lists those there are."""
    with pytest.raises(NotFoundError, match="there are: c"):
        select(home, "d", "random")
