"""Close vectors are one group, and groups do not chain."""

import numpy as np

from core.matchers.semantic import Semantic


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_close_vectors_are_one_group():
    """Small noise keeps a vector in its group, in clusters of any number."""
    rng = np.random.default_rng(0)
    base = unit(rng.normal(size=(300, 32)))
    copies = unit(base[:50] + 0.01 * rng.normal(size=(50, 32)))
    for size in (1000, 60):
        groups = Semantic(documents_per_cluster=size).groups(np.concatenate([base, copies]))

        assert (groups[300:] == np.arange(50)).sum() >= 48
        assert 300 <= len(np.unique(groups)) <= 302


def test_a_chain_is_cut():
    """On an arc of small steps, every member is close to its group's representative."""
    angles = np.linspace(0, np.pi / 2, 200)
    groups = Semantic(epsilon=0.05).groups(unit(np.stack([np.cos(angles), np.sin(angles)], axis=1)))

    assert 2 <= len(np.unique(groups)) < 200


def test_zero_and_broken_vectors_stand_alone():
    """They say nothing about meaning."""
    vectors = np.array([[0, 0], [np.nan, 1], [1, 0], [1, 0]], dtype=np.float32)

    assert Semantic().groups(vectors).tolist() == [0, 1, 2, 2]
