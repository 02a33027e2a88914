"""QuRating's sampling: proportional to exp(z / T), without replacement."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors.quality_sampling import QualitySampling


def first_drawn(scores, temperature, draws=4000):
    """How often each document is the first one drawn."""
    pool = {"tokens": np.ones(len(scores), int), "s": np.asarray(scores, float)}
    rng, selector = np.random.default_rng(0), QualitySampling("s", temperature)
    return sum(selector.select(pool, 1, rng)[0].astype(int) for _ in range(draws)) / draws


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_draw_follows_the_softmax_of_z_over_t(temperature):
    """The first document is drawn with probability exp(z / T), normalised."""
    scores = np.array([1.0, 2.0, 4.0, 9.0])
    odds = np.exp((scores - scores.mean()) / scores.std() / temperature)

    assert pytest.approx(odds / odds.sum(), abs=0.025) == first_drawn(scores, temperature)


def test_scale_and_shift_of_the_scores_do_not_matter():
    """Scores are normalised within the pool."""
    scores = np.array([1.0, 2.0, 4.0, 9.0])

    assert first_drawn(scores, 2, 50).tolist() == first_drawn(scores * 1000 - 7, 2, 50).tolist()


def test_temperature_zero_is_top_k():
    """The best document is drawn always; among scores all alike, each may be."""
    assert [0, 0, 1] == first_drawn([1, 2, 3], 0, 50).tolist()
    assert all(first_drawn([5, 5, 5], 0, 200) > 0.2)


def test_a_document_without_a_score_counts_as_average():
    """An infinite score is the best finite one."""
    scores = [0.0, 2.0, np.nan, np.inf, -np.inf]
    odds = np.exp(np.array([-1, 1, 0, 1, -1]))

    assert pytest.approx(odds / odds.sum(), abs=0.03) == first_drawn(scores, 1)


@pytest.mark.parametrize("temperature", [-1, float("inf"), float("nan")])
def test_bad_temperatures(temperature):
    """A temperature is finite and not negative."""
    with pytest.raises(BadInputError, match="must be 0 or above; try 2"):
        QualitySampling("s", temperature)
