"""Reciprocal rank fusion puts two lists together."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import BadInputError
from core.rankers.hybrid import Hybrid

LISTS = {"keyword": [7, 3, 5], "nearest": [3, 9]}


def ranker(name):
    rows = LISTS[name]
    return SimpleNamespace(rank=lambda _, k: (np.array(rows[:k]), np.linspace(1, 0, len(rows[:k]))))


SHELF = SimpleNamespace(ranker=ranker)


def test_score_is_the_sum_of_reciprocal_ranks():
    """A document on both lists overtakes the first of either."""
    rows, scores = Hybrid().over(SHELF).rank("x", 10)

    assert rows.tolist() == [3, 7, 9, 5]
    np.testing.assert_allclose([1 / 62 + 1 / 61, 1 / 61, 1 / 62, 1 / 63], scores, rtol=1e-6)


def test_depth_bounds_the_lists_and_constant_the_lead():
    """Only the first of each list counts at depth 1; constant 0 halves the second rank."""
    rows, scores = Hybrid(constant=0, depth=1).over(SHELF).rank("x", 1)

    assert (rows.tolist(), scores.tolist()) == ([3], [1.0])


def test_nothing_to_fuse_is_refused():
    """A depth of 0 leaves no list."""
    with pytest.raises(BadInputError, match="depth 1 or more"):
        Hybrid(depth=0)
