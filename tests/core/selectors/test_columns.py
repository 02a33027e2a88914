"""How selectors read groups, trajectories and labels."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors._columns import groups_of, matrix_of, names_of, phrases_of


def test_groups_are_numbered_by_their_values():
    """Noise, and what has no value, are groups of their own."""
    assert ([1, 0, 2, 1], 3) == listed(groups_of({"c": np.array([0, -1, 5, 0])}, "c"))
    assert ([1, 0, 2, 0], 3) == listed(groups_of({"c": np.array(["a", None, "b", None], dtype=object)}, "c"))
    assert ([0, 1, 1], 2) == listed(groups_of({"c": np.array([1.0, np.nan, np.nan])}, "c"))


def listed(found):
    return found[0].tolist(), found[1]


def test_a_trajectory_is_a_list_or_several_columns():
    """What a list lacks is NaN, and so is a list that is not there."""
    lists = np.array([np.array([1.0, 2.0]), None, np.array([3.0])], dtype=object)
    columns = {"losses": lists, "last": np.array([7.0, 8.0, 9.0])}

    np.testing.assert_array_equal(
        [[1, 2, 7], [np.nan, np.nan, 8], [3, np.nan, 9]], matrix_of(columns, "losses, last")
    )


@pytest.mark.parametrize("values", [["x", "y"], [["a"], ["b", "c"]]], ids=["text", "lists of text"])
def test_text_is_no_trajectory(values):
    """The error names the column."""
    column = np.empty(2, dtype=object)
    column[0], column[1] = values

    with pytest.raises(BadInputError, match="losses: a score column holds numbers"):
        matrix_of({"losses": column}, "losses")


def test_no_column_is_no_trajectory():
    """Commas alone name nothing."""
    assert () == names_of(" , ")
    with pytest.raises(BadInputError, match="name them"):
        matrix_of({}, ",")


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (["a b", "c"], " a  b ; c;; a b"),
        (["x", "y"], np.array(["x", "y", "x"], dtype=object)),
        ([], None),
        ([], float("nan")),
    ],
)
def test_labels_are_parts_of_text_or_members_of_a_list(expected, value):
    """Each once, in their order, without spare spaces."""
    assert expected == phrases_of(value)
