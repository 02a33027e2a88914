"""Hashed shingles are the n-grams of folded words or characters, whatever stands beside them."""

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.matchers import _shingles
from core.matchers._shingles import Shingler


def sets(texts, n=5, unit="word"):
    return [frozenset(found.tolist()) for found in Shingler(n, unit).sets(texts)]


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


def test_blocks_do_not_count(monkeypatch):
    """Texts cut into other runs have the same shingles, in the same order."""
    texts = [" ".join(np.random.default_rng(i).choice(list("abcdefgh"), size=i)) for i in range(40)]
    whole = list(Shingler(3).sets(texts))
    monkeypatch.setattr(_shingles, "BLOCK_CHARACTERS", 50)

    assert all((one == other).all() for one, other in zip(whole, Shingler(3).sets(texts), strict=True))


def test_jaccard_of_sorted_sets():
    """Shared over all; 0 with an empty one."""
    one, other = np.array([1, 2, 3], dtype=np.uint32), np.array([2, 3, 4, 5], dtype=np.uint32)

    assert 2 / 5 == _shingles.jaccard(one, other)
    assert 0 == _shingles.jaccard(one, other[:0])
