"""Distributions by domain: shares, quantiles, bins on either scale; samples and polygons."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.distribution import counts, distribution, inside, sample

NAN = float("nan")


def test_by_hand():
    """Whole numbers of a small range have a bin each; nulls are counted and left out."""
    found = distribution(np.array([1.0, 1, 2, 4, NAN]), np.array([0, 0, 0, 1, 1], np.int32), 3)

    assert [1, 2, 3, 4, 5] == found.edges.tolist()
    assert [[2 / 3, 1 / 3, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]] == found.shares.tolist()
    assert 1 == found.nulls
    assert [1, 1, 1] == pytest.approx(found.quantiles[0, [0, 25, 50]].tolist())
    assert np.isnan(found.box[2]).all()


def test_logarithmic_bins_are_even_in_the_logarithm():
    """What is not above 0 counts in the first bin."""
    values = np.array([0.0, -3.0, *np.geomspace(0.5, 5000, 200)])
    found = distribution(values, np.zeros(len(values), np.int32), 1, 10, logarithmic=True)
    steps = np.diff(np.log10(found.edges))

    assert [steps[0]] * len(steps) == pytest.approx(steps.tolist())
    assert found.shares[0, 0] >= 2 / 202
    assert pytest.approx(1) == found.shares.sum()


def test_logarithm_of_nothing_positive():
    """All in the one bin there is."""
    found = distribution(np.array([0.0, -1.0]), np.zeros(2, np.int32), 1, logarithmic=True)

    assert pytest.approx(1) == found.shares.sum()


@given(arrays(np.float64, st.integers(0, 50), elements=st.floats(-1e6, 1e6)), st.booleans())
def test_shares_of_a_domain_add_up(values, logarithmic):
    """To 1 for each domain that has values, on either scale; edges ascend."""
    codes = (np.arange(len(values)) % 2).astype(np.int32)
    found = distribution(values, codes, 2, logarithmic=logarithmic)

    assert (np.diff(found.edges) > 0).all()
    assert [float((codes == i).any()) for i in range(2)] == pytest.approx(found.shares.sum(axis=1).tolist())


def test_counts_samples_and_polygons():
    """Small helpers of the charts."""
    codes, domains = np.array([0, 1, 1], np.int32), np.array([0, 0, 1], np.int32)

    assert [[1, 1], [0, 1]] == counts(codes, 2, domains, 2).tolist()
    assert [0, 1, 2] == sample(3, 5).tolist()
    assert 5 == len(set(sample(100, 5).tolist()))
    assert sample(100, 5).tolist() == sample(100, 5).tolist()
    assert [True, False] == inside(
        np.array([0.5, 2.0]), np.array([0.5, 0.5]), [0, 1, 1, 0], [0, 0, 1, 1]
    ).tolist()
