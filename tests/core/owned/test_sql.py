"""A column from a SQL expression over others, by the rules of filters."""

import pytest

from core import own
from core.errors import BadInputError
from tests.core.owned.columns import SECRET, added, values


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("tokens / length(text)", [2 / 18, None, 3 / 17]),
        ("1 / tokens", [0.5, None, 1 / 3]),
        ("tokens > 1;", [True, False, True]),
        ("CASE WHEN tokens > 2 THEN 'long' END -- a remark", [None, None, "long"]),
        ("tokens * 0.5", [1.0, 0.0, 1.5]),
        ("sum(tokens) OVER (ORDER BY row)", [2.0, 2.0, 5.0]),
        ("tokens - (SELECT max(tokens) FROM documents)", [-1, -3, 0]),
        ("documents.tokens + Stars", [2, 1, 5]),
        ("lang::ENUM('en')", ["en", "en", "en"]),
    ],
)
def test_an_expression_becomes_a_column(workspace, expression, expected):
    """One value a document; what is not finite is null."""
    result = own.add_sql(workspace, "c", expression, "made")

    assert expected == values(workspace, "made")
    assert {"made": expected.count(None)} == result["nulls"]
    assert [] == own.add_sql(workspace, "c", expression, "made")["replaced"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "1 to 4000 characters"),
        ("1; DROP VIEW documents", "Parser Error|only one SELECT"),
        ("1, 2", "gives struct"),
        ("1) AS a, (2", "not one boolean expression"),
        ("1 FROM documents", "Parser Error"),
        ("1) FROM documents d, (SELECT 2", "."),
        ("count(*)", "gives one value for all documents, not one for each; add OVER"),
        ("random()", "may give another answer"),
        ("tokens + random()", "may give another answer"),
        ("length(current_date::TEXT)", "may give another answer"),
        ("row_number() OVER ()", "may give another answer"),
        ("(SELECT text FROM documents LIMIT 1)", "may give another answer"),
        ("(SELECT content FROM read_text('/etc/hostname'))", "Permission Error|disabled"),
        ("(SELECT count(*) FROM '/etc/*.csv')", "Permission Error|disabled|Error"),
        ("[tokens, 1]", "gives list"),
        ("{'a': tokens}", "gives struct"),
        ("DATE '2020-01-01'", "gives date32"),
        ("NULL", "gives null"),
        ("tokenz + 1", "no column 'tokenz'; did you mean tokens"),
        ("made + 1", "no column 'made'"),
        ("text::INTEGER", "Conversion Error, for some document's value"),
    ],
)
def test_what_is_no_expression_is_refused(workspace, expression, words):
    """By the door that filters pass, and nothing is left behind."""
    with pytest.raises(BadInputError, match=words) as caught:
        own.add_sql(workspace, "c", expression, "made")

    assert SECRET not in str(caught.value)
    assert [] == workspace.columns(workspace.corpus("c"))


def test_an_expression_is_signed_by_what_it_reads(workspace):
    """Another version of a column that it reads makes another column; one that it does not read, none."""
    added(workspace, "def score(texts): return [1] * len(texts)")
    own.add_sql(workspace, "c", "tokens", "other")
    own.add_sql(workspace, "c", '"SIG" * 10', "made")
    added(workspace, "def score(texts): return [2] * len(texts)")
    after = own.add_sql(workspace, "c", '"SIG" * 10', "made")
    own.add_sql(workspace, "c", "tokens + 1", "other")

    assert ["made"] == after["replaced"]
    assert [20, 20, 20] == values(workspace, "made")
    assert [] == own.add_sql(workspace, "c", '"SIG" * 10', "made")["replaced"]


def test_a_column_does_not_read_itself(workspace):
    """For it would change each time."""
    own.add_sql(workspace, "c", "tokens", "made")
    with pytest.raises(BadInputError, match="reads 'made', the column that it would make"):
        own.add_sql(workspace, "c", "made + 1", "made")
