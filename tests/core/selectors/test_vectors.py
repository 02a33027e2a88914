"""Vectors at unit length and their clusters."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors._vectors import clusters, target, unit


def test_unit_length_or_zero():
    """A vector that is zero or not finite has no direction."""
    found, there = unit(np.array([[3, 4], [0, 0], [np.nan, 1], [np.inf, 1]], np.float32))

    np.testing.assert_allclose([[0.6, 0.8], [0, 0], [0, 0], [0, 0]], found, atol=1e-6)
    assert [True, False, False, False] == there.tolist()


def test_a_target_without_any_direction_is_refused():
    """Its other vectors are left out."""
    assert (1, 2) == target(np.array([[0, 0], [0, 2]], np.float32), "t").shape
    with pytest.raises(BadInputError, match="t: none of its texts has a vector"):
        target(np.zeros((2, 2), np.float32), "t")


def test_heaps_are_found():
    """Two directions are two clusters, and what has none a third."""
    heaps = np.array([[1, 0], [1, 0.01], [0, 1], [0.01, 1], [0, 0], [np.nan, 1]], np.float32)
    labels, count = clusters(heaps, 2, np.random.default_rng(0))

    assert (3, 3) == (count, len(set(labels.tolist())))
    assert labels[0] == labels[1] != labels[2] == labels[3] != labels[4] == labels[5] == 2


def test_trajectories_are_compared_by_distance():
    """A trajectory of zeros is one like any other."""
    labels, count = clusters(
        np.array([[0, 0], [0, 0.1], [9, 9]], np.float32), 2, np.random.default_rng(0), spherical=False
    )

    assert (2, True) == (count, labels[0] == labels[1] != labels[2])
