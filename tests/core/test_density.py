"""Each document's nearest other: exactly, by cells, and where there is none."""

import numpy as np
import pytest

from core.density import nearest_others


@pytest.fixture
def vectors():
    """Forty crowds of fifty vectors."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((40, 16))
    return (np.repeat(centres, 50, axis=0) + 0.3 * rng.standard_normal((2000, 16))).astype(np.float32)


def test_all_pairs_are_compared(vectors):
    """As a matrix of cosines tells."""
    found = nearest_others(vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)

    assert found.exact
    np.testing.assert_allclose(1 - cosines.max(axis=1), found.distances, atol=1e-5)
    np.testing.assert_allclose(cosines.max(axis=1), cosines[np.arange(2000), found.rows], atol=1e-5)


def test_by_cells_no_distance_is_too_short(vectors):
    """Nearly all neighbours are found; one that is missed makes a distance longer."""
    exact, cells = nearest_others(vectors), nearest_others(vectors, exact_rows=100)

    assert not cells.exact
    assert (cells.rows == exact.rows).mean() > 0.95
    assert (cells.distances >= exact.distances - 1e-5).all()


@pytest.mark.parametrize("exact_rows", [100, 1])
def test_copies_are_near_to_one_another_and_not_to_themselves(exact_rows):
    """Of twelve equal vectors each has another at distance 0."""
    found = nearest_others(np.ones((12, 4), dtype=np.float32), exact_rows)

    assert np.zeros(12).tolist() == pytest.approx(found.distances.tolist(), abs=1e-6)
    assert (found.rows != np.arange(12)).all()


def test_a_vector_without_direction_has_no_neighbour_and_is_none():
    """Zero and not finite: row -1 and no distance; the two others have each other."""
    found = nearest_others(np.array([[1, 0], [0, 0], [np.nan, 1], [1, 1]], dtype=np.float32))

    assert [3, -1, -1, 0] == found.rows.tolist()
    assert [False, True, True, False] == np.isnan(found.distances).tolist()


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_to_be_near_to(count):
    """One document has no other."""
    assert [-1] * count == nearest_others(np.ones((count, 3), dtype=np.float32)).rows.tolist()
