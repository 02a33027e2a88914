"""GOT-D: the gradient of the transport distance to a target."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.got_d import TransportGradient, _kernel, _sinkhorn


def plane(degrees):
    return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1).astype(np.float32)


def test_marginals_are_met():
    """The plan sends 1/n from each document, 1/m to each of the target."""
    kernel = _kernel(plane([0, 20, 50]), plane([10, 80]), 0.1)
    right = _sinkhorn(kernel)
    plan = (1 / 3 / (kernel @ right))[:, None] * kernel * right

    np.testing.assert_allclose([1 / 3] * 3, plan.sum(axis=1), atol=1e-4)
    np.testing.assert_allclose([1 / 2] * 2, plan.sum(axis=0), atol=1e-4)


def test_a_target_of_one_point_orders_by_cosine():
    """The gradient is then the cost itself, and a constant."""
    degrees = np.array([70, 5, 40, 90, 20])
    columns = {"tokens": np.ones(5, int), "vectors": plane(degrees), "target_vectors": plane([0])}
    taken = [
        np.flatnonzero(TransportGradient().select(columns, b, np.random.default_rng(0))[0]).tolist()
        for b in (1, 2, 3)
    ]

    assert [[1], [1, 4], [1, 2, 4]] == taken


def test_the_gradient_is_that_of_the_distance():
    """Moving a little mass to a document changes the entropic distance by its potential."""
    vectors, wanted, epsilon = plane([0, 30, 75]), plane([5, 60]), 0.2
    kernel = _kernel(vectors, wanted, epsilon)
    potentials = -epsilon * np.log(kernel @ _sinkhorn(kernel))

    def distance(mass):
        left, right = np.ones(3), np.ones(2)
        for _ in range(5000):
            left = mass / (kernel @ right)
            right = 0.5 / (kernel.T @ left)
        return epsilon * (mass @ np.log(left / mass) + 0.5 * np.log(right).sum())

    even, step = np.full(3, 1 / 3), 1e-4
    slopes = [(distance(even + step * (np.eye(3)[i] - even)) - distance(even)) / step for i in range(3)]

    np.testing.assert_allclose(potentials - potentials.mean(), slopes, atol=2e-3)


def test_what_the_pool_lacks_is_wanted_most():
    """Of two heaps of the target, the one that few documents are near."""
    columns = {
        "tokens": np.ones(100, int),
        "vectors": plane(np.repeat([0.0, 90.0], [95, 5])),
        "target_vectors": plane([0, 90]),
    }
    mask, _ = TransportGradient().select(columns, 5, np.random.default_rng(0))

    assert list(range(95, 100)) == np.flatnonzero(mask).tolist()


@pytest.mark.parametrize("setting", [{"epsilon": 0.001}, {"epsilon": float("nan")}, {"sample": 0}])
def test_bad_settings(setting):
    """Each names its bound."""
    with pytest.raises(BadInputError, match="must be"):
        TransportGradient(**setting)
