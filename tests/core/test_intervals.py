"""Intervals of counted shares."""

import numpy as np
import pytest

from core.intervals import wilson


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, (0, 1)), (0, 10, (0, 0.2775)), (5, 10, (0.2366, 0.7634)), (10, 10, (0.7225, 1))],
)
def test_wilsons_interval(part, whole, expected):
    """Against the published formula's values."""
    assert expected == pytest.approx(tuple(map(float, wilson(part, whole))), abs=1e-4)


def test_arrays_of_any_shape():
    """Each share by itself."""
    low, high = wilson(np.array([[0, 5]]), np.array([[10, 10]]))

    assert [[0.0, 0.2366]] == low.round(4).tolist()
    assert [[0.2775, 0.7634]] == high.round(4).tolist()
