"""Hashed shingles are the n-grams of folded words or characters, whatever stands beside them."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.matchers._leading import jaccard
from core.matchers._shingles import Shingler


def sets(texts, n=5, unit="word"):
    found, at = Shingler(n, unit).sets(texts)
    return [frozenset(one.tolist()) for one in np.split(found, at[1:-1])] if len(texts) else []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Crème BRÛLÉE, please", "creme brulee please"),
        ("ﬁne ½ print", "fine 1 2 print"),
        ("ｗｉｄｅ letters", "wide letters"),
        (unicodedata.normalize("NFD", "déjà vu"), "déjà vu"),
        ("a-b\tc\n\nd", "a b c d"),
        ("Straße!", "straße"),
        ("İstanbul", "istanbul"),
        ("नमस्ते दुनिया", "नमस्ते, दुनिया"),
    ],
)
@pytest.mark.parametrize("unit", ["word", "character"])
def test_folding(one, other, unit):
    """Case, accents, width, ligatures and punctuation do not count."""
    found = sets([one, other, "x y"], 3, unit)

    assert found[0] == found[1] != found[2]


def test_scripts_without_spaces():
    """Each character of Chinese is a word; one in another place is another text."""
    one, other, third = sets(["我爱北京天安门", "我爱北京，天安门", "我爱天安门北京"], 3)

    assert one == other
    assert 5 == len(one)
    assert one != third


def test_a_short_text_is_one_shingle():
    """It equals texts of the same words only; no words, no shingle."""
    found = sets(["one two", "One: two!", "two one", "", " ?! ", "one"])

    assert [1, 1, 1, 0, 0, 1] == [len(one) for one in found]
    assert found[0] == found[1]
    assert 3 == len({found[0], found[2], found[5]})


def test_characters_are_counted_with_single_spaces_between_words():
    """13-grams of characters do not care for white space at the ends."""
    found = sets(["  abc  def ", "abc def", "abcdef", "x", " x"], 4, "character")

    assert found[0] == found[1] != found[2]
    assert [4, 3] == [len(found[1]), len(found[2])]
    assert found[3] == found[4]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab é,ﬁ中\u0301\n", max_size=12), max_size=8), st.integers(1, 4))
@example(["é", "\u0301a", ""], 2)
def test_neighbours_do_not_count(texts, n):
    """A text's shingles are the same alone and in any company, for words and for characters."""
    for unit in ("word", "character"):
        assert [sets([text], n, unit)[0] for text in texts] == sets(texts, n, unit)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 5))
def test_shingles_are_as_many_as_n_grams(words, n):
    """Hashes stand one for one for distinct n-grams."""
    grams = {tuple(words[i : i + n]) for i in range(len(words) - n + 1)} or (
        {tuple(words)} if words else set()
    )

    assert len(grams) == len(sets([" ".join(words)], n)[0])


def test_sets_are_sorted_and_distinct():
    """Repeated n-grams count once; one that no text has is nowhere."""
    texts = [" ".join(np.random.default_rng(i).choice(list("abcd"), size=40)) for i in range(20)]
    found, at = Shingler(2).sets([*texts, ""])

    assert all((np.diff(one.astype(np.int64)) > 0).all() for one in np.split(found, at[1:-1]))
    assert at[-1] == at[-2]


def test_arrow_and_strings_are_the_same():
    """A slice of an Arrow array, in chunks or whole, of either type of text, gives what its strings give."""
    texts = ["zero", "one two", "déjà ﬁne", "", "中文 three"]
    for kind in (pa.large_string(), pa.string()):
        whole = pa.array(texts, kind)
        for held in (whole[1:4], pa.chunked_array([whole[1:2], whole[2:4]])):
            assert sets(texts[1:4], 2) == sets(held, 2)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 60), max_size=40),
    st.lists(st.integers(0, 60), max_size=40),
    st.sampled_from([0.0, 0.3, 0.75, 1.0]),
)
def test_jaccard_of_sorted_sets(one, other, least):
    """Shared over all, exactly; 0 with an empty one, and below what is the least."""
    a, b = set(one), set(other)
    true = len(a & b) / len(a | b) if a and b else 0.0
    expected = true if true >= least else 0.0

    assert expected == jaccard(*(np.array(sorted(some), dtype=np.uint32) for some in (a, b)), least)
