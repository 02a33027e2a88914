"""The baseline: documents at random, each alike."""

import numpy as np
import pytest

from core.selectors.random import RandomSample


def test_each_document_is_as_likely_as_any_other():
    """Over many seeds, half the budget takes each document about half the time."""
    pool = {"tokens": np.ones(20, int)}
    counts = sum(
        RandomSample().select(pool, 10, np.random.default_rng(s))[0].astype(int) for s in range(2000)
    )

    assert pytest.approx(np.full(20, 1000), abs=100) == counts
