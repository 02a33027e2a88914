"""Neighbours, distinct vectors and principal axes: what layouts stand on."""

import numpy as np

from core.clusterers import _neighbours


def test_graph_puts_every_vector_first_among_its_neighbours():
    """Twenty copies crowd one another out, yet each is its own nearest, at distance 0."""
    rng = np.random.default_rng(0)
    vectors = np.concatenate(
        [np.repeat(np.eye(1, 8), 20, axis=0), rng.normal(size=(20, 8)), np.zeros((1, 8))]
    )
    vectors = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    positions, distances = _neighbours._graph(vectors)

    assert list(range(41)) == positions[:, 0].tolist()
    assert not distances[:, 0].any()
    assert np.all(np.diff(distances, axis=1) >= 0)
    assert all(len(set(row)) == len(row) for row in positions.tolist())


def test_distinct_keeps_first_positions_and_gives_all_back():
    """The distinct vectors, taken by number, are the vectors."""
    vectors = np.array([[1, 0], [0, 1], [1, 0], [2, 2], [0, 1]], dtype=np.float32)
    first, inverse = _neighbours.distinct(vectors)

    assert first.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(vectors, vectors[first][inverse])


def test_sample_is_seeded_sorted_and_whole_where_it_can_be():
    """The same seed draws the same positions."""
    assert list(range(5)) == _neighbours.sample(5, 10, 0).tolist()
    drawn = _neighbours.sample(100, 10, 3)
    assert drawn.tolist() == sorted(set(_neighbours.sample(100, 10, 3).tolist()))
    assert len(drawn) == 10


def test_principal_axes_keep_distances_and_fill_up_with_zeros():
    """Points on a line keep their distances on the first axis; the second is empty."""
    line = np.arange(5)[:, None] * np.array([[3.0, 4.0, 0.0]])
    points = _neighbours.principal(line.astype(np.float32), 2)

    np.testing.assert_allclose(5.0, np.abs(np.diff(points[:, 0])), atol=1e-5)
    np.testing.assert_allclose(0.0, points[:, 1], atol=1e-5)
