"""Gopher's quality rules: one text made for each reason, in the order of the rules."""

import pytest

from core.rulesets.gopher_quality import GopherQuality

GOOD = "the cat sat with an old friend and they ate some fish by the river that day . "


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD * 5, None),
        (GOOD, "gopher_short_doc"),
        (". " * 500 + GOOD, "gopher_short_doc"),
        ("the and to " * 40_000, "gopher_long_doc"),
        ("of to a b " * 50, "gopher_below_avg_threshold"),
        ("internationalisation the institutionalised " * 50, "gopher_above_avg_threshold"),
        (GOOD * 5 + "# " * 12, "gopher_too_many_hashes"),
        (GOOD * 5 + "... " * 12, "gopher_too_many_ellipsis"),
        (f"- {GOOD}\n" * 5, "gopher_too_many_bullets"),
        (f"  • {GOOD}\n" * 5, "gopher_too_many_bullets"),
        (f"{GOOD}…\n{GOOD}\n" * 5, "gopher_too_many_end_ellipsis"),
        (GOOD * 5 + "1234 " * 25, "gopher_below_alpha_threshold"),
        ("plain words without any common ones among them " * 9, "gopher_enough_stop_words"),
    ],
)
def test_reason(text, reason):
    """The first rule that a text breaks names the reason."""
    assert [reason] == GopherQuality().reasons([text])


def test_bounds_themselves_are_kept():
    """Exactly 50 words of a mean length of exactly 3 are within the bounds."""
    assert [None] == GopherQuality().reasons(["the and " * 25])
    assert ["gopher_short_doc"] == GopherQuality().reasons(["the and " * 24 + "the"])


def test_settings_move_and_switch_off_rules():
    """A threshold may be another, None or 0; stop words may be of another language."""
    assert [None] == GopherQuality(min_doc_words=5).reasons([GOOD])
    assert [None] == GopherQuality(min_doc_words=None).reasons([GOOD])
    assert [None] == GopherQuality(min_doc_words=0).reasons([GOOD])
    assert ["gopher_enough_stop_words"] == GopherQuality(stop_words="der die das").reasons([GOOD * 5])


def test_a_text_without_words_is_judged_where_no_minimum_is_set():
    """Nothing is divided by nothing."""
    rules = GopherQuality(min_doc_words=None, max_non_alpha_words_ratio=None, min_stop_words=None)

    assert [None, None] == rules.reasons(["", " \n"])
