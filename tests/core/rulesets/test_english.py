"""English words and sentences come apart as spaCy's blank English pipeline takes them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rulesets import _english


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't go, we'll see.", "Do n't go , we 'll see ."),
        ("Mr. Smith's U.S. visit...", "Mr. Smith 's U.S. visit ..."),
        ("a well-known (so-called) fact", "a well - known ( so - called ) fact"),
        ("5km at 7pm. cost $12,000 or 3%", "5 km at 7 pm . cost $ 12,000 or 3 %"),
        ("see https://a.org/x?y=1, or me@b.com.", "see https://a.org/x?y=1 , or me@b.com ."),
        ("lower.Upper and/or he/she :-) ok:)", "lower . Upper and/or he / she :-) ok :)"),
        ("“Quoted”—it’s 20°C. C++", "“ Quoted”—it ’s 20 ° C . C++"),
        ("cannot gonna y'all 'tis", "can not gon na y' all ' tis"),
        ("日本語、です。 naïve café!", "日本語、です 。 naïve café !"),
    ],
)
def test_words(text, words):
    """Contractions, abbreviations, affixes, infixes, addresses, units and emoticons."""
    assert words.split() == _english.words(text)


@given(st.text(st.sampled_from(" \n\tab.,'\"()-…!?0$:/@é漢\ud800")))
def test_words_hold_every_character_but_white_space(text):
    """No character is lost or made up, whatever the text."""
    assert "".join(text.split()) == "".join(_english.words(text))


@given(st.text(st.sampled_from(' \n\tab.,"()…!?')))
def test_sentences_make_up_the_text_and_are_counted_alike(text):
    """Cutting and counting agree, and the pieces are the text."""
    found = _english.sentences(text)

    assert text == "".join(found)
    assert len(found) == _english.num_sentences(text, 10_000)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", " Two!", " Three?"]),
        ('He said "no." Then he left.', ['He said "no."', " Then he left."]),
        ("Well... so. . . what", ["Well... so. . .", " what"]),
        ("no mark", ["no mark"]),
    ],
)
def test_sentences(text, sentences):
    """A sentence takes in the punctuation behind its final mark."""
    assert sentences == _english.sentences(text)


def test_counting_sentences_stops_when_there_are_enough():
    """Two are enough where two are asked for."""
    assert 2 == _english.num_sentences("One. Two. Three. Four.", 2)


def test_a_very_long_chunk_takes_linear_time():
    """Past 1,000 characters a chunk is cut into runs of word characters and single symbols."""
    assert ["a" * 999, "-", "b" * 999] == _english.words("a" * 999 + "-" + "b" * 999)
    assert 200_000 == len(_english.words("(" * 200_000))


def test_memory_is_bounded(monkeypatch):
    """Chunks are forgotten when there are too many, and come out the same again."""
    monkeypatch.setattr(_english, "_REMEMBERED", 10)
    text = " ".join(f"w{i}." for i in range(50))
    first = _english.words(text)

    assert first == _english.words(text)
    assert 10 >= len(_english._memory)
