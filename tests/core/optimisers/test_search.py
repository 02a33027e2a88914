"""The search stays where runs were, whatever the surrogate promises elsewhere."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.optimisers import Runs
from core.optimisers._search import Cloud, draw, search


@dataclass
class Promise:
    """Promises less loss the more of the first domain, up to a point, and is as sure of it everywhere."""

    enough: float = 1.0

    def mean(self, weights):
        return -np.minimum(weights[:, 0], self.enough)

    def predict(self, weights):
        return self.mean(weights), np.full(len(weights), 0.1)


class Doubtful(Promise):
    """The less sure, the more there is of the second domain."""

    def predict(self, weights):
        return self.mean(weights), 3 * weights[:, 1]


def runs(alpha, num=30, seed=0):
    weights = np.random.default_rng(seed).dirichlet(alpha, num)
    return Runs(tuple("abcd")[: len(alpha)], weights, weights[:, 0], weights.mean(axis=0))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(0.2, 30), min_size=2, max_size=4), st.integers(0, 5), st.integers(2, 40))
def test_proposals_lie_on_the_simplex_within_reach_of_a_run(alpha, seed, num):
    """For wide clouds and narrow ones, many runs and few."""
    some = runs(alpha, num, seed)
    found, cloud = search(Promise(), some, np.random.default_rng(seed)), Cloud.of(some)

    assert found.min() >= 0
    assert 1 == pytest.approx(found.sum(), abs=1e-9)
    assert cloud.distances(found[None, :])[0][0] <= cloud.reach + 1e-6


def test_a_narrow_cloud_is_searched_inside():
    """Runs within a few hundredths of one mixture: so is the proposal."""
    some = runs([40, 30, 20, 10], 60)
    found = search(Promise(), some, np.random.default_rng(0))

    assert some.weights[:, 0].max() - 0.08 < found[0] < some.weights[:, 0].max() + 0.08


def test_doubt_holds_the_search_back():
    """Of two promises that are alike the surer one."""
    some = runs([1, 1, 1], 100)
    bold, careful = (search(kind(0.3), some, np.random.default_rng(0)) for kind in (Promise, Doubtful))

    assert careful[1] < 0.5 * bold[1]


def test_runs_alone_are_all_there_is_when_they_are_all_alike():
    """One mixture has no neighbours."""
    some = runs([1, 1], 10)
    same = Runs(some.domains, np.tile([0.7, 0.3], (10, 1)), some.losses, np.array([0.7, 0.3]))

    np.testing.assert_allclose([0.7, 0.3], search(Promise(), same, np.random.default_rng(0)), atol=1e-6)


def test_an_average_between_two_far_groups_is_drawn_to_one():
    """What lies between them was never tried."""
    rng = np.random.default_rng(0)
    groups = np.concatenate([rng.dirichlet([200, 1, 1], 20), rng.dirichlet([1, 200, 1], 20)])
    cloud = Cloud.of(Runs(tuple("abc"), groups, groups[:, 2], groups.mean(axis=0)))
    pulled = cloud.pulled(np.array([0.48, 0.52, 0.0]))

    assert cloud.reach < 0.3
    assert cloud.reach == pytest.approx(cloud.distances(pulled[None, :])[0][0], abs=1e-4)
    assert 1 == pytest.approx(pulled.sum())


def test_draws_are_mixtures():
    """Every candidate sums to 1."""
    drawn = draw(runs([1, 1, 1]), np.random.default_rng(0))

    np.testing.assert_allclose(1, drawn.sum(axis=1))
    assert drawn.min() >= 0
