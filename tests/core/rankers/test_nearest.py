"""The nearest ranker orders by cosine."""

from types import SimpleNamespace

import numpy as np

from core.rankers.nearest import Nearest


def shelf(query):
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], dtype=np.float32)
    return SimpleNamespace(vectors=lambda: vectors, vector_of=lambda _: np.array(query, dtype=np.float32))


def test_scores_are_cosines():
    """The document of the query's own direction leads with 1."""
    rows, scores = Nearest().over(shelf([0.6, 0.8])).rank("x", 3)

    assert rows.tolist() == [1, 2, 0]
    np.testing.assert_allclose([1.0, 0.8, 0.6], scores, atol=1e-6)


def test_query_without_a_direction_finds_nothing():
    """No known word, no neighbour."""
    assert len(Nearest().over(shelf([0, 0])).rank("x", 3)[0]) == 0
