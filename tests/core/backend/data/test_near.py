"""Near copies: the pairs that counting sets of words by hand finds, too."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.data.near import Near, shingles, sketch

WORDS = st.lists(st.sampled_from(["sea", "wind", "Ship", "whale", "7", "été", "鯨"]), max_size=40).map(
    " ".join
)


def sets(text):
    """The distinct 5-grams by the plain way."""
    words = re.findall(r"鯨|[^\W鯨]+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))} if words else set()


def jaccard(one, other):
    return len(sets(one) & sets(other)) / max(1, len(sets(one) | sets(other)))


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, max_size=6))
def test_pairs_are_those_that_share_seven_tenths(kept, others):
    """Exactly, since these texts are short: the same sets, whatever stands between the words."""
    found = set(Near([sketch(text) for text in kept]).copies([text.replace(" ", " -\n") for text in others]))
    expected = {
        (i, j) for i, one in enumerate(others) for j, other in enumerate(kept) if jaccard(one, other) >= 0.7
    }

    assert expected == found


@given(st.lists(WORDS, max_size=5))
def test_a_texts_ngrams_do_not_depend_on_its_neighbours(texts):
    """As many as the sets have; alone or among others the same."""
    together = shingles(texts)

    assert [len(sets(text)) for text in texts] == [len(some) for some in together]
    assert [shingles([text])[0].tolist() for text in texts] == [some.tolist() for some in together]


@pytest.mark.parametrize(("changed", "expected"), [(0.02, True), (0.12, False)])
def test_long_texts_are_told_apart_by_a_sample(changed, expected):
    """20,000 words, of which 2 % or 12 % are others: a Jaccard of 0.82 and of 0.36."""
    rng = np.random.default_rng(0)
    words = rng.integers(0, 10_000, 20_000).astype(str)
    other = np.where(rng.random(20_000) < changed, "other", words)
    found = [*Near([sketch(" ".join(words))]).copies([" ".join(other)])]

    assert ([(0, 0)] if expected else []) == found


def test_nothing_has_no_copies():
    """Neither no sketch, nor no text, nor a text without words."""
    assert [] == [*Near([]).copies(["some words"])]
    assert [] == [*Near([sketch("some words"), sketch("…")]).copies([])]
    assert [] == [*Near([sketch("…")]).copies(["…", ""])]
