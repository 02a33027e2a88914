"""DSIR's resampling: proportional to the importance weight, without replacement."""

import numpy as np
import pytest

from core.selectors.dsir import ImportanceResampling


def test_a_draw_follows_the_weights():
    """The first document is drawn in proportion to the exponential of its log weight."""
    logs = np.log([1.0, 2.0, 5.0])
    pool = {"tokens": np.ones(4, int), "importance": np.append(logs, np.nan)}
    rng = np.random.default_rng(0)
    counts = sum(ImportanceResampling().select(pool, 1, rng)[0].astype(int) for _ in range(4000))

    assert pytest.approx([0.125, 0.25, 0.625, 0], abs=0.025) == counts / 4000


def test_the_target_or_the_column():
    """With a target, the weights are those that it gives."""
    assert ("importance_per_word",) == ImportanceResampling(column="importance_per_word").needs
    assert ("target_importance",) == ImportanceResampling(target="wanted.txt").needs
