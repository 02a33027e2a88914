"""What every metric promises."""

import inspect
import math

import numpy as np
import pytest

from core import bricks
from core.doors import Evidence
from core.metrics import METRICS
from core.rarefaction import take


def evidence(count=60, seed=0):
    rng = np.random.default_rng(seed)
    words = [f"word{i}" for i in range(800)]
    return Evidence(
        texts=[" ".join(rng.choice(words, size=150)) for _ in range(count)],
        vectors=rng.normal(size=(count, 16)).astype(np.float32),
        clusters=rng.integers(-1, 5, size=count).astype(np.int32),
        num_clusters=5,
        duplicate=rng.random(count) < 0.3,
        domains=rng.integers(0, 3, size=count).astype(np.int32),
        reference=rng.normal(size=(100, 16)).astype(np.float32),
        centroids=rng.normal(size=(5, 16)).astype(np.float32),
    )


@pytest.fixture(params=METRICS)
def brick(request):
    return bricks.make(METRICS, request.param)


def test_gives_one_number_and_the_same_again(brick):
    """Full evidence gives a finite float, again and again."""
    value = brick.measure(evidence())

    assert isinstance(value, float)
    assert math.isfinite(value)
    assert value == brick.measure(evidence())


@pytest.mark.parametrize(
    "poor",
    [
        Evidence(texts=[]),
        Evidence(
            texts=[],
            vectors=np.empty((0, 4), np.float32),
            clusters=np.empty(0, np.int32),
            duplicate=np.empty(0, bool),
        ),
        Evidence(texts=["a few words"]),
        Evidence(texts=["", ""], vectors=np.zeros((2, 4), np.float32), clusters=np.full(2, -1, np.int32)),
        Evidence(texts=["x"], vectors=np.full((1, 4), np.nan, np.float32)),
    ],
    ids=["nothing", "empty arrays", "texts only", "zeros and noise", "not a number"],
)
def test_too_little_evidence_is_not_a_number(brick, poor):
    """Where the evidence does not suffice there is a NaN, not an error and not a 0."""
    assert math.isnan(brick.measure(poor))


def test_order_does_not_matter(brick):
    """The same documents in another order give the same value, but for what a metric draws by chance."""
    whole = evidence()
    mixed = take(whole, np.random.default_rng(1).permutation(len(whole.texts)))
    values = [brick.measure(one) for one in (whole, mixed)]

    assert values[0] == pytest.approx(values[1], rel=0.1 if "words" in brick.needs else 1e-5)


def test_lies_within_its_span(brick):
    """The value is one that the metric says it can have; of copies too."""
    whole = evidence()
    for one in (whole, take(whole, np.zeros(40, dtype=np.int64))):
        value = brick.measure(one)

        assert brick.span[0] - 1e-6 <= value <= brick.span[1] + 1e-6


def test_says_where_it_comes_from_what_it_can_be_and_what_it_costs(brick):
    """The docstring names source, range and cost."""
    said = inspect.getdoc(brick)

    assert [] == [word for word in ("Source", "Range", "ost") if word not in said]


def test_settings_survive_a_round_trip(brick):
    """A metric is its name and its settings."""
    assert brick == bricks.make(METRICS, brick.name, bricks.settings_of(brick))
