"""Thresholds: a range's mask is its expression's, outcomes add up, the nearest are the nearest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.threshold import Among, Copies, Range, nearest, on_step, outcome, scale
from core.types import Document
from core.workspace import Workspace

NAN = float("nan")
VALUES = [0.1, 0.3, 0.7, 1e-05, 3.0, 0.0, NAN, 1e10, -2.5, 16777217.0]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A corpus with the same values as FLOAT, DOUBLE and, rounded, as INTEGER."""
    home = Workspace(tmp_path_factory.mktemp("threshold"))
    documents = [(Document(str(i), "x", "s"), 1) for i in range(len(VALUES))]
    made = home.write_corpus("c", documents, tokenizer="words")
    whole = np.nan_to_num(np.clip(VALUES, -1e6, 1e9)).astype(np.int32)
    values = {"single": np.array(VALUES, np.float32), "double": np.array(VALUES), "whole": whole}
    home.write_whole_column(made, home.column(made, "m", 1, {}, tuple(values), "quality"), values)
    return home, made


@pytest.mark.parametrize("column", ["single", "double", "whole"])
@pytest.mark.parametrize(
    "bound", [0.1, 0.3, 0.7, 1e-05, 3.0, 0.0, -2.5, 16777217.0, 1e10, 0.30000001192092896]
)
def test_mask_is_what_the_expression_gives(corpus, column, bound):
    """To the last bit, on the bound itself, whatever the column's type."""
    home, made = corpus
    kinds = dict(
        home.query(made, "SELECT column_name, column_type FROM (DESCRIBE documents)").to_pandas().values
    )
    sql = f'SELECT CAST("{column}" AS DOUBLE) AS v FROM documents ORDER BY row'
    values = home.query(made, sql)["v"].to_numpy()
    for rule in (
        Range(column, bound),
        Range(column, None, bound),
        Range(column, bound, bound),
        Range(column),
    ):
        assert home.keep_mask(made, rule.expression).tolist() == rule.mask(values, kinds[column]).tolist()


def test_rules_say_what_they_do():
    """In SQL, names and values quoted, and in words."""
    assert '"a""b" >= 1.0 AND "a""b" <= 2.0' == Range('a"b', 1.0, 2.0).expression
    assert "n at least 1 and at most 2" == Range("n", 1.0, 2.0).words
    assert "CAST(\"s\" AS VARCHAR) IN ('it''s')" == Among("s", ("it's",)).expression
    assert "false" == Among("s", ()).expression
    assert "s is one of 4" == Among("s", ("a", "b", "c", "d")).words
    assert "at most 2 of each group of copies" == Copies("g", 2).words


def test_outcome_counts_by_domain_and_warns():
    """A domain that loses more than half of its documents or tokens is named."""
    keep = np.array([True, False, True, True])
    found = outcome(keep, np.array([5, 9, 1, 2]), ["a", "b"], np.array([0, 0, 1, 1], np.int32))

    assert (3, 8) == (found.total.kept.documents, found.total.kept.tokens)
    assert (1, 9) == (found.domains["a"].dropped.documents, found.domains["a"].dropped.tokens)
    assert ["'a' would lose 1 of 2 documents and 9 of 14 tokens."] == list(found.warnings)


def test_nearest_lie_next_to_the_bound():
    """Ties in row order; rows without a value come last."""
    values = np.array([1.0, 5.0, 4.0, NAN, 6.0, 5.0])
    kept, dropped = nearest(values, values >= 5, (5.0,), 2)

    assert [1, 5] == kept.tolist()
    assert [2, 0] == dropped.tolist()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_scale_spans_the_values(values):
    """All values lie on it, but for a hundred thousandth of a step, and steps are few enough for a slider."""
    found = scale(np.array(values))

    assert found.least <= min(values) + found.step * 1e-5
    assert found.most >= max(values) - found.step * 1e-5
    assert 1 - 1e-6 <= (found.most - found.least) / found.step <= 1002


def test_scale_of_nothing_is_none_and_of_whole_numbers_whole():
    """No value, no scale."""
    assert scale(np.array([NAN])) is None
    assert 1.0 == scale(np.array([1.0, 2.0, 40.0])).step
    assert 0.3 == on_step(0.29, 0.1)
