"""kMQ: clusters by their size and gains, documents within them by quality."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.kmeans_quality import KMeansQuality

CLUSTER = np.repeat([0, 1], [60, 30])


def counts(selector, columns, budget, seed=0):
    mask, _ = selector.select({"tokens": np.ones(90, int), **columns}, budget, np.random.default_rng(seed))
    return np.bincount(columns.get("cluster", CLUSTER)[mask], minlength=2).tolist()


def test_clusters_give_in_proportion_to_their_size():
    """Two to one."""
    assert [20, 10] == counts(KMeansQuality("q"), {"cluster": CLUSTER, "q": np.ones(90)}, 30)


def test_a_round_multiplies_a_cluster_by_exp_of_its_mean_gain():
    """60 : 30 · e^(ln 2) is one to one; a second round of ln 3 makes it one to three."""
    columns = {"cluster": CLUSTER, "q": np.ones(90), "g": CLUSTER * np.log(2), "h": CLUSTER * np.log(3)}
    columns["g"][0] = np.nan  # unknown, and no part of the mean

    assert [12, 12] == counts(KMeansQuality("q", gains="g"), columns, 24)
    assert [6, 18] == counts(KMeansQuality("q", gains="g,h"), columns, 24)


def test_within_a_cluster_the_draw_is_in_proportion_to_quality():
    """Missing quality is average; quality of nothing comes last."""
    columns = {"tokens": np.ones(5, int), "cluster": np.zeros(5, int), "q": np.array([1, 2, 5, 0, np.nan])}
    rng = np.random.default_rng(0)
    first = sum(KMeansQuality("q").select(columns, 1, rng)[0].astype(int) for _ in range(4000))

    assert pytest.approx(np.array([1, 2, 5, 0, 2]) / 10, abs=0.025) == first / 4000


def test_clusters_of_its_own():
    """With a number of clusters the vectors are clustered; all documents are of two heaps here."""
    vectors = np.zeros((90, 2), np.float32)
    vectors[np.arange(90), CLUSTER] = 1
    columns = {"vectors": vectors, "q": np.ones(90)}

    assert ("vectors", "q") == KMeansQuality("q", clusters=2).needs
    assert [20, 10] == counts(KMeansQuality("q", clusters=2), columns, 30)
    with pytest.raises(BadInputError, match="clusters 0"):
        KMeansQuality(clusters=0)
