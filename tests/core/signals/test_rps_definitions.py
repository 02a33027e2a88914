"""All of RedPajama-V2's signals equal a plain reading of their definitions, on any text."""

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.signals import SIGNALS, _words
from tests.core.signals.rps_definitions import by_line, content, repetition, words

HOSTILE = [
    *(
        "",
        "\n",
        "\ud800",
        "\x00",
        "\u202eab\u202c",
        "e\u0301",
        "İSTANBUL ΣΑΣ",
        "ǅ Ǆ",
        "①½٣ 五",
        "...",
        "…",
        "#1",
        "_",
    ),
    *(
        "\x1c\x85\u2028 a",
        "JavaScript java-script",
        "–a\n • b.\n\n”",
        "lorem, ipsum {}",
        "\u037e\u1fef",
        "參 ﬁ \uac00",
    ),
]
CHARACTERS = st.characters() | st.sampled_from(" \n\n..!?aAbB1#{}•–”…_-\t") | st.just("\ud800")
TEXTS = st.lists(st.text(CHARACTERS, max_size=60) | st.sampled_from(HOSTILE), max_size=6)
WORDY = st.lists(st.lists(st.sampled_from(["a", "Bb", "ccc.", "\n"]), max_size=60).map(" ".join), max_size=4)
PAIRS = {"rps_words": words, "rps_content": content, "rps_repetition": repetition, "rps_lines": by_line}


def values(column):
    found = column.to_pylist() if hasattr(column, "to_pylist") else column.tolist()
    return [None if value != value else value for value in found]


def same(expected, value, column):
    """Equal; a sum of logarithms may end the other way where the ninth decimal is a 5."""
    return expected == value or ("entropy" in column and abs(expected - value) < 1.1e-8)


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=150, deadline=None)
@given(texts=TEXTS | WORDY)
@example(texts=HOSTILE)
def test_equals_the_definition(name, texts):
    """Every column of every text has the definition's value, to its last decimal."""
    found = SIGNALS[name]().score(texts)

    for i, text in enumerate(texts):
        for column, expected in PAIRS[name](text).items():
            assert same(expected, values(found[column])[i], column), column


@pytest.mark.parametrize("name", PAIRS)
def test_parts_do_not_change_values(name, monkeypatch):
    """However a batch is cut into parts, its values are the same."""
    texts = [*HOSTILE, "one two three one two three. " * 9] * 3
    whole = {column: values(found) for column, found in SIGNALS[name]().score(texts).items()}
    for characters in (1, 50, 400):
        monkeypatch.setattr(_words, "PART_CHARACTERS", characters)
        found = SIGNALS[name]().score(list(texts))

        assert whole == {column: values(cut) for column, cut in found.items()}


def test_every_character_is_known_as_the_definitions_see_it():
    """Each code point, alone between others, has the definition's values in all signals."""
    texts = [
        "".join(f"A{chr(c)}b {chr(c)}\n" for c in range(i, i + 64)) for i in range(0, sys.maxunicode, 6400)
    ]
    for name, plain in PAIRS.items():
        found = {column: values(cut) for column, cut in SIGNALS[name]().score(texts).items()}
        for i, text in enumerate(texts):
            for column, expected in plain(text).items():
                assert same(expected, found[column][i], column), (column, i)


def test_numbers_that_do_not_fit_are_sorted_by_place():
    """Pairs too large to be packed with their places get the same numbers."""
    first, second = np.array([5, 2, 5, 2, 9]), np.array([1, 0, 1, 1, 7])
    packed = _words.numbered(first, 8, second)
    plain = _words.numbered(first, 2**59, second)

    for one, other in zip(packed, plain, strict=True):
        assert one.tolist() == other.tolist()
    assert [2, 1, 2, 1, 1] == packed[1].tolist()


def test_what_a_batch_shares_follows_its_texts():
    """A list whose texts changed since the last call is scored afresh."""
    texts = ["one two"]
    before = SIGNALS["rps_words"]().score(texts)["rps_doc_word_count"][0]
    texts[0] = "one two three"

    assert (2, 3) == (before, SIGNALS["rps_words"]().score(texts)["rps_doc_word_count"][0])
