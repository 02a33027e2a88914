"""List items and table rows are told from prose."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.list_table import ListTable


def shares(text):
    return tuple(values[0] for values in ListTable().score([text]).values())


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ((1.0, 0.0), "- one\n* two\n• three\n1. four\n12) five\n(a) six\niv) seven"),
        ((0.5, 0.0), "Things to buy:\n- bread"),
        ((0.0, 0.0), "-5 degrees\n1.5 litres\nA. Smith came\n**bold** words\n1984 was cold"),
        ((0.0, 1.0), "| a | b |\n|---|---|\n| 1 | 2 |"),
        ((0.0, 1.0), "a | b\n--- | ---\nc | d | e".replace("a | b\n", "a | b | c\n")),
        ((0.0, 1.0), "+----+----+\n| ab | cd |\n+----+----+"),
        ((0.0, 1.0), "name\tage\ttown\nAnn\t31\tBonn\nBob\t27\tRome"),
        ((0.0, 1.0), "name,age,town\nAnn,31,Bonn\nBob,27,Rome"),
        ((0.0, 1.0), "name   age   town\nAnn    31    Bonn\nBob    27    Rome"),
        ((0.0, 0.0), "name,age,town\nAnn,31,Bonn"),
        (
            (0.0, 0.0),
            "Ann came, saw the whole of the town, and went home again in the evening of that day.\n" * 4,
        ),
        ((0.0, 0.0), "-----\nA rule is no table\n====="),
        ((0.25, 0.75), "- item\n1,2,3\n4,5,6\n7,8,9"),
    ],
)
def test_counted_by_eye(expected, text):
    """Shares are of the lines that are not blank: items first, rows second."""
    assert expected == shares(text)


def test_blank_is_null():
    """There is no line to take a share of."""
    assert all(map(math.isnan, shares("\n \n")))


@given(
    st.lists(st.sampled_from(["- item", "1,2,3", "prose", "a | b | c", "x\ty\tz", "", "|---|"]), max_size=20)
)
def test_items_and_rows_are_parts_of_the_lines(lines):
    """The two shares add up to 1 at most, and blank lines change neither."""
    found = shares("\n".join(lines))
    spaced = shares("\n\n".join(lines))

    assert found == pytest.approx(spaced, nan_ok=True)
    assert sum(found) <= 1 or not any(lines)


@given(st.lists(st.sampled_from(["- item", "1,2,3", "prose", "a | b | c"]), min_size=1, max_size=20))
def test_one_more_item_never_lowers_the_number_of_items(lines):
    """Items are counted line by line."""
    before = shares("\n".join(lines))[0] * len(lines)
    after = shares("\n".join([*lines, "- item"]))[0] * (len(lines) + 1)

    assert after == pytest.approx(before + 1)
