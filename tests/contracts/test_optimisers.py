"""What every optimiser promises."""

import dataclasses

import numpy as np
import pytest

from core.bricks import make, settings_of
from core.optimisers import OPTIMISERS, Runs, fitted

DOMAINS = ("web", "code", "books")


def runs(num=40, seed=0, noise=0.01):
    """Runs whose loss falls with code, at less and less gain."""
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet([1.0, 1.0, 1.0], num)
    losses = 2.0 + np.exp(-2.0 * weights[:, 1]) + noise * rng.normal(size=num)
    return Runs(DOMAINS, weights, losses, weights.mean(axis=0))


@pytest.fixture(params=OPTIMISERS)
def optimiser(request):
    return OPTIMISERS[request.param]()


def rng():
    return np.random.default_rng(7)


def test_proposals_lie_on_the_simplex_and_say_why(optimiser):
    """Non-negative, sum 1, a weight for every domain; the reason names the runs and the predicted loss."""
    weights, why = optimiser.propose(runs(), rng())

    assert DOMAINS == tuple(weights)
    assert min(weights.values()) >= 0
    assert 1 == pytest.approx(sum(weights.values()), abs=1e-12)
    assert "40 runs" in why
    assert "does not extrapolate" in why


def test_the_same_seed_proposes_the_same_bytes(optimiser):
    """Also when the surrogate is handed in."""
    surrogate = fitted(optimiser, runs(), rng())

    assert optimiser.propose(runs(), rng()) == optimiser.propose(runs(), rng())
    assert optimiser.propose(runs(), rng()) == optimiser.propose(runs(), rng(), surrogate)


def test_the_domain_that_helps_is_raised(optimiser):
    """Code, the only one that does."""
    weights, _ = optimiser.propose(runs(), rng())

    assert weights["code"] > 0.8


def test_proposals_stay_where_runs_were(optimiser):
    """Runs that never gave code more than a third are no ground to give it all."""
    narrow = runs(400)
    few = narrow.subset(np.flatnonzero(narrow.weights[:, 1] < 1 / 3))
    weights, _ = optimiser.propose(few, rng())

    assert 0.25 < weights["code"] < 0.45


def test_rows_are_predicted_each_by_itself(optimiser):
    """The same for any split, finite, with a deviation above 0."""
    surrogate = optimiser.fit(runs(), rng())
    points = np.random.default_rng(1).dirichlet([0.3, 0.3, 0.3], 50)
    mean, deviation = surrogate.predict(points)
    alone = np.array([surrogate.predict(point[None, :]) for point in points])[:, :, 0]

    np.testing.assert_allclose(alone, np.column_stack([mean, deviation]), rtol=1e-9)
    np.testing.assert_allclose(mean, surrogate.mean(points), rtol=1e-12)
    assert deviation.min() > 0


def test_the_interval_covers_what_it_says(optimiser):
    """About nine in ten runs of the same surface, whatever the seed; a straight line bends its errors."""
    found = []
    for seed in range(5):
        surrogate, unseen = optimiser.fit(runs(60, seed, 0.05), rng()), runs(400, 100 + seed, 0.05)
        mean, deviation = surrogate.predict(unseen.weights)
        found.append(np.mean(np.abs(mean - unseen.losses) <= 1.645 * deviation))

    assert 0.84 < np.mean(found) < 0.97


def test_domains_in_another_order_get_the_same_predictions(optimiser):
    """No domain is special by its place."""
    given = runs()
    turned = Runs(DOMAINS[::-1], given.weights[:, ::-1], given.losses, given.prior[::-1])
    points = np.random.default_rng(1).dirichlet([1.0, 1.0, 1.0], 20)
    straight, back = (optimiser.fit(some, rng()) for some in (given, turned))

    np.testing.assert_allclose(straight.mean(points), back.mean(points[:, ::-1]), atol=2e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["constant", "repeated", "one mixture", "fewest"])
def test_odd_evidence_is_answered(optimiser, kind):
    """Losses all alike, runs twice, one mixture only, the fewest runs: finite weights, no warning."""
    given = runs()
    if kind == "constant":
        given = dataclasses.replace(given, losses=np.full(40, 3.1))
    elif kind == "repeated":
        given = given.subset(np.repeat(np.arange(20), 2))
    elif kind == "one mixture":
        given = dataclasses.replace(given, weights=np.tile(given.weights[:1], (40, 1)))
    else:
        given = given.subset(np.arange(optimiser.needs(3)))
    weights, why = optimiser.propose(given, rng())

    assert 1 == pytest.approx(sum(weights.values()))
    assert "nan" not in why


@pytest.mark.parametrize("name", OPTIMISERS)
def test_settings_survive_a_round_trip(name):
    """A brick can be made again from its settings."""
    brick = OPTIMISERS[name]()

    assert brick == make(OPTIMISERS, name, settings_of(brick))
