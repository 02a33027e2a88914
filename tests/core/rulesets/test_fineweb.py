"""FineWeb's own rules: one text made for each reason."""

import pytest

from core.rulesets.fineweb import FineWeb

LINE = "This line, number {}, is long enough and ends in a full stop."
GOOD = "\n".join(LINE.format(i) for i in range(8))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD, None),
        ("", "empty"),
        (" \n\t\n", "empty"),
        (GOOD.replace(".", " and more"), "line_punct_ratio"),
        (GOOD.replace(".", ". "), "line_punct_ratio"),
        (GOOD + "\nshort" * 20 + ".", "short_line_ratio"),
        (GOOD + "\n" + LINE.format(1), "char_dup_ratio"),
        ("\n\n\n\n".join(f"Word{i}wordwordwordwordwordwordword." for i in range(8)), "list_ratio"),
    ],
)
def test_reason(text, reason):
    """The first rule that a text breaks names the reason."""
    assert [reason] == FineWeb().reasons([text])


def test_no_line_in_a_hundred_may_be_let_through():
    """A text none of whose lines ends in a mark passes where that is asked for."""
    text = GOOD.replace(".", " and more")

    assert [None] == FineWeb(line_punct_exclude_zero=True).reasons([text])


def test_marks_of_all_scripts_end_a_line_unless_others_are_given():
    """The Devanagari danda is one of them; a colon is not."""
    text = GOOD.replace(".", "।")

    assert [None] == FineWeb().reasons([text])
    assert ["line_punct_ratio"] == FineWeb(stop_chars=".!?").reasons([text])
    assert [None] == FineWeb(stop_chars=":").reasons([GOOD.replace(".", ":")])
