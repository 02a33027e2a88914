"""Metrics at the values that a closed form gives."""

import math

import numpy as np
import pytest

from core.doors import Evidence
from core.metrics.cluster_entropy import ClusterEntropy, EffectiveClusters
from core.metrics.compression import CompressionRatio
from core.metrics.duplicate_share import NearDuplicateShare
from core.metrics.nearest_neighbour import NearestNeighbourDistance
from core.metrics.ngram_diversity import DistinctN, NgramDiversity
from core.metrics.vendi import VendiScore


def of_vectors(vectors):
    return Evidence(texts=[""] * len(vectors), vectors=np.asarray(vectors, dtype=np.float32))


@pytest.mark.parametrize(
    ("expected", "vectors"),
    [
        (8, np.eye(8)),
        (8, np.eye(8, 20)),
        (1, np.ones((8, 3))),
        (1, np.ones((1, 5))),
        (4, np.repeat(np.eye(4), 25, axis=0)),
    ],
    ids=["orthogonal", "more dimensions than texts", "copies", "one", "four groups"],
)
def test_vendi_score(expected, vectors):
    """N orthogonal texts give n, copies 1, k groups k, by either matrix."""
    assert expected == pytest.approx(VendiScore().measure(of_vectors(vectors)), rel=1e-6)


def test_nearest_neighbour_distance():
    """Copies lie at 0, orthogonal texts at 1."""
    assert pytest.approx(NearestNeighbourDistance().measure(of_vectors(np.ones((4, 3)))), abs=1e-9) == 0
    assert pytest.approx(NearestNeighbourDistance().measure(of_vectors(np.eye(5)))) == 1
    assert (
        pytest.approx(NearestNeighbourDistance().measure(of_vectors(np.tile(np.eye(700), (2, 1)))), abs=1e-9)
        == 0
    )


@pytest.mark.parametrize(
    ("effective", "share", "clusters"),
    [(4, 1, [0, 1, 2, 3]), (1, 0, [2, 2, 2]), (2, 0.5, [0, 0, 3, 3, -1])],
    ids=["even", "one", "half of them, and noise"],
)
def test_clusters(effective, share, clusters):
    """Even shares of k clusters are k effective ones; noise does not count."""
    given = Evidence(texts=[""] * len(clusters), clusters=np.array(clusters, dtype=np.int32), num_clusters=4)

    assert effective == pytest.approx(EffectiveClusters().measure(given))
    assert share == pytest.approx(ClusterEntropy().measure(given))


def test_ngrams_of_copies_and_of_fresh_words():
    """One text again and again has few distinct n-grams, fresh words have all."""
    same = Evidence(texts=["a b c d e f g h i j"] * 100)
    fresh = Evidence(texts=[" ".join(f"w{i}x{j}" for j in range(10)) for i in range(100)])

    assert pytest.approx(DistinctN(words=1000).measure(same)) == 9 / 900
    assert DistinctN(words=1000).measure(fresh) == 1
    assert NgramDiversity(words=1000).measure(fresh) == 4
    assert CompressionRatio(words=1000).measure(same) > 5 * CompressionRatio(words=1000).measure(fresh)


def test_sets_of_different_size_can_be_compared():
    """Ten times as many texts of the same kind are as diverse, within a tenth."""
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in rng.zipf(1.5, size=200)) for _ in range(600)]
    small, large = (DistinctN().measure(Evidence(texts=t)) for t in (texts[:60], texts))

    assert abs(small - large) / large < 0.1


def test_near_duplicate_share():
    """It is the share of documents that would go."""
    given = Evidence(texts=[""] * 4, duplicate=np.array([True, False, False, False]))

    assert NearDuplicateShare().measure(given) == 0.25
    assert math.isnan(NearDuplicateShare().measure(Evidence(texts=["a"])))
