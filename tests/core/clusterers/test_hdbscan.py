"""HDBSCAN finds dense groups and leaves the rest as noise."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from core.clusterers.hdbscan import Hdbscan
from core.errors import BadInputError


def blobs(n, groups):
    rng = np.random.default_rng(0)
    of = np.arange(n) % groups
    vectors = np.eye(groups, 16)[of] + rng.normal(size=(n, 16)) * 0.05
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), of


def test_planted_groups_are_found():
    """Three groups far apart come back as planted."""
    vectors, planted = blobs(150, 3)

    assert adjusted_rand_score(planted, Hdbscan().fit(vectors)) == 1.0


def test_beyond_the_sample_documents_take_the_nearest_label():
    """Fitted on 60 of 150, the others fall to their own group."""
    vectors, planted = blobs(150, 3)

    assert adjusted_rand_score(planted, Hdbscan(max_fit=60, min_cluster_size=5).fit(vectors)) == 1.0


def test_fewer_than_a_cluster_are_noise():
    """Ten documents make no cluster of fifteen."""
    assert Hdbscan().fit(blobs(10, 2)[0]).tolist() == [-1] * 10


def test_impossible_settings_are_refused():
    """A cluster of one is no cluster."""
    with pytest.raises(BadInputError, match="2 documents or more"):
        Hdbscan(min_cluster_size=1)
