"""File names made of domains."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exporters._door import slugs


@given(st.sets(st.text(alphabet="aA/.-é\n x_0", max_size=8), max_size=12))
def test_names_are_safe_unique_and_stable(domains):
    """Whatever the domains are called."""
    found = slugs(domains)

    assert domains == set(found)
    assert len(domains) == len({name.lower() for name in found.values()})
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,70}", name) for name in found.values())
    assert found == slugs(sorted(domains, reverse=True))


@pytest.mark.parametrize(
    ("expected", "domain"),
    [
        ("gsm8k", "gsm8k"),
        ("books-moby-dick-[0-9a-f]{8}", "books/moby-dick"),
        ("domain-[0-9a-f]{8}", ".."),
        ("domain-[0-9a-f]{8}", ""),
        ("Con-[0-9a-f]{8}", "Con"),
        ("nul.txt-[0-9a-f]{8}", "nul.txt"),
        ("console", "console"),
        ("x{60}-[0-9a-f]{8}", "x" * 200),
    ],
)
def test_only_a_name_that_had_to_change_carries_a_hash(expected, domain):
    """Folders, dots alone, reserved and long names are changed."""
    assert re.fullmatch(expected, slugs([domain])[domain])


def test_names_that_differ_by_case_alone_both_carry_a_hash():
    """On some systems they would be one file."""
    found = slugs(["web", "WEB", "text"])

    assert found["text"] == "text"
    assert re.fullmatch("web-[0-9a-f]{8}", found["web"])
    assert re.fullmatch("WEB-[0-9a-f]{8}", found["WEB"])
