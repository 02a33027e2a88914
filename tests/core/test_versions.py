"""What a saved mixture was before: kept, listed, and brought back."""

import pytest

from core.errors import NotFoundError
from core.types import Budget
from core.versions import restore, version, versions
from core.workspace import Workspace
from tests.core.small_corpus import mixture


@pytest.fixture
def home(tmp_path):
    """The mixture `m`, saved with budgets 1, 2 and 3."""
    home = Workspace(tmp_path / "ws")
    for tokens in (1, 2, 2, 3):
        home.save_mixture(mixture(budget=Budget(tokens=tokens)))
    return home


def test_each_saving_that_changes_something_keeps_what_was_there(home):
    """The latest first; saving the same again makes no version."""
    assert [(2, 2), (1, 1)] == [(one.number, one.mixture.budget.tokens) for one in versions(home, "m")]
    assert [1, 2] == [version(home, "m", number).budget.tokens for number in (1, 2)]


def test_a_version_is_brought_back_and_nothing_is_lost(home):
    """What stood under the name becomes a version itself."""
    restore(home, "m", 1)

    assert (1, [3, 2, 1]) == (
        home.mixture("m").budget.tokens,
        [one.mixture.budget.tokens for one in versions(home, "m")],
    )


def test_what_is_not_there_is_named(home):
    """Neither a version nor a mixture is made up."""
    with pytest.raises(NotFoundError, match="m@7: no such version; there are: 1, 2"):
        version(home, "m", 7)
    with pytest.raises(NotFoundError, match="no such mixture in this workspace; there are: m"):
        versions(home, "nope")
