"""Years are counted in their company; other numbers of four digits are not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals.text_age import TextAge


def age(text, **settings):
    return tuple(values[0] for values in TextAge(**settings).score([text]).values())


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ([1968], "It began in 1968."),
        ([1968], "In 1968 he was elected"),
        ([1968], "on May 3, 1968, in Paris"),
        ([1968], "on 3 May 1968"),
        ([1968], "Updated 1968-05-03T10:00"),
        ([1968], "Stand: 03.05.1968"),
        ([1968], "05/03/1968"),
        ([1968], "© 1968 Smith"),
        ([1968], "(Smith, 1968)"),
        ([1968], "Smith et al. (1968a) found"),
        ([1960], "music of the 1960s"),
        ([1914], "the war of 1914-18"),
        ([1939, 1945], "Churchill (1939–1945) led"),
        ([1999, 2001], "since 1999, and until 2001"),
        ([1789], "the year 1789"),
        ([1588], "circa 1588 the fleet"),
        ([], "page 1987, pp. 1970-1990"),
        ([], "port 2000, version 2019, Windows 2000"),
        ([], "localhost:2049 and v1.2000.3 and 192.168.1999.1"),
        ([], "$1999 and £1850 and 1,987 and 1987.5 and 1987,50"),
        ([], "an army of 1500 men, by 1600 soldiers, in 2000 feet, of 1800 rpm"),
        ([], "tel. 555-1987 or 1990-555-1234, id 20011987, #1987"),
        ([], "http://a.com/1987/x_1988.html"),
        ([], "in 1499 and in 2099 and in 1066"),
        ([], "1987"),
        ([], "1987people in20021"),
    ],
)
def test_years_in_their_company(expected, text):
    """Dates, citations, spans and prepositions tell years; labels, units and signs tell numbers."""
    count, _, latest = age(text)

    assert len(expected) == count
    assert max(expected) == latest if expected else math.isnan(latest)


def test_median_and_latest():
    """The median is over all mentions; of an even number the mean of the middle two."""
    assert (3, 1970, 2001) == age("in 1914, in 1970, in 2001.")
    assert (2, 1960, 1970) == age("in 1950, in 1970.")


def test_the_last_year_is_a_setting():
    """Later years are no years, whatever the clock says."""
    assert 1 == age("in 1990, in 2024.", last_year=2000)[0]
    assert 1990 == age("in 1990, in 2024.", last_year=2000)[2]


@given(st.integers(1500, 2030), st.sampled_from(["in {}.", "({})", "© {}", "May {}", "{}-01-31"]))
def test_every_year_in_range_is_found(year, frame):
    """The same company tells any year."""
    assert (1, year, year) == age(frame.format(year))


@given(st.text(st.sampled_from("in 1920().-/s,p"), max_size=60) | st.text(max_size=60))
def test_years_lie_in_their_bounds(text):
    """Counts are whole, and years in range or null."""
    count, middle, latest = age(text)

    assert count >= 0
    assert (count == 0 and math.isnan(middle) and math.isnan(latest)) or 1500 <= middle <= latest <= 2030


@given(st.lists(st.sampled_from(["in 1950.", "Prose.", "(1987)", "page 1999"]), max_size=10))
def test_another_line_never_lowers_the_count(lines):
    """What is named stays named."""
    assert age("\n".join(lines))[0] <= age("\n".join([*lines, "Another in 1960."]))[0]
