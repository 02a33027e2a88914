"""Signals among themselves: correlations over what both have, their order, and the odd ones first."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.correlation import MAX_ROWS, cluster_order, correlate, domain_distances, oddness

NAN = np.nan


@st.composite
def columns(draw):
    """Up to five signals with ties and nulls; some null in the same documents, some constant."""
    size = draw(st.integers(0, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = {}
    for i in range(draw(st.integers(0, 5))):
        values = rng.integers(0, rng.choice([1, 4, 1000]), size) * 0.1
        values[rng.random(size) < rng.choice([0, 0.3, 1])] = NAN
        made[f"s{i}"] = values
    return made


# --- correlations -----------------------------------------------------------------------------------


def test_correlations_by_hand():
    """A bend leaves the ranks as they are; nulls leave only what both have."""
    found = correlate(
        {
            "x": np.array([1.0, 2, 3, 4]),
            "bent": np.array([1.0, 4, 9, 100]),
            "falling": np.array([3.0, 2, 1, NAN]),
        }
    )

    assert [1, 1, -1] == pytest.approx(found.spearman[0].tolist())
    assert pytest.approx(151 / np.sqrt(5 * 6849)) == found.pearson[0, 1]
    assert pytest.approx(-1) == found.pearson[0, 2]
    assert [[4, 4, 3], [4, 4, 3], [3, 3, 3]] == found.pairs.tolist()
    assert (("x", "bent", "falling"), 4, 4) == (found.names, found.num_rows, found.num_documents)


def test_ties_have_their_mean_rank():
    """Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 over the root of 4.5 times 5."""
    found = correlate({"tied": np.array([1.0, 2, 2, 9]), "straight": np.array([1.0, 2, 3, 4])})

    assert pytest.approx(4.5 / np.sqrt(4.5 * 5)) == found.spearman[0, 1]


def test_constant_signal_correlates_with_nothing():
    """Not even with itself: unknown, without a warning."""
    found = correlate({"x": np.array([1.0, 2, 3]), "same": np.array([0.1, 0.1, 0.1])})

    assert np.isnan(found.pearson[1]).all()
    assert np.isnan(found.spearman[1]).all()


def test_signal_constant_where_both_have_values_is_unknown():
    """It varies only where the other is null."""
    found = correlate({"x": np.array([1.0, 2, NAN]), "y": np.array([5.0, 5, 7])})

    assert np.isnan(found.pearson[0, 1])
    assert pytest.approx(1) == found.pearson[1, 1]


@given(columns=columns())
def test_correlations_are_those_of_pandas(columns):
    """Pair by pair, over the documents that have both."""
    found = correlate(columns)
    frame = pd.DataFrame(columns)
    known = frame.notna().to_numpy(dtype=np.int64)

    assert (known.T @ known).tolist() == found.pairs.tolist()
    for method in ("pearson", "spearman"):
        expected = np.full(found.pairs.shape, NAN)
        for i, first in enumerate(columns):
            for j, second in enumerate(columns):
                both = frame[frame[first].notna() & frame[second].notna()]
                if both[first].nunique() > 1 and both[second].nunique() > 1:
                    expected[i, j] = both[first].corr(both[second], method=method)
        np.testing.assert_allclose(getattr(found, method), expected, atol=1e-9)


def test_many_documents_are_sampled_by_the_seed():
    """The result says how many were looked at; the same seed looks at the same."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=MAX_ROWS + 1000)
    signals = {"x": x, "y": x + rng.normal(size=len(x))}
    found, again, other = correlate(signals, 1), correlate(signals, 1), correlate(signals, 2)

    assert (50_000, 51_000) == (found.num_rows, found.num_documents)
    assert found.pearson.tolist() == again.pearson.tolist() != other.pearson.tolist()
    assert pytest.approx(np.sqrt(0.5), abs=0.02) == found.pearson[0, 1]


# --- order ------------------------------------------------------------------------------------------


def test_alike_stand_together():
    """Two pairs that were apart, one of them of opposites, are neighbours; every signal stands once."""
    correlations = np.array(
        [[1, 0.1, -0.9, 0.1], [0.1, 1, 0.1, 0.8], [-0.9, 0.1, 1, NAN], [0.1, 0.8, NAN, 1]]
    )
    order = cluster_order(correlations)

    assert [0, 1, 2, 3] == sorted(order)
    assert {frozenset({0, 2}), frozenset({1, 3})} == {frozenset(order[:2]), frozenset(order[2:])}


@pytest.mark.parametrize("num", [0, 1, 2])
def test_few_signals_keep_their_order(num):
    """There is nothing to cluster."""
    assert tuple(range(num)) == cluster_order(np.eye(num))


@given(columns=columns())
def test_order_holds_every_signal_once(columns):
    """Also where correlations are unknown."""
    assert list(range(len(columns))) == sorted(correlate(columns).order)


# --- oddness ----------------------------------------------------------------------------------------


def test_distances_by_hand():
    """All of `a` lies below all of `b`: the gap is whole. `c` sits amid them."""
    values, codes = np.array([1.0, 2, 8, 9, 5, 5]), np.array([0, 0, 1, 1, 2, 2])
    distances, chances = domain_distances(values, codes, 3)

    assert [1, 1, 1 / 2] == pytest.approx(distances.tolist())
    assert [1.358 * np.sqrt(6 / (2 * 4))] * 3 == pytest.approx(chances.tolist())


@given(seed=st.integers(0, 2**32), size=st.integers(0, 40), spread=st.sampled_from([2, 5, 1000]))
def test_distances_are_those_of_the_two_sample_statistic(seed, size, spread):
    """Domain by domain against all others, with ties; unknown where either side is empty."""
    rng = np.random.default_rng(seed)
    values, codes = rng.integers(0, spread, size) * 0.1, rng.integers(0, 3, size)
    distances, _ = domain_distances(values, codes, 4)
    for domain in range(4):
        own, rest = values[codes == domain], values[codes != domain]
        if len(own) and len(rest):
            assert (
                pytest.approx(max(abs((own <= at).mean() - (rest <= at).mean()) for at in values))
                == distances[domain]
            )
        else:
            assert np.isnan(distances[domain])


def test_signal_with_an_unlike_domain_stands_first():
    """The facts say why: the domain, how far it stands, and what chance would give."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(3), 200)
    plain, moved = rng.normal(size=600), rng.normal(size=600)
    moved[codes == 1] += 5
    first, second = oddness({"plain": plain, "moved": moved}, codes, ("a", "b", "c"))

    assert ("moved", "b") == (first.name, first.domain)
    assert first.distance > 0.95
    assert first.distance - first.chance == first.score
    assert pytest.approx(1.358 * np.sqrt(600 / (200 * 400))) == first.chance
    assert ("plain", True) == (second.name, second.score < 0.1)


def test_single_document_is_no_oddity():
    """However far one document lies, chance explains it."""
    values, codes = np.append(np.arange(99.0), 1e9), np.append(np.zeros(99, dtype=int), 1)
    (found,) = oddness({"s": values}, codes, ("many", "one"))

    assert found.score < 0.05


def test_heaps_and_nulls_are_facts_of_their_own():
    """A share of all values at one value; a share of all documents without one."""
    values = np.array([0.0, 0, 0, 7, NAN])
    (found,) = oddness({"s": values}, np.zeros(5, dtype=int), ("a",))

    assert (0.0, 3 / 4) == (found.common_value, found.common_share)
    assert pytest.approx(1 / 5) == found.null_share
    assert (0.0, None) == (found.score, found.domain)


def test_equal_scores_are_in_order_of_heap_nulls_and_name():
    """The order is the same whatever that of the columns."""
    codes = np.zeros(4, dtype=int)
    signals = {
        "b": np.array([1.0, 2, 3, 4]),
        "a": np.array([1.0, 2, 3, 4]),
        "nulls": np.array([1.0, 2, 3, NAN]),
        "heap": np.array([1.0, 1, 1, 4]),
    }

    assert ["heap", "nulls", "a", "b"] == [one.name for one in oddness(signals, codes, ("d",))]


@pytest.mark.parametrize("values", [[], [NAN, NAN]])
def test_signal_without_values_has_no_score(values):
    """Unknown everywhere, in an empty corpus too."""
    (found,) = oddness({"s": np.array(values)}, np.arange(len(values)), ("a", "b"))

    assert (0, None, None, 0) == (found.score, found.domain, found.common_value, found.common_share)
    assert len(values) / 2 == found.null_share


def test_no_signals():
    """Nothing to correlate and nothing odd."""
    found = correlate({})

    assert ((), (0, 0), ()) == (found.names, found.pearson.shape, found.order)
    assert [] == oddness({}, np.zeros(0, dtype=int), ("a",))
