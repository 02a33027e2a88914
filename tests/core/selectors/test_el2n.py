"""EL2N: the hardest documents early in training, less the very hardest."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.el2n import EarlyErrors


def order(selector, columns):
    """The documents in the order in which growing budgets take them."""
    found, count = [], len(columns["tokens"])
    for budget in range(1, count + 1):
        mask = selector.select(columns, budget, np.random.default_rng(0))[0]
        found += sorted(set(np.flatnonzero(mask).tolist()) - set(found))
    return found


def test_runs_are_averaged():
    """Over those there are; a document without any comes last."""
    columns = {
        "tokens": np.ones(4, int),
        "a": np.array([1.0, 4.0, np.nan, np.nan]),
        "b": np.array([3.0, 2.0, 2.5, np.nan]),
    }

    assert [1, 2, 0, 3] == order(EarlyErrors("a,b"), columns)


def test_the_hardest_may_be_left_for_last():
    """A share of them comes after all others that have a score."""
    columns = {"tokens": np.ones(5, int), "el2n": np.array([5.0, 4, 3, 2, np.nan])}

    assert [1, 2, 3, 0, 4] == order(EarlyErrors(skip=0.25), columns)
    with pytest.raises(BadInputError, match="skip 1"):
        EarlyErrors(skip=1)
