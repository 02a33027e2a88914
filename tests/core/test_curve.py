"""A threshold's course over a column, and the threshold at which a share is reached."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curve import curve, threshold_keeping
from core.errors import BadInputError
from core.threshold import outcome

NAN = np.nan
SIDES = st.sampled_from(["at least", "at most"])
VALUES = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, -3.25, NAN, np.inf, -np.inf]), max_size=30)


def kept(values, side, bound):
    """What a range with that bound keeps."""
    return values >= bound if side == "at least" else values <= bound


# --- the curve, by hand -----------------------------------------------------------------------------


def test_curve_at_least():
    """At each value, what is not below it; documents without a value are never kept."""
    values = np.array([1.0, 2.0, 3.0, NAN])
    tokens, codes = np.array([10, 20, 30, 40]), np.array([0, 0, 1, 1], dtype=np.int32)
    found = curve(values, "at least", tokens, codes, 2, num_points=3)

    assert [1, 2, 3] == found.thresholds.tolist()
    assert [[1, 1 / 2, 0], [1 / 2, 1 / 2, 1 / 2]] == found.documents.tolist()
    assert [[1, 20 / 30, 0], [30 / 70, 30 / 70, 30 / 70]] == found.tokens.tolist()
    assert [3 / 4, 2 / 4, 1 / 4] == found.all_documents.tolist()
    assert [60 / 100, 50 / 100, 30 / 100] == found.all_tokens.tolist()


def test_curve_at_most():
    """At each value, what is not above it."""
    values = np.array([1.0, 2.0, 3.0, NAN])
    found = curve(values, "at most", np.ones(4), np.zeros(4, dtype=np.int32), 1, num_points=3)

    assert [[1 / 4, 2 / 4, 3 / 4]] == found.documents.tolist()


def test_curve_thresholds_are_a_hundred_and_one_values_that_occur():
    """Quantiles are values, so that what is kept there is exact."""
    values = np.arange(1000.0)
    found = curve(values, "at least", np.ones(1000), np.zeros(1000, dtype=np.int32), 1)

    assert 101 == len(found.thresholds)
    assert set(found.thresholds) <= set(values)
    assert (0, 999) == (found.thresholds[0], found.thresholds[-1])


@pytest.mark.parametrize("values", [[], [NAN, NAN]])
def test_column_without_values_has_no_points(values):
    """No value, no quantile."""
    size = len(values)
    found = curve(np.array(values), "at least", np.ones(size), np.zeros(size, dtype=np.int32), 1)

    assert ((0,), (1, 0)) == (found.thresholds.shape, found.documents.shape)


def test_domain_without_documents_is_unknown():
    """Its shares are NaN, not zero."""
    found = curve(np.array([1.0]), "at least", np.ones(1), np.zeros(1, dtype=np.int32), 2, num_points=2)

    assert [1, 1] == found.documents[0].tolist()
    assert np.isnan(found.documents[1]).all()


# --- the curve, in general --------------------------------------------------------------------------


@given(values=VALUES, side=SIDES, seed=st.integers(0, 1000))
def test_curve_is_what_each_threshold_keeps(values, side, seed):
    """Point by point the outcome of the range with that bound, by domain and in all; and it only falls."""
    numbers, rng = np.array(values, dtype=np.float64), np.random.default_rng(seed)
    tokens, codes = rng.integers(1, 50, len(values)), rng.integers(0, 2, len(values)).astype(np.int32)
    found = curve(numbers, side, tokens, codes, 2, num_points=7)
    for point, bound in enumerate(found.thresholds):
        single = outcome(kept(numbers, side, bound), tokens, ("a", "b"), codes)
        assert single.total.kept.documents / len(values) == found.all_documents[point]
        assert single.total.kept.tokens / tokens.sum() == found.all_tokens[point]
        for domain, part in enumerate(single.domains.values()):
            whole = part.kept.documents + part.dropped.documents
            if whole:
                assert part.kept.documents / whole == found.documents[domain, point]
    steps = np.diff(found.all_documents)

    assert (steps <= 0).all() if side == "at least" else (steps >= 0).all()


# --- the threshold at a share -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("threshold", "share", "side", "asked"),
    [
        (3.0, 2 / 5, "at least", 0.4),
        (2.0, 4 / 5, "at least", 0.41),  # two tie at 2
        (2.0, 3 / 5, "at most", 0.21),
        (4.0, 1 / 5, "at least", 0.0),  # the strictest still keeps its own value
        (1.0, 1.0, "at least", 1.0),
    ],
)
def test_threshold_keeping_a_share_of_documents(threshold, share, side, asked):
    """The strictest that keeps as much, and what it really keeps."""
    found = threshold_keeping(np.array([2.0, 1, 4, 3, 2]), side, asked, np.ones(5))

    assert (threshold, share, asked) == (found.threshold, found.share, found.asked)
    assert round(5 * share) == found.documents


def test_threshold_keeping_a_share_of_tokens():
    """One document of the highest value holds six of ten tokens."""
    values, tokens = np.array([1.0, 2, 3]), np.array([1, 3, 6])
    by_tokens = threshold_keeping(values, "at least", 0.6, tokens, by="tokens")
    by_documents = threshold_keeping(values, "at least", 0.6, tokens)

    assert (3, 0.6, 1, 6) == (by_tokens.threshold, by_tokens.share, by_tokens.documents, by_tokens.tokens)
    assert (2, 2 / 3, 2, 9) == (
        by_documents.threshold, by_documents.share, by_documents.documents, by_documents.tokens,
    )  # fmt: skip


def test_shares_written_in_decimals_are_met_exactly():
    """55 of 100 are 0.55, whatever 0.55 times 100 comes to."""
    found = [threshold_keeping(np.arange(100.0), "at most", k / 100, np.ones(100)) for k in range(1, 101)]

    assert list(range(1, 101)) == [one.documents for one in found]


def test_share_out_of_reach_keeps_all_that_have_a_value():
    """Three of four have one: asked for nine tenths, it keeps three quarters and says so."""
    found = threshold_keeping(np.array([1.0, NAN, 2, 3]), "at least", 0.9, np.ones(4))

    assert (1.0, 0.9, 0.75) == (found.threshold, found.asked, found.share)


@pytest.mark.parametrize("values", [[], [NAN], [np.inf]])
def test_no_threshold_where_there_is_no_value(values):
    """No bound can be had from nothing, nor an infinite one."""
    found = threshold_keeping(np.array(values), "at least", 0.5, np.ones(len(values)))

    assert (None, 0, 0, 0) == (found.threshold, found.share, found.documents, found.tokens)


@pytest.mark.parametrize("share", [-0.1, 1.1, NAN])
def test_share_lies_between_none_and_all(share):
    """The error says so."""
    with pytest.raises(BadInputError, match="between 0 and 1"):
        threshold_keeping(np.ones(3), "at least", share, np.ones(3))


@given(values=VALUES, side=SIDES, asked=st.floats(0, 1), by=st.sampled_from(["documents", "tokens"]))
def test_threshold_found_is_the_strictest_that_suffices(values, side, asked, by):
    """Its counts are the range's, and every stricter value keeps too little."""
    numbers, tokens = np.array(values, dtype=np.float64), np.arange(1, len(values) + 1)
    sizes = np.ones(len(values), dtype=int) if by == "documents" else tokens
    found = threshold_keeping(numbers, side, asked, tokens, by)
    if found.threshold is None:
        assert not np.isfinite(numbers).any()
        return
    keep = kept(numbers, side, found.threshold)
    assert (int(keep.sum()), int(tokens[keep].sum())) == (found.documents, found.tokens)
    assert sizes[keep].sum() / sizes.sum() == found.share
    for other in set(numbers[np.isfinite(numbers)]):
        share = sizes[kept(numbers, side, other)].sum() / sizes.sum()
        assert share >= found.share or share < asked
        assert share <= found.share or found.share >= asked
