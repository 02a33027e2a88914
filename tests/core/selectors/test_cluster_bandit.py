"""Quad: clusters as arms, drawn by an upper bound on their influence."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.cluster_bandit import ClusterBandit

CLUSTER = np.repeat([0, 1, 2], 100)


def counts(selector, influence, budget):
    columns = {"tokens": np.ones(300, int), "cluster": CLUSTER, "influence": np.asarray(influence, float)}
    mask, _ = selector.select(columns, budget, np.random.default_rng(0))
    return np.bincount(CLUSTER[mask], minlength=3).tolist()


def test_without_exploring_every_arm_is_tried_once():
    """Then only the best is drawn, until it is used up."""
    selector = ClusterBandit(alpha=0, samples=10)

    assert [10, 40, 10] == counts(selector, CLUSTER == 1, 60)
    assert [10, 100, 20] == counts(selector, 0.9 * (CLUSTER == 1) + 0.5 * (CLUSTER == 2), 130)


def test_exploring_evens_the_draws():
    """The larger alpha, the nearer to even."""
    influence = 3.0 * (CLUSTER == 1) + np.random.default_rng(0).normal(size=300)
    found = [counts(ClusterBandit(alpha=alpha, samples=2), influence, 90) for alpha in (0.1, 1, 100)]

    assert found[0][1] > found[1][1] > found[2][1]
    assert [30, 30, 30] == pytest.approx(found[2], abs=2)


def test_what_was_not_measured_teaches_nothing():
    """Two measured documents of each cluster tell as much as all."""
    influence = np.where(np.arange(300) % 100 < 2, CLUSTER == 1, np.nan).astype(float)
    found = counts(ClusterBandit(alpha=0, samples=100), influence, 300)

    assert [100, 100, 100] == found


def test_documents_below_the_threshold_come_last():
    """Even those of the best cluster."""
    influence = np.tile([1.0, -1.0], 150)
    columns = {"tokens": np.ones(300, int), "cluster": CLUSTER, "influence": influence}
    mask, _ = ClusterBandit(threshold=0).select(columns, 150, np.random.default_rng(0))

    assert (influence > 0).tolist() == mask.tolist()


@pytest.mark.parametrize("setting", [{"alpha": -1}, {"samples": 0}])
def test_bad_settings(setting):
    """Each names its bound."""
    with pytest.raises(BadInputError, match="must be"):
        ClusterBandit(**setting)
