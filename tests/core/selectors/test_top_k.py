"""The best by one column: highest or lowest first, unscored last, ties at random."""

import numpy as np
import pytest

from core.selectors.top_k import TopK

SCORES = np.array([1.0, np.nan, 3.0, -np.inf, 2.0, np.inf])


@pytest.mark.parametrize(
    ("expected", "descending"),
    [([5, 2, 4, 0, 3, 1], True), ([3, 0, 4, 2, 5, 1], False)],
    ids=["highest", "lowest"],
)
def test_documents_come_by_value(expected, descending):
    """A document without a value comes after even an infinite one."""
    selector, found = TopK("s", descending), []
    for budget in range(1, 7):
        mask, rule = selector.select(
            {"tokens": np.ones(6, int), "s": SCORES}, budget, np.random.default_rng(0)
        )
        found += sorted(set(np.flatnonzero(mask)) - set(found))

    assert expected == found
    assert f"Documents of the {'highest' if descending else 'lowest'} s." == rule


def test_ties_fall_at_random():
    """Alike documents are alike likely, wherever they stand."""
    pool = {"tokens": np.ones(10, int), "s": np.zeros(10)}
    chosen = {
        int(np.flatnonzero(TopK("s").select(pool, 1, np.random.default_rng(seed))[0])[0])
        for seed in range(100)
    }

    assert set(range(10)) == chosen
