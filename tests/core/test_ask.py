"""A person's SQL: what depends on chance is refused by what it is, and no error quotes a document."""

import pytest

from core.errors import BadInputError
from core.types import Document
from core.workspace import Workspace


@pytest.fixture
def corpus(tmp_path):
    """A corpus whose documents have fields named like functions."""
    home = Workspace(tmp_path)
    fields = {"random": 0.25, "current_date": "1968-05-03"}
    made = home.write_corpus("c", [(Document("a", "secret words", "web", fields), 2)], tokenizer="words")
    return home, made


@pytest.mark.parametrize("expression", ["random < 0.5", "current_date = '1968-05-03'"])
def test_a_field_named_like_a_function_is_a_field(corpus, expression):
    """It is the document's own value, the same each time."""
    home, made = corpus

    assert [True] == home.keep_mask(made, expression).tolist()


def test_a_field_frees_no_function_of_its_name(corpus):
    """Chance stays refused in a corpus that has such a field."""
    home, made = corpus

    with pytest.raises(BadInputError, match="another answer the next time"):
        home.keep_mask(made, "random() < 0.5")


def test_an_error_quotes_no_document(corpus):
    """A value that cannot be cast is told of by its kind alone."""
    home, made = corpus

    with pytest.raises(BadInputError) as raised:
        home.keep_mask(made, "text::INT > 3")
    assert "secret" not in str(raised.value)
    assert "TRY_CAST" in str(raised.value)


def test_an_aggregate_is_explained_as_one(corpus):
    """It is no unknown column."""
    home, made = corpus

    with pytest.raises(BadInputError, match="one value for all documents"):
        home.keep_mask(made, "count(*) > 1 AND row > 0")
