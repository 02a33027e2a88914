"""The pool gives results in order, whatever the number of workers, and passes errors on."""

import os

import pytest

from core.engines import LocalEngine


def square(number):
    return number * number


def refuse(number):
    if number == 3:
        raise ValueError("three")
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers):
    """The order is the items', not the workers'."""
    assert [n * n for n in range(20)] == list(LocalEngine(workers).map(square, range(20)))


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_come_through(workers):
    """An exception in a worker is the caller's."""
    with pytest.raises(ValueError, match="three"):
        list(LocalEngine(workers).map(refuse, range(9)))


def test_items_are_taken_as_they_are_needed():
    """A long stream of items is not pulled into memory at once."""
    taken = []

    def items():
        for number in range(10_000):
            taken.append(number)
            yield number

    results = LocalEngine(2).map(os.path.abspath, map(str, items()))
    next(results)

    assert len(taken) < 10
    results.close()
