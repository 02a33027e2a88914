"""Samples of one size, and their intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import bricks
from core.doors import Evidence
from core.metrics import METRICS
from core.metrics.cluster_entropy import EffectiveClusters
from core.metrics.vendi import VendiScore
from core.rarefaction import common_size, draw, effective_count, rarefied, take

CLUSTERS = {"effective_clusters": EffectiveClusters()}
SHARES = np.arange(1, 31) / np.arange(1, 31).sum()


def of_clusters(codes):
    return Evidence(texts=[""] * len(codes), clusters=np.asarray(codes, dtype=np.int32), num_clusters=30)


@pytest.mark.parametrize(
    ("expected", "counts"),
    [(250, [10_000, 250, 300]), (500, [10_000, 600]), (150, [10_000, 150, 99]), (100, [5, 50]), (100, [])],
)
def test_common_size(expected, counts):
    """The smallest set of at least 100 documents, at most 500; smaller ones do not drag the rest down."""
    assert expected == common_size(counts)


def test_small_and_large_of_one_source_agree():
    """A set of ten times the documents has the same value; the value of the whole set is larger."""
    rng = np.random.default_rng(0)
    small, large = (
        rarefied(of_clusters(rng.choice(30, count, p=SHARES)), CLUSTERS, 100)["effective_clusters"]
        for count in (400, 4000)
    )

    assert small.value == pytest.approx(large.value, rel=0.06)
    assert large.high - large.low < small.high - small.low
    assert large.full > large.value
    assert (100, False) == (small.n, small.small)


def covered(count, size, trials=60):
    """How often the interval holds the value that samples fresh from the source have."""
    rng = np.random.default_rng(1)
    fresh = [
        EffectiveClusters().measure(of_clusters(rng.choice(30, min(size, count), p=SHARES)))
        for _ in range(2000)
    ]
    found = [
        rarefied(of_clusters(rng.choice(30, count, p=SHARES)), CLUSTERS, size)["effective_clusters"]
        for _ in range(trials)
    ]
    return np.mean([one.low <= np.mean(fresh) <= one.high for one in found])


@pytest.mark.parametrize(("count", "size"), [(1000, 100), (300, 200), (150, 200)])
def test_intervals_cover(count, size):
    """Sets drawn from one source hold its value in their intervals about nineteen times in twenty.

    Whether they are much larger than a sample, less than twice it, or smaller.
    """
    assert covered(count, size) >= 0.85


def test_a_small_set_is_flagged_and_measured_whole():
    """Its value is that of all it has, and says how many that is."""
    given_ = of_clusters([0, 1, 2, 3] * 5)
    found = rarefied(given_, CLUSTERS, 100)["effective_clusters"]

    assert (pytest.approx(4), 20, True, None) == (found.value, found.n, found.small, found.reason)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(
    ("reason", "evidence", "metric"),
    [
        ("no documents", Evidence(texts=[]), "distinct_2"),
        ("no embedding yet: run `embed`", Evidence(texts=["a"]), "vendi_score"),
        ("no clusters yet: run `cluster`", Evidence(texts=["a"]), "topic_entropy"),
        ("nobody has looked for duplicates yet: run `dedup`", Evidence(texts=["a"]), "near_duplicate_share"),
        ("all documents are noise to the clustering", of_clusters([-1, -1]), "effective_clusters"),
        (
            "no vector is finite and other than zero",
            Evidence(texts=["a", "b"], vectors=np.array([[np.nan, 1], [0, 0]], np.float32)),
            "vendi_score",
        ),
        ("the samples hold too few documents or words for it", Evidence(texts=["a b"]), "distinct_2"),
    ],
)
def test_what_has_no_value_has_a_reason(reason, evidence, metric):
    """Null everywhere, and a sentence that says why and what to run."""
    found = rarefied(evidence, {metric: bricks.make(METRICS, metric)}, 100)[metric]

    assert (None, None, None, None, reason) == (found.value, found.low, found.high, found.full, found.reason)


@pytest.mark.parametrize(
    ("expected", "vectors"),
    [(1, [[1, 0]]), (1, [[1, 0], [1, 0]]), (1, [[3, 4]] * 300), (2, [[1, 0], [0, 1]] * 150)],
    ids=["one document", "two equal", "all equal", "two kinds"],
)
def test_degenerate_sets_have_defined_values(expected, vectors):
    """One document and copies of it are one kind, however many."""
    given_ = Evidence(texts=[""] * len(vectors), vectors=np.array(vectors, dtype=np.float32))
    found = rarefied(given_, {"vendi_score": VendiScore()}, 100)["vendi_score"]

    assert expected == pytest.approx(found.value, rel=1e-2)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=30), st.integers(1, 60), st.integers(0, 9))
def test_weighted_rows_come_in_proportion(weights, size, seed):
    """A row of share w comes ⌊size w⌋ or ⌈size w⌉ times."""
    shares = np.array(weights) / sum(weights)
    times = np.bincount(draw(len(shares), size, np.random.default_rng(seed), shares), minlength=len(shares))

    assert size == times.sum()
    assert (np.abs(times - size * shares) < 1 + 1e-9).all()


def test_unweighted_rows_come_once():
    """Without weights nothing is drawn twice."""
    drawn = draw(50, 50, np.random.default_rng(0))

    assert set(range(50)) == set(drawn.tolist())


def test_a_weight_that_dominates_lowers_the_variety():
    """A source repeated over many epochs is seen again and again."""
    even, heavy = np.ones(300), np.r_[np.full(10, 100.0), np.full(290, 0.1)]
    given_ = Evidence(texts=[""] * 300, vectors=np.eye(300, dtype=np.float32))
    values = [
        rarefied(given_, {"v": VendiScore()}, 100, weights=w, repeats=3)["v"].value for w in (even, heavy)
    ]

    assert values[0] == pytest.approx(100)
    assert values[1] < 20


def test_effective_count():
    """Even weights count as they are, one that holds all counts as one."""
    assert effective_count(np.ones(7)) == pytest.approx(7)
    assert effective_count(np.array([5.0, 0, 0])) == pytest.approx(1)
    assert effective_count(np.zeros(3)) == 0


def test_the_same_seed_gives_the_same_values():
    """And another seed others."""
    given_ = of_clusters(np.random.default_rng(0).integers(0, 30, 500))
    found = [rarefied(given_, CLUSTERS, 100, seed=seed) for seed in (3, 3, 4)]

    assert found[0] == found[1]
    assert found[0] != found[2]


def test_take_keeps_rows_together_and_forgets_what_was_kept():
    """Texts, vectors and labels of a row stay beside one another; another set's matrices do not follow."""
    whole = Evidence(
        texts=["a", "b", "c"], vectors=np.eye(3, dtype=np.float32), domains=np.arange(3, dtype=np.int32)
    )
    whole.kept["spectrum"] = "of the whole"
    part = take(whole, np.array([2, 0]))

    assert (["c", "a"], [2, 0], {}) == (list(part.texts), part.domains.tolist(), part.kept)
    assert math.isclose(part.vectors[0, 2], 1)
