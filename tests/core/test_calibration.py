"""Calibration: figures worked by hand, against scikit-learn, and what must hold for any labels and scores."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, roc_auc_score

from core.calibration import (
    area,
    balanced_accuracy,
    brier,
    calibration_error,
    error_by_chance,
    figures,
    reliability,
    tally,
)
from core.errors import BadInputError

LABELS = [0, 0, 1, 0, 1, 1]
SCORES = [0.05, 0.15, 0.15, 0.45, 0.85, 1.0]
CASES = st.lists(
    st.tuples(st.booleans(), st.sampled_from([i / 20 for i in range(21)])), min_size=2, max_size=60
).filter(lambda cases: len({label for label, _ in cases}) == 2)


def of(cases):
    """The tally of (label, score) pairs."""
    return tally([label for label, _ in cases], [score for _, score in cases])


# --- by hand ----------------------------------------------------------------------------------------


def test_a_tally_counts_labels_by_score():
    """One entry a distinct score, scores rising."""
    found = tally(LABELS, SCORES)

    assert [0.05, 0.15, 0.45, 0.85, 1.0] == found.scores.tolist()
    assert [0, 1, 0, 1, 1] == found.positives.tolist()
    assert [1, 1, 1, 0, 0] == found.negatives.tolist()
    assert 6 == found.total


def test_bins_of_equal_width():
    """Counts, mean scores and shares of positives; a border belongs above, 1 to the last bin."""
    bins = reliability(tally([1, 0, 1], [0.1, 0.7, 1.0]))

    assert [0, 1, 0, 0, 0, 0, 0, 1, 0, 1] == bins.counts.tolist()
    assert [0.1, 0.7, 1.0] == bins.scores[bins.counts > 0].tolist()
    assert [1.0, 0.0, 1.0] == bins.shares[bins.counts > 0].tolist()
    assert np.isnan(bins.shares[0])


def test_bins_of_equal_mass():
    """Each holds as many documents; those of one score stay together."""
    apart = reliability(tally([0, 1] * 10, np.arange(20) / 20), 5, equal_mass=True)
    tied = reliability(tally([0, 1] * 10, [0.0] * 12 + [1.0] * 8), 5, equal_mass=True)

    assert [4] * 5 == apart.counts.tolist()
    assert [12, 0, 0, 8, 0] == tied.counts.tolist()


def test_calibration_error():
    """The gaps of the bins, weighed by their documents: (0.05 + 2 * 0.35 + 0.45 + 0.15 + 0) / 6."""
    expected = (0.05 + 2 * 0.35 + 0.45 + 0.15 + 0) / 6

    assert pytest.approx(expected) == calibration_error(tally(LABELS, SCORES))
    assert pytest.approx(abs(3 - sum(SCORES)) / 6) == calibration_error(tally(LABELS, SCORES), 1)
    # two bins of three documents, but for the tie: scores up to 0.15, and the rest
    assert pytest.approx((0.65 + 0.3) / 6) == calibration_error(tally(LABELS, SCORES), 2, equal_mass=True)


def test_wilsons_interval():
    """Of 10 documents 8 positive: 0.4902 to 0.9433, as the literature gives it."""
    bins = reliability(tally([1] * 8 + [0] * 2, [0.75] * 10))

    assert (0.4902, 0.9433) == pytest.approx((bins.low[7], bins.high[7]), abs=1e-4)


def test_area_counts_a_tie_as_half():
    """Of 9 pairs of a positive and a negative, 7 are in order and one is tied."""
    assert pytest.approx(7.5 / 9) == area(tally(LABELS, SCORES))
    assert 0.5 == area(tally([0, 1, 0, 1], [0.3] * 4))


def test_brier_and_balanced_accuracy():
    """Squared distances; the mean of both sides' shares, a score at the threshold being positive."""
    squares = [0.05**2, 0.15**2, 0.85**2, 0.45**2, 0.15**2, 0.0]

    assert pytest.approx(sum(squares) / 6) == brier(tally(LABELS, SCORES))
    assert pytest.approx((2 / 3 + 3 / 3) / 2) == balanced_accuracy(tally(LABELS, SCORES), 0.85)
    assert pytest.approx((3 / 3 + 1 / 3) / 2) == balanced_accuracy(tally(LABELS, SCORES), 0.15)


def test_what_documents_do_not_tell_is_nan():
    """No documents, or labels all alike."""
    none, alike = tally([], []), tally([1, 1], [0.2, 0.9])

    assert all(math.isnan(way(none)) for way in (calibration_error, brier, area))
    assert math.isnan(area(alike))
    assert math.isnan(balanced_accuracy(alike, 0.5))
    assert all(math.isnan(x) for one in figures(none, 0.5).values() for x in (one.value, one.low, one.high))
    assert math.isnan(figures(alike, 0.5)["area"].low)


@pytest.mark.parametrize(
    ("labels", "scores", "rule"),
    [
        ([1, 0], [0.5], "two lists of one length"),
        ([[1]], [[0.5]], "two lists of one length"),
        ([0.4], [0.5], "true or false"),
        ([1], [1.5], "from 0 to 1"),
        ([1], [float("nan")], "from 0 to 1"),
    ],
)
def test_bad_input(labels, scores, rule):
    """The rule is named."""
    with pytest.raises(BadInputError, match=rule):
        tally(labels, scores)


def test_there_is_a_bin():
    """None is refused."""
    with pytest.raises(BadInputError, match="at least 1 bin"):
        calibration_error(tally(LABELS, SCORES), 0)


# --- for any labels and scores ----------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(CASES, st.sampled_from([0.3, 0.5, 0.85]))
def test_as_scikit_learn_has_it(cases, threshold):
    """Area, Brier score, balanced accuracy and the points of the reliability diagram."""
    truth, scores = np.array(cases, dtype=np.float64).T
    bins = reliability(of(cases), 1)

    assert pytest.approx(roc_auc_score(truth, scores)) == area(of(cases))
    assert pytest.approx(brier_score_loss(truth, scores)) == brier(of(cases))
    assert pytest.approx(balanced_accuracy_score(truth, scores >= threshold)) == balanced_accuracy(
        of(cases), threshold
    )
    shares, means = calibration_curve(truth, scores, n_bins=1)
    assert (shares[0], means[0]) == pytest.approx((bins.shares[0], bins.scores[0]))


@settings(max_examples=60, deadline=None)
@given(CASES, st.booleans(), st.integers(1, 12))
def test_figures_stay_in_bounds(cases, equal_mass, num_bins):
    """No document is lost to a bin, a share lies in its interval, an error is between 0 and 1."""
    bins = reliability(of(cases), num_bins, equal_mass=equal_mass)
    there = bins.counts > 0

    assert len(cases) == bins.counts.sum()
    assert (bins.low[there] <= bins.shares[there] + 1e-12).all()
    assert (bins.shares[there] <= bins.high[there] + 1e-12).all()
    assert 0 <= calibration_error(of(cases), num_bins, equal_mass=equal_mass) <= 1


@settings(max_examples=60, deadline=None)
@given(CASES)
def test_mirrored_labels_and_scores(cases):
    """Calling good what was bad, and 1 - s what was s, changes neither area nor Brier score."""
    mirrored = [(not label, 1 - score) for label, score in cases]

    assert pytest.approx(area(of(cases))) == area(of(mirrored))
    assert pytest.approx(1 - area(of(cases))) == area(of([(not label, score) for label, score in cases]))
    assert pytest.approx(brier(of(cases))) == brier(of(mirrored))


# --- chance and intervals ---------------------------------------------------------------------------


def drawn(num, power, seed=0):
    """Scores, and labels that come true with the score to that power."""
    rng = np.random.default_rng(seed)
    scores = rng.random(num)
    return tally(rng.random(num) < scores**power, scores)


def test_figures_are_those_of_their_functions_and_the_seeds():
    """The values are exact; the same seed gives the same ends, another seed others."""
    found = drawn(400, 1)
    told, again, other = (figures(found, 0.5, num_draws=50, seed=seed) for seed in (0, 0, 1))

    assert told == again
    assert told["area"].low != other["area"].low
    assert calibration_error(found) == told["error"].value
    assert calibration_error(found, equal_mass=True) == told["error_mass"].value
    assert (brier(found), area(found)) == (told["brier"].value, told["area"].value)
    assert balanced_accuracy(found, 0.5) == told["balanced_accuracy"].value


def test_intervals_hold_what_is_true():
    """Of 40 samples, the intervals of most hold the figures of 200,000 documents; fewer for the errors."""
    truth = {name: one.value for name, one in figures(drawn(200_000, 2, 99), 0.5, num_draws=2).items()}
    held = dict.fromkeys(truth, 0)
    for seed in range(40):
        for name, one in figures(drawn(500, 2, seed), 0.5, num_draws=100).items():
            held[name] += one.low <= truth[name] <= one.high

    assert min(held.pop("error"), held.pop("error_mass")) >= 30
    assert min(held.values()) >= 35


def test_intervals_shrink_with_documents():
    """Sixteen times the documents, a quarter of the width; scores taken together do not change that."""
    small, large = (figures(drawn(num, 1), 0.5, num_draws=200) for num in (500, 8_000))
    widths = [one["brier"].high - one["brier"].low for one in (small, large)]

    assert pytest.approx(4, rel=0.35) == widths[0] / widths[1]


def test_chance_shows_an_error_where_there_is_none():
    """It falls with the root of the documents, and is about what perfect scores show."""
    few, many = drawn(200, 1), drawn(20_000, 1)

    assert pytest.approx(10, rel=0.3) == error_by_chance(few, num_draws=200) / error_by_chance(
        many, num_draws=200
    )
    assert 3 * error_by_chance(many, num_draws=200) > calibration_error(many)
    assert 3 * error_by_chance(many, num_draws=200) < calibration_error(drawn(20_000, 2))
    assert 0 == error_by_chance(tally([0, 1], [0.0, 1.0]), num_draws=5)
