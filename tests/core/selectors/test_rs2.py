"""RS2: the union of as many fresh random subsets as there are epochs."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.random import RandomSample
from core.selectors.rs2 import RepeatedRandom


def draw(selector, budget, seed=0):
    return selector.select({"tokens": np.ones(100, int)}, budget, np.random.default_rng(seed))[0]


def test_epochs_times_the_budget():
    """Never more than there is; one epoch is the baseline."""
    assert [20, 60, 100] == [draw(RepeatedRandom(epochs), 20).sum() for epochs in (1, 3, 9)]
    assert draw(RandomSample(), 20).tolist() == draw(RepeatedRandom(1), 20).tolist()


def test_an_epoch_more_keeps_the_earlier_subsets():
    """The subsets of fewer epochs are among those of more."""
    assert not (draw(RepeatedRandom(2), 20) & ~draw(RepeatedRandom(3), 20)).any()


def test_no_epoch_is_refused():
    """There is one at least."""
    with pytest.raises(BadInputError, match="epochs 0: must be 1 or more"):
        RepeatedRandom(0)
