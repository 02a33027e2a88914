"""k-means puts vectors of one direction together."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from core.clusterers.kmeans import KMeans, default_k, num_distinct
from core.errors import BadInputError


def directions(n, groups, seed=0):
    """Return n unit vectors around `groups` axes, and which axis each is near."""
    rng = np.random.default_rng(seed)
    of = np.arange(n) % groups
    vectors = np.eye(groups, 16)[of] + rng.normal(size=(n, 16)) * 0.05
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), of


def test_planted_directions_are_found():
    """Six groups far apart come back as they were planted, for some seed of the first three."""
    vectors, planted = directions(600, 6)
    scores = [adjusted_rand_score(planted, KMeans(k=6, seed=seed).fit(vectors)) for seed in range(3)]

    assert max(scores) == 1.0


def test_only_the_direction_counts():
    """A vector's length changes nothing."""
    vectors, _ = directions(200, 4)
    lengths = np.random.default_rng(1).uniform(0.5, 2, size=(200, 1)).astype(np.float32)
    scores = adjusted_rand_score(KMeans(k=4).fit(vectors), KMeans(k=4).fit(vectors * lengths))

    assert scores == 1.0


def test_zero_vectors_are_noise():
    """A vector without a direction belongs nowhere."""
    vectors, _ = directions(40, 4)
    vectors[[3, 7]] = 0

    assert np.flatnonzero(KMeans(k=4).fit(vectors) == -1).tolist() == [3, 7]


def test_never_more_clusters_than_distinct_vectors():
    """Copies of three vectors make three clusters, however many are asked for."""
    vectors = np.repeat(np.eye(3, 8, dtype=np.float32), 10, axis=0)

    assert len(set(KMeans(k=20).fit(vectors).tolist())) == 3
    assert num_distinct(vectors, 20) == 3


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (5, 2), (100, 8), (5000, 50), (100_000, 200)])
def test_default_number_follows_the_square_root(n, k):
    """√(n/2), bounded by 8 and 200, and at least two documents a cluster."""
    assert k == default_k(n)


@pytest.mark.parametrize("settings", [{"k": 0}, {"iterations": 0}])
def test_impossible_settings_are_refused(settings):
    """No cluster or no iteration is not a clustering."""
    with pytest.raises(BadInputError, match="1 "):
        KMeans(**settings)
