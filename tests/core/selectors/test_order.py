"""Orders that selectors take from: by a key, and in shares of groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.selectors._order import by_key, in_shares, scores_of


def test_ascending_with_nan_last():
    """Infinite keys have their place; what has none comes last."""
    keys = np.array([2.0, np.nan, -np.inf, np.inf, 1.0])

    assert [2, 4, 0, 3, 1] == by_key(keys, np.random.default_rng(0)).tolist()


@pytest.mark.parametrize(
    ("expected", "weights"),
    [([0, 4, 6, 1, 5, 2, 3], [1, 1, 1]), ([0, 1, 4, 2, 3, 5, 6], [2, 1, 0])],
    ids=["each in turn", "two to one, and none"],
)
def test_groups_give_in_proportion(expected, weights):
    """A group that is used up leaves its share to the others; one of weight 0 comes last."""
    labels = np.array([0, 0, 0, 0, 1, 1, 2])

    assert expected == in_shares(labels, np.array(weights, float), np.arange(7)).tolist()


def test_within_a_group_the_order_given_decides():
    """The last of each label comes first where the order is backwards."""
    order = in_shares(np.array([0, 0, 1, 1]), np.ones(2), np.arange(4)[::-1])

    assert [1, 3, 0, 2] == order.tolist()


@given(sizes=st.lists(st.integers(0, 30), min_size=1, max_size=6), take=st.integers(0, 100))
def test_an_even_share_of_every_beginning(sizes, take):
    """As S2L's algorithm: small groups whole, the others as much as one another."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    counts = np.bincount(labels[in_shares(labels, np.ones(len(sizes)), np.arange(len(labels)))[:take]])
    unfinished = [n for n, size in zip(counts, sizes, strict=False) if n < size]

    assert not unfinished or max(counts) - min(unfinished) <= 1


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.array(["a", "b"]), np.array([None, 1.0])])
def test_vectors_and_text_are_no_scores(values):
    """A score is one number a document."""
    with pytest.raises(BadInputError, match="s: a score column holds numbers"):
        scores_of({"s": values}, "s")
