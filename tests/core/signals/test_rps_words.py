"""RedPajama-V2's word signals at values worked by hand from the reference's definitions."""

import math

import pytest

from core.signals.rps_words import RpsWords

TEXT = "The cat sat. The CAT... ran #1!"


def value(column, text=TEXT):
    return RpsWords().score([text])[f"rps_doc_{column}"][0]


@pytest.mark.parametrize(
    ("expected", "column"),
    [
        (7, "word_count"),  # the cat sat the cat ran 1
        (round(19 / 7, 8), "mean_word_length"),
        (3, "num_sentences"),  # "The cat sat." · "The CAT..." · "ran #1!"
        (round(2 / 11, 8), "symbol_to_word_ratio"),  # one # and one ... over 11 raw words
        (round(1 - 6 / 11, 8), "frac_no_alph_words"),
        (round(5 / 7, 8), "frac_unique_words"),
        (round(1 / 11, 8), "frac_all_caps_words"),
    ],
)
def test_hand_worked_values(expected, column):
    """Each signal follows its definition to 8 decimals."""
    assert expected == value(column)


def test_entropy_of_even_words_is_the_logarithm():
    """Four different words have an entropy of ln 4."""
    assert round(math.log(4), 8) == value("unigram_entropy", "one two three four")


def test_no_words_no_fractions():
    """Punctuation alone has raw words but no normalised ones."""
    assert value("word_count", "!!!") == 0
    assert math.isnan(value("mean_word_length", "!!!"))
    assert value("frac_no_alph_words", "!!!") == 1.0
