"""Passages hold every word, and hidden spelling is undone before the encoder reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.toxicity import _passages


@given(
    st.lists(st.sampled_from(["one", "two.", "three!", "\n", "four?", "five", "…", '"six."']), max_size=200)
)
def test_passages_hold_every_word_once(pieces):
    """Passages follow one another, none has more than 40 words, and no word is lost."""
    text = " ".join(pieces)
    found = _passages.spans(text)
    words = [text[begin:end].split() for begin, end in found]

    assert text.split() == [word for passage in words for word in passage]
    assert all(len(passage) <= _passages.MAX_WORDS for passage in words)


def test_a_passage_is_whole_sentences_where_they_fit():
    """Sentences are packed up to 40 words; a longer one is cut."""
    text = "One two three four five six seven eight. " * 7 + "word " * 50 + "end."
    counts = [len(text[begin:end].split()) for begin, end in _passages.spans(text)]

    assert [40, 16, 40, 11] == counts


def test_text_without_spaces_is_cut():
    """A passage has 400 characters at most."""
    found = _passages.spans("x" * 1000)

    assert [400, 400, 200] == [end - begin for begin, end in found]


def test_of_a_very_long_text_stretches_are_read():
    """Beyond a million characters, 250 stretches of 4,000 from the first to the last character."""
    text = "abcd efg. " * 300_000
    found = _passages.spans(text)

    assert (0, len(text) - 1) == (found[0][0], found[-1][1])
    assert sum(end - begin for begin, end in found) <= 1_000_000


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ("y0u 1diot h4ters", "you 1diot haters"),
        ("h e l l o there", "hello there"),
        ("h.e.l.l.o there", "hello there"),
        ("sooooo", "soo"),
        ("hеllо", "hello"),  # two letters are Cyrillic
        ("Привет, как дела", "Привет, как дела"),
        ("ｆｕｌｌ wi\u200bdth", "full width"),
        ("nice 🐒", "nice monkey"),
        ("RT @someone: see https://example.org/x &amp; this", ": see this"),
        ("mp3 in 2013", "mp3 in 2013"),
        ("lone \ud800", "lone ?"),
    ],
)
def test_hidden_spelling_is_undone(hidden, expected):
    """Look-alikes, digits in words, spaced and repeated letters; other alphabets and numbers stay."""
    assert expected == _passages.plain(hidden)
