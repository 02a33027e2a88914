"""Deduplication keeps the longest of a group, by source or across, and sounds an alarm."""

import numpy as np
import pytest

from core.dedup import dedup, duplicates
from core.errors import BadInputError, NotFoundError
from core.types import Document
from core.workspace import Workspace


def prose(seed, size=80):
    return " ".join(np.random.default_rng(seed).choice([f"word{i}" for i in range(900)], size=size))


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    texts = [
        (prose(0), "web"),
        (prose(0) + " and a little more", "web"),
        (prose(1), "web"),
        (prose(1), "books"),
        (prose(2), "books"),
        (prose(0), "books"),
    ]
    home.write_corpus("c", [(Document(f"d{i}", t, s), 1) for i, (t, s) in enumerate(texts)])
    return home


def columns(workspace, suffix=""):
    names = ["duplicate_group" + suffix, "is_duplicate" + suffix]
    found = workspace.read(workspace.corpus("c"), names)
    return [found[name].to_pylist() for name in names]


def test_global_scope_compares_across_sources(workspace):
    """Groups are named by their first row; the longest text survives, else the first."""
    result = dedup(workspace, "c", "minhash", "global")

    assert columns(workspace) == [[0, 0, 2, 2, 4, 0], [True, False, False, True, False, True]]
    assert (result["groups"], result["duplicates"]) == (2, 3)
    assert result["share_by_domain"] == {"web": 1 / 3, "books": 2 / 3}
    assert result["largest_group"] == {"row": 0, "members": 3}
    assert result == workspace.report(workspace.corpus("c"), "duplicates")


def test_local_scope_stays_inside_a_source(workspace):
    """Copies in another source do not count, and the columns have names of their own."""
    result = dedup(workspace, "c", "minhash", "local")

    assert columns(workspace, "_local") == [[0, 0, 2, 3, 4, 5], [True] + [False] * 5]
    assert result["duplicates"] == 1


def test_the_last_method_asked_for_is_current(workspace):
    """Going back to a method that was run before shows its columns again, at no cost."""
    first = dedup(workspace, "c", "minhash")
    exact = dedup(workspace, "c", "exact")
    again = dedup(workspace, "c", "minhash")

    assert exact["duplicates"] == 2
    assert first == again
    assert sum(columns(workspace)[1]) == 3


def test_a_source_wiped_out_raises_an_alarm(tmp_path):
    """So does a group of suspicious size."""
    home = Workspace(tmp_path)
    texts = [("notice of the terms of use for all of us", "legal")] * 60 + [
        (prose(i), "web") for i in range(40)
    ]
    home.write_corpus("c", [(Document(f"d{i}", t, s), 1) for i, (t, s) in enumerate(texts)])
    alarms = dedup(home, "c")["alarms"]

    assert [
        " ".join(a.split()[: len(e.split())]) for a, e in zip(alarms, ["1 2 3 4", "1 2 3 4 5"], strict=True)
    ] == ["legal would lose 98.3%", "the largest group has 60"]


@pytest.mark.parametrize(
    ("error", "arguments"),
    [(NotFoundError, ("guess",)), (BadInputError, ("exact", "nearby")), (NotFoundError, ("semantic",))],
    ids=["method", "scope", "no embedding"],
)
def test_bad_input(workspace, error, arguments):
    """An unknown method or scope, or a missing embedding, is the person's error."""
    with pytest.raises(error):
        dedup(workspace, "c", *arguments)


def test_all_but_one_of_a_group_are_duplicates():
    """The largest stays, the first among equals."""
    mask = duplicates(np.array([0, 0, 0, 3, 4, 4]), np.array([5, 9, 9, 1, 2, 2]))

    assert mask.tolist() == [True, False, True, False, False, True]
