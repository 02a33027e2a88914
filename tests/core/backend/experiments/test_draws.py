"""RegMix's recipe: mixtures drawn around a prior."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.experiments._draws import drawn
from core.errors import BadInputError

PRIOR = np.array([0.6, 0.3, 0.08, 0.02])


def rng(seed=0):
    return np.random.default_rng(seed)


@settings(max_examples=30)
@given(st.integers(2, 20), st.integers(0, 1000))
def test_draws_are_distinct_mixtures_within_the_bounds(domains, seed):
    """On the simplex, no weight above 15 times its prior, none between 0 and 2e-4, no two alike."""
    prior = rng(seed).dirichlet(np.full(domains, 2.0)) + 1e-3
    prior /= prior.sum()
    draws = drawn(prior, 20, rng(seed))

    assert (20, domains) == draws.shape
    assert np.allclose(1, draws.sum(axis=1))
    assert (draws <= np.minimum(15 * prior, 1) + 3e-4).all()
    assert ((draws == 0) | (draws > 1.9e-4)).all()
    assert 20 == len(np.unique(draws.round(6), axis=0))


def test_same_seed_same_draws():
    """To the bit; another seed gives others."""
    assert drawn(PRIOR, 16, rng(3)).tobytes() == drawn(PRIOR, 16, rng(3)).tobytes()
    assert drawn(PRIOR, 16, rng(3)).tobytes() != drawn(PRIOR, 16, rng(4)).tobytes()


def test_mean_follows_the_root_of_the_prior():
    """RegMix flattens the prior by a power of one half; rejection takes a little off the rare domains."""
    flat = np.sqrt(PRIOR) / np.sqrt(PRIOR).sum()
    mean = drawn(PRIOR, 2000, rng()).mean(axis=0)

    assert mean == pytest.approx(flat, abs=0.06)
    assert (np.diff(mean) < 0).all()


def test_domain_without_a_share_has_no_part():
    """A prior of 0 is a bound of 0."""
    draws = drawn(np.array([0.5, 0.5, 0.0]), 8, rng())

    assert (draws[:, 2] == 0).all()


def test_limits_of_the_data_are_kept():
    """A limit below 15 times the prior refuses the draws above it."""
    most = np.array([0.7, 0.4, 0.3, 0.3])

    assert (drawn(PRIOR, 32, rng(), most) <= most + 3e-4).all()


def test_limits_that_leave_nothing_are_refused():
    """In one line with the way out."""
    with pytest.raises(BadInputError, match="only 0 distinct ones are within 15 times the prior"):
        drawn(PRIOR, 4, rng(), np.full(4, 0.1))
