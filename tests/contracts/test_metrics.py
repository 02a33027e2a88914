"""What every metric promises."""

import math

import numpy as np
import pytest

from core import bricks
from core.doors import Evidence
from core.metrics import METRICS


def evidence(count=60, seed=0):
    rng = np.random.default_rng(seed)
    words = [f"word{i}" for i in range(800)]
    return Evidence(
        texts=[" ".join(rng.choice(words, size=150)) for _ in range(count)],
        vectors=rng.normal(size=(count, 16)).astype(np.float32),
        clusters=rng.integers(-1, 5, size=count).astype(np.int32),
        num_clusters=5,
        duplicate=rng.random(count) < 0.3,
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


def test_settings_survive_a_round_trip(brick):
    """A metric is its name and its settings."""
    assert brick == bricks.make(METRICS, brick.name, bricks.settings_of(brick))
