"""Alternatives side by side: what each keeps by domain, and on what two of them disagree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alternatives import Row, compare, differing
from core.filtering import FilterTable
from core.types import DomainCount

TOKENS = np.array([1, 2, 4, 8, 16, 32])
CODES = np.array([0, 0, 0, 0, 1, 1], dtype=np.int32)
LONG = np.array([False, False, False, True, True, True])
CLEAN = np.array([True, False, False, True, False, True])


def compared(*keeps, tokens=TOKENS, codes=CODES, domains=("a", "b")):
    return compare(FilterTable.of([(f"f{i}", keep) for i, keep in enumerate(keeps)], tokens, codes, domains))


@st.composite
def cases(draw):
    """Some documents with domains and tokens, and two to four masks over them."""
    size = draw(st.integers(0, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    keeps = [rng.random(size) < rng.choice([0, 0.2, 0.7, 1]) for _ in range(draw(st.integers(2, 4)))]
    return keeps, rng.integers(0, 1000, size), rng.integers(0, 2, size).astype(np.int32)


# --- by hand ----------------------------------------------------------------------------------------


def test_each_alternative_stands_alone():
    """The second is not applied to what the first leaves."""
    found = compared(LONG, CLEAN)

    assert [
        Row("a", "f0", 1, 8, 1 / 4, 8 / 15),
        Row("a", "f1", 2, 9, 2 / 4, 9 / 15),
        Row("b", "f0", 2, 48, 1, 1),
        Row("b", "f1", 1, 32, 1 / 2, 32 / 48),
    ] == list(found.rows())
    assert DomainCount(3, 41) == found.alternatives[1].kept.total


def test_disagreement_counts_documents_and_tokens():
    """They differ on documents 0 and 4: one kept by each alone."""
    found = compared(LONG, CLEAN).agreement

    assert [[0, 2], [2, 0]] == found.documents.tolist()
    assert [[0, 17], [17, 0]] == found.tokens.tolist()
    assert (2 / 6, 17 / 63) == (found.document_shares[0, 1], found.token_shares[0, 1])


def test_kappa_by_hand():
    """Both keep half: chance agrees on a half, they agree on two thirds, so kappa is a third."""
    assert pytest.approx(1 / 3) == compared(LONG, CLEAN).agreement.kappa[0, 1]


def test_kappa_of_opposites_is_minus_one():
    """At half kept, disagreeing on all is as far below chance as agreement is above it."""
    assert pytest.approx(-1) == compared(LONG, ~LONG).agreement.kappa[0, 1]


def test_kappa_where_all_verdicts_are_the_same():
    """Two that keep all agree; one that keeps all and one that keeps none do as chance would."""
    every = np.ones(6, dtype=bool)

    assert [1, 0] == compared(every, every, ~every).agreement.kappa[0, 1:].tolist()


def test_rows_that_only_one_keeps():
    """Two lists: of the first alone, of the second alone."""
    first, second = differing(LONG, CLEAN)

    assert ([4], [0]) == (first.tolist(), second.tolist())


def test_empty_domain_has_no_share():
    """Nothing of nothing is unknown."""
    found = compared(LONG, domains=("a", "b", "c")).alternatives[0]

    assert np.isnan(found.document_shares[2])
    assert np.isnan(found.token_shares[2])


# --- what must hold ---------------------------------------------------------------------------------


@given(case=cases())
def test_agreement_is_symmetric_and_that_of_the_masks(case):
    """Kappa is that of its definition, and one for a mask with itself."""
    keeps, tokens, codes = case
    found = compared(*keeps, tokens=tokens, codes=codes).agreement

    assert (np.diag(found.kappa) == 1).all()
    assert (found.kappa == found.kappa.T).all()
    for i, first in enumerate(keeps):
        for j, second in enumerate(keeps):
            off = first != second
            assert (int(off.sum()), int(tokens[off].sum())) == (found.documents[i, j], found.tokens[i, j])
            if len(first) and off.any():
                chance = first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean())
                assert pytest.approx((1 - off.mean() - chance) / (1 - chance)) == found.kappa[i, j]


@given(case=cases())
def test_shares_are_of_each_domain(case):
    """Kept over all, by domain."""
    keeps, tokens, codes = case
    for keep, found in zip(keeps, compared(*keeps, tokens=tokens, codes=codes).alternatives, strict=True):
        for domain in set(codes.tolist()):
            assert keep[codes == domain].mean() == found.document_shares[domain]


@given(case=cases(), num=st.integers(0, 5), seed=st.integers(0, 10))
def test_differing_rows_are_drawn_by_the_seed(case, num, seed):
    """At most so many, in order, of the right ones, and the same again."""
    keeps, _, _ = case
    found = differing(keeps[0], keeps[1], num, seed)
    again = differing(keeps[0], keeps[1], num, seed)

    for rows, same, right in zip(found, again, (keeps[0] & ~keeps[1], keeps[1] & ~keeps[0]), strict=True):
        assert rows.tolist() == same.tolist() == sorted(rows.tolist())
        assert min(num, int(right.sum())) == len(rows)
        assert right[rows].all()


def test_a_mask_changed_a_little_changes_the_sample_a_little():
    """One row fewer to differ on takes at most itself away and brings one other."""
    none = np.zeros(1000, dtype=bool)
    before, _ = differing(~none, none, 20)
    second = none.copy()
    second[before[0]] = True
    after, _ = differing(~none, second, 20)

    assert 19 == len(set(before.tolist()) & set(after.tolist()))
