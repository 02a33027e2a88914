"""PASER: spectral clusters that share by what a model has lost on them."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.paser import DegradedCapabilities, _grouped

HEAP = np.repeat([0, 1, 2], 40)


@pytest.fixture(scope="module")
def vectors():
    noise = np.random.default_rng(0).normal(scale=0.05, size=(120, 6))
    return (np.eye(6)[HEAP] + noise).astype(np.float32)


@pytest.mark.parametrize("asked", [None, 3])
def test_heaps_are_clusters(vectors, asked):
    """Their number is told by the largest gap of the eigenvalues; others join the nearest of the sample."""
    labels, count = _grouped(vectors, asked, 60, np.random.default_rng(0))

    assert 3 == count == len({(a, b) for a, b in zip(labels, HEAP, strict=True)})


def test_the_budget_goes_by_degradation(vectors):
    """Two to one to nothing; within a cluster the most degraded for their length come first."""
    lost = np.array([0.2, 0.1, 0.0])[HEAP]
    columns = {"tokens": np.full(120, 10), "vectors": vectors, "degradation": lost.copy()}
    columns["degradation"][3] = np.nan
    mask, rule = DegradedCapabilities(clusters=3).select(columns, 300, np.random.default_rng(0))

    assert [20, 10, 0] == pytest.approx(np.bincount(HEAP[mask], minlength=3), abs=1)
    assert not mask[3]
    assert rule == "Documents of 3 spectral clusters, by how much of degradation each holds."


def test_a_shorter_document_comes_first(vectors):
    """Degradation over log tokens², as its cost."""
    alike = {"tokens": np.array([100, 10, 1000]), "vectors": vectors[:3], "degradation": np.ones(3)}
    mask, _ = DegradedCapabilities(clusters=1).select(alike, 10, np.random.default_rng(0))

    assert [False, True, False] == mask.tolist()


@pytest.mark.parametrize("setting", [{"clusters": 0}, {"clusters": 51}, {"sample": 1}])
def test_bad_settings(setting):
    """Each names its bound."""
    with pytest.raises(BadInputError, match="must be"):
        DegradedCapabilities(**setting)
