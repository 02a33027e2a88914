"""C4's rules: which lines are good, what drops a text, and what the next rule set sees."""

import pytest

from core.rulesets._page import Page
from core.rulesets.c4 import C4

GOOD = "This is one good line. It has two sentences."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n".join([GOOD] * 3), None),
        ("\n".join([GOOD] * 2), "too_few_sentences"),
        ("", "too_few_sentences"),
        ("\n".join([GOOD] * 3 + ["Lorem IPSUM dolor sit amet."]), "lorem_ipsum"),
        ("\n".join([GOOD] * 3 + ["Lorem ipsum without an end"]), None),
        ("\n".join([GOOD] * 3 + ["if (x) { y = 1; }."]), "curly_bracket"),
        ("\n".join([GOOD] * 3 + ["if (x) { y = 1; }"]), None),
    ],
)
def test_reason(text, reason):
    """Only a line that got that far can drop the text."""
    assert [reason] == C4().reasons([text])


@pytest.mark.parametrize(
    "line",
    [
        "It holds " + "w" * 1001 + " here.",
        "It has no end",
        "It trails off...",
        "Too short.",
        "Please switch JavaScript on.",
        "This site uses cookies to work.",
        "Read our Privacy Policy with care.",
    ],
)
def test_bad_lines_are_left_out(line):
    """A bad line goes; the good lines around it stay."""
    text = "\n".join([GOOD, line, GOOD, GOOD])

    assert "\n".join([GOOD] * 3) == C4().cleaned(text)


def test_citations_go_before_the_end_of_a_line_is_looked_at():
    """A line that ends in a citation ends in the mark before it."""
    assert "\n".join([GOOD] * 3) == C4().cleaned("\n".join([GOOD + "[12]", GOOD + "[edit]", GOOD]))


def test_the_next_rule_set_sees_the_good_lines():
    """The page itself where nothing changed, and a new one where something did."""
    whole, mixed = Page("\n".join([GOOD] * 3)), Page("\n".join([GOOD, "menu", GOOD, GOOD]))

    assert C4().passed_on(whole) is whole
    assert whole.text == C4().passed_on(mixed).text


def test_settings():
    """Numbers are switched off by -1, rules by false; sentences may take the place of lines."""
    one = "One sentence is here. Two is here. No end to this"

    assert [None] == C4(min_num_sentences=-1).reasons(["menu"])
    assert [None] == C4(filter_curly_bracket=False).reasons(["\n".join([GOOD] * 3 + ["a { b c."])])
    assert "One sentence is here. Two is here." == C4(split_paragraph=False).cleaned(one)
    assert one == C4(filter_no_terminal_punct=False).cleaned(one)
