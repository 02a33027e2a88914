"""Intervals over seeds, rank correlation, and the area under a curve."""

import numpy as np
import pytest

from core.backend.experiments._figures import area_under_curve, found_at, in_words, interval, spearman


def test_interval_is_students():
    """Five differences by hand: 2.776 is t at 97.5 % with 4 degrees of freedom."""
    found = interval([0.1, 0.2, 0.3, 0.4, 0.5])
    half = 2.7764451 * 0.15811388 / 5**0.5

    assert 0.3 == pytest.approx(found["mean"])
    assert (0.3 - half, 0.3 + half) == pytest.approx((found["low"], found["high"]))
    assert found["told_apart"]


def test_interval_covers_the_truth_as_often_as_it_says():
    """Of 2,000 samples of three normal numbers about 95 % of intervals hold the mean."""
    rng = np.random.default_rng(0)
    held = [not interval(rng.normal(size=3))["told_apart"] for _ in range(2000)]

    assert 0.95 == pytest.approx(np.mean(held), abs=0.015)


def test_words_say_whether_it_is_noise():
    """One seed says nothing; an interval over 0 is noise; else the lower side is named."""
    assert "give two or more" in in_words(interval([0.1]), "a", "b")
    assert "cannot be told from noise with 2 seeds" in in_words(interval([0.1, -0.1]), "a", "b")
    assert in_words(interval([-0.1, -0.11]), "a", "b").startswith("a: -0.1050 nats a token")
    assert in_words(interval([0.1, 0.11]), "a", "b").startswith("b: +0.1050")


def test_spearman_ranks_ties_alike():
    """1 for any rising curve, -1 for a falling one, None where nothing varies."""
    assert 1 == pytest.approx(spearman([1, 2, 3], [1, 8, 27]))
    assert -1 == pytest.approx(spearman([1, 2, 3], [3, 2, 1]))
    assert 0.866 == pytest.approx(spearman([1, 2, 3], [1, 2, 2]), abs=1e-3)
    assert spearman([1, 2], [1, 1]) is None


def test_area_under_curve_is_the_chance_of_a_right_order():
    """Counted over all pairs, ties half; None without both kinds."""
    scores, member = np.array([3.0, 2.0, 2.0, 1.0]), np.array([True, True, False, False])

    assert (1 + 1 + 0.5 + 1) / 4 == area_under_curve(scores, member)
    assert area_under_curve(scores, np.ones(4, dtype=bool)) is None


def test_found_at_takes_few_strangers():
    """At 5 % of 20 strangers one may stand above the bar."""
    strangers, members = np.arange(20.0), np.array([18.5, 17.5, 30.0])
    scores = np.concatenate([strangers, members])
    member = np.arange(23) >= 20

    assert 2 / 3 == found_at(scores, member, 0.05)
    assert 1 / 3 == found_at(scores, member, 0.0)
