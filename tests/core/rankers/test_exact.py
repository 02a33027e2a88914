"""The exact ranker counts a phrase."""

from types import SimpleNamespace

import pyarrow as pa

from core.rankers.exact import Exact

SHELF = SimpleNamespace(texts=lambda: iter([pa.array(["a.b", "axb", "A.B a.b"]), pa.array(["ÜBER über"])]))


def test_nothing_in_the_phrase_is_a_pattern():
    """A dot is a dot; the document that holds the phrase twice leads."""
    rows, scores = Exact().over(SHELF).rank("a.b", 5)

    assert (rows.tolist(), scores.tolist()) == ([2, 0], [2.0, 1.0])


def test_case_counts_where_asked():
    """Letter for letter also means case for case."""
    assert Exact(ignore_case=False).over(SHELF).rank("a.b", 5)[0].tolist() == [0, 2]
    assert Exact().over(SHELF).rank("über", 5)[1].tolist() == [2.0]
