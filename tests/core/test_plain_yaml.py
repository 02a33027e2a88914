"""A person's YAML: keys are what is written, and each stands once."""

import pytest

from core.errors import BadInputError
from core.plain_yaml import read


def test_a_key_is_what_is_written():
    """Names of domains that YAML would take for something else stay names, in JSON, too; values are read as ever."""
    expected = {"no": False, "2020": 2020, "0": 0.5, "~": None}

    assert expected == read("{no: no, 2020: 2020, 0: 0.5, ~: ~}", "spec.yaml")
    assert {"a": [{"1": 2}]} == read('{"a": [{"1": 2}]}', "spec.json")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (
            "spec.yaml: web: stands twice, again in line 3; keep one of the two",
            "weights:\n  web: 0.1\n  web: 1.0",
        ),
        ("spec.yaml: 1: stands twice, again in line 1", "{1: a, '1': b}"),
        ("not YAML (nested too deep)", "[" * 600),
        ("not YAML (month must be in 1..12)", "day: 2024-13-01"),
        ("not YAML (unacceptable character", "a: \0"),
        ("not YAML (found unconstructable recursive node", "a: &a {b: *a}"),
        ("not YAML (a key is no list and no map", "? [a]\n: b"),
        ("not YAML (could not determine a constructor", "!!python/object:os.system a"),
    ],
)
def test_what_is_no_map_of_names_is_said_in_a_line(expected, text):
    """Whatever the reader trips over, it is the person's input that is named."""
    with pytest.raises(BadInputError) as caught:
        read(text, "spec.yaml")

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_is_nothing():
    """An empty document holds no value."""
    assert read("", "spec.yaml") is None
