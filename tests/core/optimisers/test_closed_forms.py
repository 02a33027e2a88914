"""Surrogates on surfaces whose answer is known."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from core.optimisers import Runs, fitted
from core.optimisers.gp import GaussianProcess, _negative_likelihood, _negative_posterior
from core.optimisers.linear import Linear
from core.optimisers.log_linear import LogLinear


def rng():
    return np.random.default_rng(3)


def runs(loss, num=80, domains=3, alpha=1.0):
    weights = rng().dirichlet([alpha] * domains, num)
    names = tuple(f"d{i}" for i in range(domains))
    return Runs(names, weights, loss(weights), weights.mean(axis=0))


def test_a_line_is_found_exactly():
    """Coefficients of a plane without noise, and no interval."""
    line = Linear().fit(runs(lambda w: w @ [1.0, 2.0, 3.0]), rng())

    np.testing.assert_allclose([1, 2, 3], line.coefficients, atol=1e-9)
    np.testing.assert_allclose(0, line.predict(np.eye(3))[1], atol=1e-9)


def test_left_out_errors_of_a_line_are_those_of_fitting_without_the_run():
    """The closed form e / (1 - h) against n fits."""
    given = runs(lambda w: w @ [1.0, 2.0, 3.0] + 0.1 * rng().normal(size=len(w)), num=12)
    line = Linear().fit(given, rng())
    expected = []
    for i in range(12):
        rest = Linear().fit(given.subset(np.delete(np.arange(12), i)), rng())
        expected.append(given.losses[i] - rest.mean(given.weights[[i]])[0])

    np.testing.assert_allclose(expected, line.errors, rtol=1e-6)


def test_the_law_of_data_mixing_is_found_exactly():
    """Floor and slopes of c + exp(t · w) without noise."""
    law = LogLinear().fit(runs(lambda w: 1.5 + np.exp(w @ [0.2, -1.0, 0.9])), rng())

    assert 1.5 == pytest.approx(law.floor, abs=0.02)
    np.testing.assert_allclose([0.2, -1.0, 0.9], law.slopes, atol=0.02)


def test_one_wild_run_does_not_bend_the_law():
    """Huber's loss: a run that blew up pulls like any other."""
    given = runs(lambda w: 1.5 + np.exp(w @ [0.2, -1.0, 0.9]))
    given.losses[5] += 10
    law = LogLinear().fit(given, rng())
    points = rng().dirichlet([1, 1, 1], 100)

    np.testing.assert_allclose(1.5 + np.exp(points @ [0.2, -1.0, 0.9]), law.mean(points), atol=0.1)


@pytest.mark.parametrize("function", [_negative_likelihood, _negative_posterior])
def test_the_gradient_of_the_likelihood_is_that_of_finite_differences(function):
    """In the logs of signal, three lengths, noise."""
    given = runs(lambda w: np.sin(5 * w[:, 0]) + w[:, 1], num=25)
    points, values = np.sqrt(given.weights), (given.losses - given.losses.mean()) / given.losses.std()
    start = np.log([1.3, 0.7, 1.1, 2.0, 0.05])
    error = check_grad(
        lambda x: function(x, points, values)[0], lambda x: function(x, points, values)[1], start
    )

    assert error < 1e-4


def test_the_process_is_that_of_the_textbook():
    """Mean and variance by the plain formulae (Rasmussen and Williams 2006, eq. 2.25 and 2.26), and scikit-learn."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    given = runs(lambda w: np.sin(5 * w[:, 0]) + w[:, 1] ** 2, num=30)
    found = GaussianProcess().fit(given, rng())
    points = rng().dirichlet([1, 1, 1], 10)
    shape = ConstantKernel(found.signal, "fixed") * Matern(found.lengths, "fixed", nu=2.5)
    peer = GaussianProcessRegressor(
        shape + WhiteKernel(found.noise, "fixed"), optimizer=None, normalize_y=True
    )
    peer.fit(np.sqrt(given.weights), given.losses)
    mean, deviation = peer.predict(np.sqrt(points), return_std=True)

    np.testing.assert_allclose(mean, found.predict(points)[0], rtol=1e-5)
    np.testing.assert_allclose(deviation, found.predict(points)[1], rtol=1e-3)


def test_left_out_errors_of_the_process_are_those_of_leaving_out():
    """Equation 5.12 against solving without each run, parameters and scale kept."""
    given = runs(lambda w: np.sin(5 * w[:, 0]) + 0.1 * rng().normal(size=len(w)), num=15)
    found = GaussianProcess().fit(given, rng())
    kernel = found.factor @ found.factor.T
    values = (given.losses - found.centre) / found.scale
    expected = []
    for i in range(15):
        rest = np.delete(np.arange(15), i)
        guess = kernel[i, rest] @ np.linalg.solve(kernel[np.ix_(rest, rest)], values[rest])
        expected.append(found.scale * (values[i] - guess))

    np.testing.assert_allclose(expected, found.errors, rtol=1e-6, atol=1e-9)


def test_a_known_optimum_is_recovered():
    """A bowl inside the simplex: the process proposes its bottom, and predicts its depth."""
    bottom = np.array([0.5, 0.3, 0.2])
    given = runs(lambda w: 2 + np.square(w - bottom).sum(1), num=60)
    weights, _ = GaussianProcess().propose(given, rng())
    found = np.array(list(weights.values()))

    np.testing.assert_allclose(bottom, found, atol=0.04)
    assert 2 == pytest.approx(GaussianProcess().fit(given, rng()).mean(found[None, :])[0], abs=0.02)


def test_many_runs_are_climbed_from_a_sample_to_the_same_place():
    """Above twice 192 runs the first ascent is over a sample; predictions are as exact."""
    given = runs(lambda w: np.exp(-2 * w[:, 0]) + w[:, 1] ** 2, num=420)
    found, unseen = GaussianProcess().fit(given, rng()), rng().dirichlet([1, 1, 1], 200)

    np.testing.assert_allclose(np.exp(-2 * unseen[:, 0]) + unseen[:, 1] ** 2, found.mean(unseen), atol=0.01)


def test_the_mean_of_losses_has_a_surrogate_for_each():
    """Its error is that of errors which go together as far as they did: none here, so they partly cancel."""
    weights = rng().dirichlet([1, 1, 1], 300)
    noise = np.random.default_rng(9).normal(size=(300, 4))
    parts = weights @ np.array([[1, 4, 2, 3], [2, 3, 1, 4], [3, 1, 4, 2.0]]) + 0.1 * noise
    given = Runs(("a", "b", "c"), weights, parts.mean(axis=1), weights.mean(axis=0), parts)
    mean, deviation = fitted(Linear(), given, rng()).predict(np.full((1, 3), 1 / 3))

    assert 2.5 == pytest.approx(mean[0], abs=0.03)
    assert 0.1 / np.sqrt(4) == pytest.approx(deviation[0], rel=0.15)
