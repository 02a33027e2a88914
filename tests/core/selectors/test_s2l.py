"""S2L: even samples over the clusters of loss trajectories."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.s2l import LossTrajectories


def test_every_shape_gives_as_many():
    """Ninety losses that fall and ten that rise: of twelve documents, six are of each."""
    fall, rise = np.tile([3.0, 2, 1], (90, 1)), np.tile([1.0, 2, 3], (10, 1))
    losses = np.concatenate([fall, rise]) + np.random.default_rng(0).normal(scale=0.01, size=(100, 3))
    columns = {"tokens": np.ones(100, int), "losses": losses}
    mask, rule = LossTrajectories(clusters=2).select(columns, 12, np.random.default_rng(0))

    assert (6, 6) == (mask[:90].sum(), mask[90:].sum())
    assert rule == "Documents sampled evenly over 2 clusters of the trajectories of losses."


def test_no_cluster_is_refused():
    """There is one at least."""
    with pytest.raises(BadInputError, match="clusters 0"):
        LossTrajectories(clusters=0)
