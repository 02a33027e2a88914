"""Texts are cut into runs by their characters and their number."""

from hypothesis import given
from hypothesis import strategies as st

from core.engines.batches import runs


def test_long_texts_go_in_smaller_runs():
    """At most so many texts and characters; a longer text is a run by itself; nothing gives no run."""
    texts = ["a" * 30, *["b"] * 7, "c" * 19]

    assert [1, 3, 3, 1, 1] == [len(run) for run in runs(texts, 19, 3)]
    assert [1, 7, 1] == [len(run) for run in runs(texts, 19)]
    assert [] == list(runs([], 19))


@given(st.lists(st.text("ab", max_size=9), max_size=30), st.integers(1, 20), st.none() | st.integers(1, 5))
def test_runs_are_full_and_make_up_the_texts(texts, characters, num_texts):
    """In order; no bound is passed but by one long text, and no run could take the next text too."""
    found = list(runs(texts, characters, num_texts))

    assert texts == [text for run in found for text in run]
    for run, after in zip(found, [*found[1:], None], strict=False):
        assert len(run) == 1 or sum(map(len, run)) <= characters
        assert num_texts is None or len(run) <= num_texts
        if after is not None:
            assert sum(map(len, run)) + len(after[0]) > characters or len(run) == num_texts
