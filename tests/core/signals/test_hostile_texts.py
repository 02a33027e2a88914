"""Texts made to hurt: a value or a null, in time that grows with their length alone."""

import math
import time

import pytest

from core.signals import SIGNALS

NEW = ["readability", "encoding_damage", "mathematics", "list_table", "text_age"]
SIZE = 200_000
LIMIT = 30  # seconds of the processor: linear time takes a few of them, squared time hours
UNITS = [
    "word ", "x", "a1", "1a", "Ã©", "é\u00a0», ", "a b ", "|-", "| ", "a,b,", "a\tb\t", "a  ", "-", "1987 ",
    "in 1987-", "(1987", "1987", "(a", "Mr. ", "'", "'s", "!?", "e", "e\u0301", "\u0301", "\ud800", "\x00",
    "שלום ", "a\n", "$a=", "\\(", "a|", "1.",
]  # fmt: skip


@pytest.mark.parametrize("name", NEW)
def test_repeated_units_take_linear_time(name):
    """Long texts of any one thing take bounded time, and give finite values or nulls."""
    brick = SIGNALS[name]()
    for unit in UNITS:
        began = time.process_time()
        found = brick.score([unit * (SIZE // len(unit))])

        assert time.process_time() - began < LIMIT, unit
        assert not any(math.isinf(values[0]) for values in found.values()), unit


@pytest.mark.parametrize("name", NEW)
def test_a_line_of_five_megabytes(name):
    """One line without end is judged in bounded time."""
    began = time.process_time()
    found = SIGNALS[name]().score(["The quick brown fox, in 1987, has $2 = 2$ tails; " * 100_000])

    assert time.process_time() - began < LIMIT
    assert not any(math.isnan(values[0]) for values in found.values())
