"""The plain signals at values that can be counted by eye."""

import numpy as np
import pytest

from core import bricks
from core.errors import BadInputError
from core.signals import SIGNALS


def value(signal, column, text):
    return bricks.make(SIGNALS, signal).score([text])[column][0]


@pytest.mark.parametrize(
    ("expected", "signal", "column", "text"),
    [
        (9, "lengths", "char_count", "ab cd\n\nef"),
        (3, "lengths", "word_count", "ab cd\n\nef"),
        (2, "lengths", "line_count", "ab cd\n\nef"),
        (3.5, "lengths", "mean_line_length", "ab cd\n\nef"),
        (0.5, "line_shapes", "terminal_punctuation_share", "A sentence.\nA title"),
        (0.75, "line_shapes", "bullet_line_share", "- a\n* b\n• c\nd"),
        (1 / 3, "line_shapes", "duplicate_line_share", "a\na\nb"),
        (0.5, "characters", "digit_share", "ab 12"),
        (0.25, "characters", "uppercase_share", "Abcd"),
        (0.5, "characters", "replacement_share", "a\ufffd"),
        (1.0, "code_share", "code_share", "import os\nx = 1\nreturn x"),
        (0.0, "code_share", "code_share", "It was the best of times, it was the worst of times."),
        (0.7, "code_share", "markup_share", "<b>abc</b>"),
        (2 / 4, "rps_content", "rps_doc_curly_bracket", "{ab}"),
        (0.5, "rps_content", "rps_doc_frac_lines_end_with_ellipsis", "Read more...\nNo more."),
        (round(1 / 11, 8), "rps_content", "rps_doc_lorem_ipsum", "Lorem, ipsum!"),
    ],
)
def test_counted_by_eye(expected, signal, column, text):
    """Each value is what its name says."""
    assert expected == pytest.approx(value(signal, column, text), abs=1e-12)


def test_boilerplate_compresses_better_than_noise():
    """Repetition scores near 0, random characters near 1."""
    noise = "".join(map(chr, np.random.default_rng(0).integers(33, 127, 3000)))

    assert value("compression_ratio", "compression_ratio", "all rights reserved. " * 200) < 0.05
    assert value("compression_ratio", "compression_ratio", noise) > 0.75


@pytest.mark.parametrize(
    ("message", "signal", "setting", "value"),
    [
        ("compression_ratio.level = 99: is from 1 to 9; set 6", "compression_ratio", "level", "99"),
        ("line_shapes.short_line = 0: is at least 1", "line_shapes", "short_line", "0"),
        ("language.max_chars = -5: is at least 1", "language", "max_chars", "-5"),
        ("readability.min_latin = inf: is from 0 to 1", "readability", "min_latin", "inf"),
        ("text_age.last_year = 99: is 1500 or later", "text_age", "last_year", "99"),
        ("importance.min_words = -1: is at least 0", "importance", "min_words", "-1"),
        ("max_other_language = nan: is a confidence", "toxicity", "max_other_language", "nan"),
        ("max_other_language = -1.0: is a confidence", "toxicity_dimensions", "max_other_language", "-1"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(message, signal, setting, value):
    """The value, the rule and the remedy are named before any text is scored."""
    with pytest.raises(BadInputError, match=message):
        bricks.make(SIGNALS, signal, {setting: value})
