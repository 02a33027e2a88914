"""Agreement beyond chance, against worked examples from print and another implementation."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from core.reviews.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units.
OBSERVERS = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
# Fleiss (1971) as worked through in print: 14 raters, 10 subjects, 5 categories.
SUBJECTS = [
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
]


def test_cohen_of_the_textbook_table():
    """20 both yes, 15 both no, 5 and 10 apart: observed 0.7, by chance 0.5."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15

    assert 0.4 == pytest.approx(cohen_kappa(first, second))


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_cohen_is_that_of_scikit_learn(pairs):
    """Any two reviewers who did not both give one and the same label throughout."""
    first, second = zip(*pairs, strict=True)
    if len({*first, *second}) > 1:
        expected = cohen_kappa_score(first, second)

        assert expected == pytest.approx(cohen_kappa(first, second), abs=1e-12)


def test_fleiss_of_the_worked_example():
    """Published: 0.210."""
    counts = [{str(label): n for label, n in enumerate(row) if n} for row in SUBJECTS]

    assert 0.210 == round(fleiss_kappa(counts), 3)


def test_alpha_of_the_worked_example():
    """Published: 0.743 for labels without order, with gaps and a unit that one observer saw."""
    counts = [Counter(c for c in unit if c != ".") for unit in zip(*OBSERVERS, strict=True)]

    assert 0.743 == round(krippendorff_alpha(counts), 3)


def test_perfect_agreement_is_one_and_one_label_alone_is_undefined():
    """Chance explains all where nobody ever says anything else."""
    split = [{"a": 3}, {"b": 3}]

    assert 1 == fleiss_kappa(split) == krippendorff_alpha(split) == cohen_kappa("ab", "ab")
    for value in (fleiss_kappa([{"a": 3}]), krippendorff_alpha([{"a": 3}]), cohen_kappa("aa", "aa")):
        assert math.isnan(value)


def test_too_little_is_undefined():
    """No documents, one reviewer, or numbers of verdicts that differ."""
    for value in (
        cohen_kappa([], []),
        fleiss_kappa([]),
        fleiss_kappa([{"a": 1}]),
        krippendorff_alpha([{"a": 1}]),
    ):
        assert math.isnan(value)
    assert math.isnan(fleiss_kappa([{"a": 2}, {"a": 3}]))


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=2), min_size=3, max_size=30))
def test_alpha_nears_fleiss_as_documents_grow(units):
    """For full tables alpha is Fleiss' kappa with a correction of 1/n (Krippendorff 2004)."""
    counts = [Counter(unit) for unit in units]
    kappa, alpha = fleiss_kappa(counts), krippendorff_alpha(counts)
    num = 2 * len(units)

    assert (math.isnan(kappa) and math.isnan(alpha)) or alpha == pytest.approx(kappa + (1 - kappa) / num)
