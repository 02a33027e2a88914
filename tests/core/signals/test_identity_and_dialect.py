"""Words that name groups, and marks of a way of writing: the proxies that removals are broken down by."""

import numpy as np
import pytest

from core.signals._identity import TERMS
from core.signals.dialect_markers import DialectMarkers
from core.signals.identity_terms import IdentityTerms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Women and Jews met.", [0, 1, 1, 0]),
        ("The Black, deaf immigrant's wife", [2, 1, 0, 1]),  # normalised words have no apostrophe
        ("A blackbird in a blind alley", [0, 0, 0, 1]),  # a proxy: blind counts wherever it stands
        ("", [0, 0, 0, 0]),
    ],
)
def test_groups_are_counted_by_dimension(text, expected):
    """Whole words, whatever their case and marks."""
    found = IdentityTerms().score([text])

    assert expected == [int(found[f"identity_{dimension}"][0]) for dimension in TERMS]


def test_no_term_stands_in_two_dimensions():
    """A word belongs to one of them."""
    words = [word for terms in TERMS.values() for word in terms]

    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("text", "marks", "words"),
    [
        ("He be working late.", 1, 4),
        ("They done finished, y'all.", 2, 4),
        ("I will be working. It is done.", 0, 7),
        ("Ain't nobody got time", 1, 4),
        ("they be in", 0, 3),
    ],
)
def test_marks_in_a_hundred_words(text, marks, words):
    """Spellings, habitual be and completive done; not the standard's future or passive."""
    assert 100 * marks / words == pytest.approx(DialectMarkers().score([text])["dialect_markers"][0])


def test_constructions_stay_within_a_text():
    """The last word of one text and the first of the next build nothing; no words, no rate."""
    found = DialectMarkers().score(["we", "be going", ""])["dialect_markers"]

    np.testing.assert_array_equal([0.0, 0.0, np.nan], found)
