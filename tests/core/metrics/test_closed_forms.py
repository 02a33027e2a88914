"""Metrics of vectors and labels at the values that a closed form gives."""

import math

import numpy as np
import pytest

from core.doors import Evidence
from core.metrics.cluster_entropy import ClusterEntropy, EffectiveClusters
from core.metrics.dc_score import DCScore
from core.metrics.duplicate_share import NearDuplicateShare
from core.metrics.effective_domains import EffectiveDomains
from core.metrics.facility_location import FacilityLocation
from core.metrics.mig_information import MigInformation
from core.metrics.nearest_neighbour import NearestNeighbourDistance
from core.metrics.novel_sum import NovelSum
from core.metrics.topic_entropy import TopicEntropy
from core.metrics.vendi import VendiScore, VendiShare

COPIES, ORTHOGONAL = np.ones((8, 12)), np.eye(8, 12)
GROUPS = np.repeat(np.eye(4, 12), 25, axis=0)


def of_vectors(vectors, reference=None):
    given = np.asarray(vectors, dtype=np.float32)
    other = given if reference is None else np.asarray(reference, dtype=np.float32)
    return Evidence(texts=[""] * len(given), vectors=given, reference=other)


def of_clusters(*clusters, num=4):
    return Evidence(texts=[""] * len(clusters), clusters=np.array(clusters, dtype=np.int32), num_clusters=num)


@pytest.mark.parametrize("q", [0.0, 0.5, 1.0, 2.0, math.inf])
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
def test_vendi_score(expected, vectors, q):
    """N orthogonal texts give n, copies 1, k groups k, by either matrix and at every order."""
    assert expected == pytest.approx(VendiScore(q=q).measure(of_vectors(vectors)), rel=1e-6)


def test_vendi_score_honours_its_order_by_either_matrix():
    """Shares 3/4 and 1/4 give Hill's numbers: 2 kinds, 1.75 in between, 1.6 at order 2, 4/3 of the largest."""
    vectors = np.repeat(np.eye(2, 10), [3, 1], axis=0)
    by_order = {0.0: 2, 1.0: (4 / 3) ** 0.75 * 4**0.25, 2.0: 1.6, math.inf: 4 / 3}
    for q, expected in by_order.items():
        assert expected == pytest.approx(VendiScore(q=q).measure(of_vectors(vectors)))
        assert expected == pytest.approx(VendiScore(q=q).measure(of_vectors(np.tile(vectors, (9, 1)))))


def test_vendi_score_of_many_blocks_is_that_of_one():
    """Blocks in single precision change the sixth digit at most; unusable vectors do not count."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20_000, 6)).astype(np.float32)
    vectors[5000], vectors[7000, 2] = 0, np.nan
    clean = np.delete(vectors, [5000, 7000], axis=0).astype(np.float64)
    clean /= np.linalg.norm(clean, axis=1, keepdims=True)
    shares = np.linalg.eigvalsh(clean.T @ clean / len(clean))

    assert math.exp(-(shares * np.log(shares)).sum()) == pytest.approx(
        VendiScore().measure(of_vectors(vectors)), rel=1e-6
    )


@pytest.mark.parametrize(("expected", "vectors"), [(1, ORTHOGONAL), (1 / 8, COPIES), (0.04, GROUPS)])
def test_vendi_share(expected, vectors):
    """It is the score over the number of texts."""
    assert expected == pytest.approx(VendiShare().measure(of_vectors(vectors)), rel=1e-6)


@pytest.mark.parametrize(("expected", "vectors"), [(0, COPIES), (1, ORTHOGONAL), (0, GROUPS)])
def test_nearest_neighbour_distance(expected, vectors):
    """Copies lie at 0, orthogonal texts at 1, each of a group at its like; more than a block as well."""
    assert expected == pytest.approx(NearestNeighbourDistance().measure(of_vectors(vectors)), abs=1e-6)
    many = np.tile(np.eye(700), (2, 1))
    assert pytest.approx(NearestNeighbourDistance().measure(of_vectors(many)), abs=1e-6) == 0


def test_dc_score():
    """Copies are one kind; n orthogonal texts give n e / (e + n - 1), and n where tau is small."""
    assert pytest.approx(DCScore().measure(of_vectors(COPIES)), rel=1e-6) == 1
    assert pytest.approx(DCScore().measure(of_vectors(ORTHOGONAL))) == 8 * math.e / (math.e + 7)
    assert pytest.approx(DCScore(tau=0.01).measure(of_vectors(ORTHOGONAL))) == 8
    assert pytest.approx(DCScore(tau=0.01).measure(of_vectors(GROUPS)), rel=1e-5) == 4


def test_facility_location():
    """A set that holds one of each kind covers the corpus; one of four kinds covers a quarter."""
    assert pytest.approx(FacilityLocation().measure(of_vectors(np.eye(4, 12), GROUPS))) == 1
    assert pytest.approx(FacilityLocation().measure(of_vectors(np.eye(1, 12), GROUPS))) == 0.25


def test_novel_sum():
    """Copies hold nothing new; orthogonal texts lie at 1, scaled by 1 / √2, the root of their density."""
    assert pytest.approx(NovelSum().measure(of_vectors(COPIES)), abs=1e-6) == 0
    assert pytest.approx(NovelSum().measure(of_vectors(ORTHOGONAL))) == 1 / math.sqrt(2)
    assert pytest.approx(NovelSum(beta=0).measure(of_vectors(ORTHOGONAL))) == 1


def test_novel_sum_weighs_by_rank():
    """Distances 0 to a copy and 1 to two others are weighted 1, 1/2, 1/3: (1/2 + 1/3) / (11/6)."""
    vectors = np.eye(3)[[0, 0, 1, 2]]

    assert pytest.approx(NovelSum(beta=0).measure(of_vectors(vectors)), abs=1e-6) == (5 / 11 + 1) / 2


@pytest.mark.parametrize(
    ("effective", "share", "clusters"),
    [(4, 1, [0, 1, 2, 3]), (1, 0, [2, 2, 2]), (2, 0.5, [0, 0, 3, 3, -1])],
    ids=["even", "one", "half of them, and noise"],
)
def test_clusters(effective, share, clusters):
    """Even shares of k clusters are k effective ones; noise does not count."""
    given = of_clusters(*clusters)

    assert effective == pytest.approx(EffectiveClusters().measure(given))
    assert share == pytest.approx(ClusterEntropy().measure(given))


def test_effective_domains():
    """Sources count by their shares, as clusters do."""
    given = Evidence(texts=[""] * 4, domains=np.array([0, 0, 1, 1], dtype=np.int32))

    assert pytest.approx(EffectiveDomains().measure(given)) == 2


def test_topic_entropy():
    """One topic is 0 bits; four met often are 2; those met once tell of more that were missed."""
    assert TopicEntropy().measure(of_clusters(1, 1, 1)) == 0
    assert pytest.approx(TopicEntropy().measure(of_clusters(*([0, 1, 2, 3] * 50)))) == 2
    assert TopicEntropy().measure(of_clusters(0, 0, 1, 2, 3)) > 2


def test_topic_entropy_of_a_small_sample_is_less_biased():
    """40 of 30 even topics: the plain entropy is 0.5 bits short of log₂ 30, this one a third of that."""
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, 30, 40) for _ in range(200)]
    plain = [math.log2(EffectiveClusters().measure(of_clusters(*codes, num=30))) for codes in drawn]
    found = [TopicEntropy().measure(of_clusters(*codes, num=30)) for codes in drawn]

    assert math.log2(30) - np.mean(plain) > 0.4
    assert abs(math.log2(30) - np.mean(found)) < 0.15


def test_mig_information():
    """Labels apart by more than a threshold: Σ count^0.8; labels that are one: all mass is shared out evenly."""
    apart, alike = np.eye(2, 3, dtype=np.float32), np.ones((2, 3), dtype=np.float32)
    apart[0, 1] = 1
    labels = np.array([0, 0, 0, 1], dtype=np.int32)
    given = {"texts": [""] * 4, "clusters": labels, "num_clusters": 2}

    assert pytest.approx(MigInformation().measure(Evidence(**given, centroids=apart))) == 3**0.8 + 1
    assert pytest.approx(MigInformation().measure(Evidence(**given, centroids=alike))) == 2 * 2**0.8


def test_near_duplicate_share():
    """It is the share of documents that would go."""
    given = Evidence(texts=[""] * 4, duplicate=np.array([True, False, False, False]))

    assert NearDuplicateShare().measure(given) == 0.25
    assert math.isnan(NearDuplicateShare().measure(Evidence(texts=["a"])))
