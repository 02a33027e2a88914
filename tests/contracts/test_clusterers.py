"""What every clusterer promises."""

import dataclasses

import numpy as np
import pytest

from core.bricks import make, settings_of
from core.clusterers import CLUSTERERS


@pytest.fixture(params=CLUSTERERS)
def clusterer(request):
    return make(CLUSTERERS, request.param)


def blobs(n, seed=0):
    rng = np.random.default_rng(seed)
    vectors = np.eye(4, 8)[np.arange(n) % 4] + rng.normal(size=(n, 8)) * 0.05
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_same_seed_gives_the_same_labels(clusterer):
    """Fitting is a function of vectors and settings."""
    vectors = blobs(80)

    assert clusterer.fit(vectors).tobytes() == clusterer.fit(vectors).tobytes()


def test_vectors_are_left_as_they_were(clusterer):
    """Fitting writes into no one's array."""
    vectors = blobs(40)
    before = vectors.copy()
    vectors.flags.writeable = False
    clusterer.fit(vectors)

    assert np.array_equal(before, vectors)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_small_corpora_are_clustered(clusterer, n):
    """One label a vector from -1 up, however few there are."""
    labels = clusterer.fit(blobs(n))

    assert (n, np.int32) == (len(labels), labels.dtype)
    assert np.all(labels >= -1)


@pytest.mark.parametrize("vectors", [np.zeros((30, 8)), np.ones((30, 8)) / np.sqrt(8)], ids=["zero", "same"])
def test_vectors_without_variety_are_clustered(clusterer, vectors):
    """Thirty equal vectors share one label."""
    labels = clusterer.fit(vectors.astype(np.float32))

    assert len(set(labels.tolist())) == 1


def test_every_clusterer_has_a_seed_and_its_settings_survive_a_round_trip(clusterer):
    """Stability needs the seed; forms need the settings."""
    reseeded = dataclasses.replace(clusterer, seed=7)

    assert reseeded == make(CLUSTERERS, clusterer.name, settings_of(reseeded))
