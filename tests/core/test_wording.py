"""Two texts laid over each other: what both hold, what one holds, and that nothing is lost."""

import time

from hypothesis import given
from hypothesis import strategies as st

from core.wording import Piece, differences

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "the", "<b>"]), max_size=14).map(" ".join)


def test_a_word_changed():
    """What is gone comes before what is new; white space stays with the word after it."""
    found = differences("the  old cat\nsat", "the new cat sat")

    assert [
        Piece("same", "the", 1),
        Piece("gone", "  old", 1),
        Piece("new", " new", 1),
        Piece("same", " cat\nsat", 2),
    ] == found


def test_equal_texts_are_one_piece():
    """White space does not count; two empty texts have no piece."""
    assert [Piece("same", "a b", 2)] == differences("a b", " a\n\nb ")
    assert [] == differences("", " \n")


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off(first, second):
    """Without what is new stands the first text, without what is gone the second, in words."""
    pieces = differences(first, second)
    old = "".join(piece.text + " " for piece in pieces if piece.kind != "new").split()
    new = "".join(piece.text + " " for piece in pieces if piece.kind != "gone").split()

    assert (first.split(), second.split()) == (old, new)
    assert [len(piece.text.split()) for piece in pieces] == [piece.words for piece in pieces]


def test_frequent_words_are_matched_too():
    """A table of the same numbers again and again, one of them changed, differs in that one."""
    table = [str(i * i % 17) for i in range(3000)]
    changed = [*table[:1500], "x", *table[1501:]]
    pieces = differences(" ".join(table), " ".join(changed))

    assert [1500, 1, 1, 1499] == [piece.words for piece in pieces]


def test_long_texts_are_cut():
    """Beyond the words compared nothing is said, and texts with nothing in common take no longer."""
    began = time.perf_counter()
    pieces = differences("a b " * 100_000, "c d " * 100_000, most_words=100)

    assert [("gone", 100), ("new", 100)] == [(piece.kind, piece.words) for piece in pieces]
    assert 10 > time.perf_counter() - began
