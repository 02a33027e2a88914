"""Readability by textstat's formulae, at values worked by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals._syllables import syllables
from core.signals.readability import Readability

TEXT = "The cat sat on the mat. It was a beautiful day, and nobody complained."
# 14 words and tokens, 2 sentences, 19 syllables, 2 words of three or more, 54 letters, 57 characters.


@pytest.mark.parametrize(
    ("expected", "column"),
    [
        (206.835 - 1.015 * 14 / 2 - 84.6 * 19 / 14, "flesch_reading_ease"),
        (0.39 * 14 / 2 + 11.8 * 19 / 14 - 15.59, "flesch_kincaid_grade"),
        (0.4 * (14 / 2 + 100 * 2 / 14), "gunning_fog"),
        (1.043 * math.sqrt(30 * 2 / 2) + 3.1291, "smog"),
        (5.8 * 54 / 14 - 29.6 * 2 / 14 - 15.8, "coleman_liau"),
        (4.71 * 57 / 14 + 0.5 * 14 / 2 - 21.43, "ari"),
    ],
)
def test_worked_by_hand(expected, column):
    """Each index follows from the counts of words, sentences, syllables and letters."""
    found = Readability().score([TEXT])[f"readability_{column}"][0]

    assert expected == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        (1, "make"), (1, "looked"), (2, "wanted"), (2, "table"), (2, "something"), (3, "beautiful"), (2, "didn't"),
        (1, "don't"), (3, "various"), (4, "society"), (2, "café"), (3, "idea"), (1, "the"), (1, "xkcd"),
        (4, "information"),
    ],
)  # fmt: skip
def test_syllables_of_words(expected, word):
    """The rule finds the spoken count of regular words, and at least one."""
    assert [expected] == syllables([word])


def test_short_stretches_are_no_sentences():
    """Initials and abbreviations end in full stops and yet end no sentence."""
    plain = Readability().score(["Mister Smith went to the old town again."])
    initials = Readability().score(["J. R. Smith went to the old town again."])

    assert plain["readability_smog"][0] == pytest.approx(initials["readability_smog"][0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "...",
        "敏捷的棕色狐狸跳过了懒狗。",
        "Быстрая лиса прыгает.",
        "שלום עולם",
        "\ud800\x00",
        "12 345",
        "\u0301\u0301",
    ],
)
def test_null_where_the_letters_are_not_latin(text):
    """Other scripts, and texts without letters, have no readability."""
    assert all(math.isnan(values[0]) for values in Readability().score([text]).values())


def test_the_share_of_latin_letters_is_a_setting():
    """A mixed text is judged where little Latin is asked for."""
    mixed = ["The fox прыгает через собаку."]

    assert math.isnan(Readability(min_latin=0.9).score(mixed)["readability_ari"][0])
    assert not math.isnan(Readability(min_latin=0.1).score(mixed)["readability_ari"][0])


@given(st.text(max_size=200))
def test_any_text_has_numbers_or_nulls_throughout(text):
    """Either all six are finite, or all six are null."""
    values = [column[0] for column in Readability().score([text]).values()]

    assert len({math.isfinite(value) for value in values}) == 1
    assert not any(map(math.isinf, values))


@given(st.lists(st.sampled_from(["a", "cat", "banana", "university"]), min_size=1, max_size=30))
def test_a_longer_sentence_is_harder(words):
    """The same words without the full stop between are never of a lower grade."""
    two = Readability().score([" ".join(words * 3) + ". " + " ".join(words * 3) + "."])
    one = Readability().score([" ".join(words * 6) + "."])

    assert one["readability_flesch_kincaid_grade"][0] >= two["readability_flesch_kincaid_grade"][0]
