"""What quality costs in variety."""

import numpy as np
import pytest

from core.diversity import diversity
from core.errors import BadInputError
from core.tradeoff import SHARES, by_part, selector_curve, threshold_curve
from core.types import Document
from core.workspace import Workspace

NUM = 400


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The better a document, the fewer its cluster's siblings: quality above 0.75 is of one kind."""
    home = Workspace(tmp_path_factory.mktemp("ws"))
    rng = np.random.default_rng(0)
    quality = np.arange(NUM) / NUM
    words = [f"word{i}" for i in range(3000)]
    texts = [" ".join(rng.choice(words, size=60)) for _ in range(NUM)]
    texts[3 * NUM // 4 :] = [" ".join(words[:60])] * (NUM // 4)
    fields = [{"quality": float(q) if i else None, "label": "x"} for i, q in enumerate(quality)]
    rows = zip(texts, fields, strict=True)
    corpus = home.write_corpus(
        "c", [(Document(f"d{i}", t, "ab"[i % 2], f), 60) for i, (t, f) in enumerate(rows)]
    )
    kinds = np.where(quality < 0.75, np.arange(NUM) % 8, 7)
    for kind, values in {
        "vectors": {"vector": np.eye(8, dtype=np.float32)[kinds]},
        "cluster": {"cluster": kinds.astype(np.int32)},
    }.items():
        home.write_whole_column(corpus, home.column(corpus, "test", 1, {}, tuple(values), kind), values)
    return home


def test_the_best_are_of_one_kind_and_the_curve_says_so(workspace):
    """As the threshold rises, so does quality, and variety falls to one kind."""
    curve = threshold_curve(workspace, "c", "quality", repeats=5)
    points = curve["points"]
    last = points[-1]

    assert [None, *sorted(p["threshold"] for p in points[1:])] == [p["threshold"] for p in points]
    assert [NUM, *(round(share * (NUM - 1)) for share in SHARES)] == [p["documents"] for p in points]
    means = [p["quality"]["value"] for p in points]
    assert means == sorted(means)
    assert last["metrics"]["effective_clusters"]["value"] == pytest.approx(1)
    assert last["metrics"]["vendi_score"]["value"] == pytest.approx(1)
    assert points[4]["price"]["vendi_score"] < -0.4
    assert {None} == set(last["price"].values())  # too few documents to compare
    assert {0.0} == set(points[0]["price"].values())


def test_points_are_compared_on_one_size(workspace):
    """Every point that holds as many has samples of the common size; fewer are flagged."""
    points = threshold_curve(workspace, "c", "quality", repeats=3)["points"]
    found = [(p["documents"], p["metrics"]["vendi_score"]) for p in points]

    assert {140} == {one["n"] for documents, one in found if documents >= 100}
    assert all(one["small"] and one["n"] == documents for documents, one in found if documents < 100)


def test_a_threshold_from_above_keeps_the_variety(workspace):
    """The worse three quarters hold all kinds evenly: they are more varied than the whole."""
    points = threshold_curve(workspace, "c", "quality", side="at most", repeats=3)["points"]

    assert points[3]["documents"] == round(0.5 * (NUM - 1))
    assert points[3]["price"]["effective_clusters"] > 0
    assert points[3]["quality"]["value"] < points[0]["quality"]["value"]


def test_quality_may_be_another_column(workspace):
    """What is filtered by and what is judged by need not be the same."""
    curve = threshold_curve(workspace, "c", "tokens", quality="quality", repeats=2)

    assert ("tokens", "quality") == (curve["column"], curve["quality"])
    assert curve["points"][0]["quality"]["value"] == pytest.approx(np.arange(1, NUM).mean() / NUM)


def test_a_random_choice_costs_nothing_and_the_best_do(workspace):
    """Beside the same curve of `random`, `top_k` shows its price."""
    best = selector_curve(workspace, "c", "top_k", {"column": "quality"}, "quality", repeats=5)["points"]
    drawn = selector_curve(workspace, "c", "random", {}, "quality", repeats=5)["points"]

    assert [1.0, *SHARES] == [p["budget"] for p in best]
    assert best[4]["price"]["effective_clusters"] < -0.4 < drawn[4]["price"]["effective_clusters"]


def test_quality_diversity_and_complexity_by_part(workspace):
    """One row a part, the corpus first, each number with its interval."""
    measured = diversity(workspace, "c", repeats=3)["metrics"]["measured"]
    rows = by_part(workspace, "c", "quality", measured)

    assert [("(all)", 400), ("a", 200), ("b", 200)] == [(row["domain"], row["documents"]) for row in rows]
    assert all(row["quality"]["low"] < row["quality"]["value"] < row["quality"]["high"] for row in rows)
    assert {"vendi_score", "effective_clusters", "distinct_2"} == set(rows[0]["diversity"])
    assert {"lexical_diversity", "clauses_per_sentence"} == set(rows[0]["complexity"])


@pytest.mark.parametrize(("column", "rule"), [("qualty", "no such column"), ("label", "no numbers")])
def test_bad_columns(workspace, column, rule):
    """The error names the column and the rule."""
    with pytest.raises(BadInputError, match=rule):
        threshold_curve(workspace, "c", column)
