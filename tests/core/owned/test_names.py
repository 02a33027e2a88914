"""What an own column may be called, and what becomes of one when another takes its name."""

import pytest

from core import own
from core.errors import BadInputError, MixdeskError
from core.owned.python_file import OwnSignalError
from tests.core.owned.columns import added, scores, values


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text", "the documents came with"),
        ("content_hash", "the documents came with"),
        ("stars", "the documents came with"),  # SQL takes "Stars" and "stars" for one
        ("word_count", "Mixdesk makes a column of this name itself"),
        ("cluster", "Mixdesk makes a column of this name itself"),
        ("gopher_reason", "Mixdesk makes a column of this name itself"),
        ("order", "SQL keeps this word"),
        ("left", "SQL keeps this word"),
        ("random", "SQL keeps this word"),
        ("current_date", "SQL keeps this word"),
        ("Quality", "1 to 60 small letters"),
        ("1st", "1 to 60 small letters"),
        ("a-b", "1 to 60 small letters"),
        ('a"b', "1 to 60 small letters"),
        ("a\n", "1 to 60 small letters"),
        ("a" * 61, "1 to 60 small letters"),
    ],
)
def test_a_name_is_free_and_plain(workspace, name, words):
    """By each of the three ways."""
    with pytest.raises(BadInputError, match=words):
        own.add_sql(workspace, "c", "tokens + 1", name)
    with pytest.raises(BadInputError, match=words):
        added(workspace, f"def score(texts): return {{{name!r}: texts}}")


def test_every_free_name_can_be_asked_for(workspace):
    """Letters, digits and underscores; the longest name too."""
    for name in ("a", "x_1", "a" * 60, "quality", "value"):
        own.add_sql(workspace, "c", "tokens + 1", name)

        assert 3 == workspace.keep_mask(workspace.corpus("c"), f"{name} > 0").sum()


def test_another_definition_of_a_name_replaces_and_says_so(workspace, tmp_path):
    """Whichever way it comes, and back again."""
    path = scores(tmp_path, {"id": ["d0"], "sig": [5]})
    added(workspace, "def score(texts): return [1] * len(texts)")
    told = [
        own.add_parquet(workspace, "c", path, "sig")["replaced"],
        own.add_parquet(workspace, "c", path, "sig")["replaced"],
        own.add_sql(workspace, "c", "tokens", "sig")["replaced"],
    ]

    assert [["sig"], [], ["sig"]] == told
    assert [2, 0, 3] == values(workspace, "sig")


def test_failures_are_errors_of_ours():
    """A command ends with status 1 and one line."""
    assert issubclass(OwnSignalError, MixdeskError)
    assert 1 == OwnSignalError.exit_status
