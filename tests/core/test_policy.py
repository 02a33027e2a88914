"""A policy applied to a corpus: columns, report, comparison, what is held, and the mixture that follows it."""

import json

import numpy as np
import pytest

from core import policy as policies
from core.errors import BadInputError, NotFoundError
from core.export import export
from core.mix import resolve
from core.policies import PRESETS
from core.policies.mixture import onto
from core.types import Budget, Document, Filter, Mixture, Stage
from core.workspace import Workspace

COMMONS = PRESETS["commons"]
SCORES = [[0, 0, 0, 0, 0], [3, 0, 0, 0, 0], [3, 3, 3, 0, 0], [2, 2, 1, 0, 0]]  # none, mild, toxic, mild


@pytest.fixture
def home(tmp_path):
    """Two sources of twenty documents, five tokens each; every fourth mild, toxic, mild."""
    home = Workspace(tmp_path / "ws")
    documents = [
        (Document(f"d{i}", f"one two three four w{i}", "web" if i < 20 else "law", {"year": 1880 + 5 * i}), 5)
        for i in range(40)
    ]
    corpus = home.write_corpus("c", documents, tokenizer="words")
    scored = np.array(SCORES * 10, dtype=np.float32)
    column = home.column(corpus, "toxicity_dimensions", 1, {}, COMMONS.columns, "toxicity")
    home.write_whole_column(corpus, column, dict(zip(COMMONS.columns, scored.T, strict=True)))
    return home


def column(home, name):
    """The values of a column."""
    return home.read(home.corpus("c"), [name])[name].to_pylist()


def test_verdicts_hang_beside_the_documents(home):
    """Level, action, domain and warning; the report counts them."""
    result = policies.apply(home, "c", COMMONS)

    assert ["none", "mild", "toxic", "mild"] * 10 == column(home, "policy_level")
    assert ["keep", "anneal", "rewrite", "anneal"] * 10 == column(home, "policy_action")
    assert ["web", "web (annealing)", "web", "web (annealing)"] == column(home, "policy_domain")[:4]
    warnings = column(home, "content_warning")
    assert [True, False, True, False] == [text is None for text in warnings[:4]]
    assert "race or origin, gender or sex, religion" in warnings[3]
    assert {"documents": 20, "tokens": 100} == result["actions"]["anneal"]
    assert [40, 40, 30, 10] == [row["documents"] for row in result["waterfall"]]
    assert result == {k: v for k, v in home.report(home.corpus("c"), "policy").items() if k != "value"}


def test_years_and_people_as_far_as_they_are_known(home):
    """Decades from a field; what has no column is named with the remedy."""
    result = policies.apply(home, "c", COMMONS)
    years = [one["group"] for one in result["groups"] if one["grouping"] == "year"]

    assert {"before 1900", "1900s", "2070s"} < set(years)
    assert "language: run score --signal language" in result["missing"]
    assert "dialect: run score --signal dialect_markers" in result["missing"]


def test_an_exception_by_domain(home):
    """The law keeps what is mild."""
    policy = COMMONS.changed(
        {"exceptions": [{"name": "law", "where": "source = 'law'", "actions": {"mild": "keep"}}]}
    )
    result = policies.apply(home, "c", policy)

    assert [15, 5] == [result["by_domain"][name]["keep"]["documents"] for name in ("law", "web")]


def test_policies_side_by_side(home):
    """Where two differ, and on which documents."""
    strict = COMMONS.changed({"name": "strict", "levels": {"mild": 1, "toxic": 3}})
    lenient = COMMONS.changed({"name": "lenient", "actions": {"toxic": "drop"}})
    rows = policies.differences(home, home.corpus("c"), [strict, COMMONS, lenient], num=3)

    assert [("strict", "commons"), ("strict", "lenient"), ("commons", "lenient")] == [
        (row["one"], row["other"]) for row in rows
    ]
    assert [0, 20, 20] == [row["documents"] for row in rows]
    assert [1.0, [], []] == [rows[0]["kappa"], rows[0]["only_one"], rows[0]["only_other"]]
    assert 3 == len(rows[2]["only_other"])


def test_a_mixture_follows_the_policy(home, tmp_path):
    """Held documents wait for the last stage, each seen once, a warning before each; toxic ones are out."""
    policies.apply(home, "c", COMMONS)
    spec = Mixture(
        name="m", corpus="c", weights={"law": 0.5, "web": 0.5}, budget=Budget(tokens=4000), max_epochs=99
    )
    mixture = onto(home, spec, share=0.5)
    plan = resolve(home, mixture)

    assert ["policy_domain", "content_warning"] == [mixture.domain, mixture.preface]
    assert [0.5, 1.0] == [stage.until for stage in mixture.stages]
    assert {"law": 0.5, "web": 0.5} == mixture.weights
    assert set(mixture.stages[1].weights) == {"law", "web", "law (annealing)", "web (annealing)"}
    assert 10 == plan.domains["web (annealing)"].documents
    export(home, mixture, "jsonl", tmp_path / "out")
    texts = [
        json.loads(line)["text"]
        for file in sorted((tmp_path / "out").rglob("*annealing*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    assert 20 == len(texts)
    assert all(text.startswith("Content warning: ") for text in texts)


def test_held_documents_take_half_of_the_last_stage_at_most(home):
    """They are many; the plan's weights still add up to one."""
    policies.apply(home, "c", COMMONS)
    mixture = onto(home, Mixture(name="m", corpus="c"), share=0.1)
    last = mixture.stages[-1].weights

    assert 0.5 == pytest.approx(sum(weight for name, weight in last.items() if "annealing" in name))
    assert 1.0 == pytest.approx(sum(last.values()))


def test_stages_of_the_mixture_stay(home):
    """Shortened to make room; applying it again changes nothing but the filter in its place."""
    policies.apply(home, "c", COMMONS)
    spec = Mixture(
        name="m", corpus="c", filters=(Filter(name="long", keep="tokens > 1"),),
        stages=(Stage(until=0.5, weights={"web": 1.0}), Stage(until=1.0, weights={"law": 1.0})),
    )  # fmt: skip
    mixture = onto(home, spec, share=0.2)

    assert [0.4, 0.8, 1.0] == pytest.approx([stage.until for stage in mixture.stages])
    assert [{"web": 1.0}, {"law": 1.0}] == [stage.weights for stage in mixture.stages[:2]]
    assert ["long", "toxicity policy"] == [one.name for one in mixture.filters]


def test_another_policy_takes_the_place_of_the_first(home):
    """A mixture follows one policy at a time, however often it is sent."""
    policies.apply(home, "c", COMMONS)
    spec = Mixture(
        name="m", corpus="c",
        stages=(Stage(until=0.5, weights={"web": 1.0}), Stage(until=1.0, weights={"law": 1.0})),
    )  # fmt: skip
    once = onto(home, spec)
    twice = onto(home, once, share=0.3)

    assert once == onto(home, once)
    assert [0.35, 0.7, 1.0] == pytest.approx([stage.until for stage in twice.stages])
    policies.apply(home, "c", COMMONS.changed({"actions": {"toxic": "drop"}}))
    assert ["source", None] == [(plain := onto(home, twice)).domain, plain.preface]
    assert spec.stages == plain.stages


def test_nothing_held_needs_no_stage(home):
    """A policy that only drops is a filter."""
    policies.apply(home, "c", COMMONS.changed({"actions": {"mild": "drop", "toxic": "drop"}}))
    mixture = onto(home, Mixture(name="m", corpus="c"))

    assert ["source", (), None] == [mixture.domain, mixture.stages, mixture.preface]
    assert 10 == sum(part.documents for part in resolve(home, mixture).domains.values())


def test_what_is_held_for_rewriting_is_written(home, tmp_path):
    """A line a document, with its scores, that ingest reads again."""
    policies.apply(home, "c", COMMONS)
    count = policies.write_held(home, "c", "rewrite", tmp_path / "held.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "held.jsonl").read_text().splitlines()]

    assert 10 == count == len(rows)
    assert {"id": "d2", "source": "web", "policy_level": "toxic", "toxicity_race_origin": 3.0} == {
        key: rows[0][key] for key in ("id", "source", "policy_level", "toxicity_race_origin")
    }
    assert "one two three four w2" == rows[0]["text"]


def test_bad_input_says_what_to_do(home, tmp_path):
    """An unknown policy, a corpus without scores, a column of text, a wrong domain, no policy applied."""
    with pytest.raises(NotFoundError, match="choose one of commons"):
        policies.read("comons")
    with pytest.raises(NotFoundError, match="score c --signal toxicity"):
        policies.apply(home, "c", PRESETS["guide-0.5"])
    with pytest.raises(BadInputError, match="a policy reads numbers"):
        policies.apply(home, "c", COMMONS.changed({"columns": ("source",)}))
    number = COMMONS.changed({"exceptions": [{"name": "x", "where": "tokens", "actions": {"mild": "keep"}}]})
    with pytest.raises(BadInputError, match="not true or false"):
        policies.apply(home, "c", number)
    with pytest.raises(NotFoundError, match="no policy has been applied"):
        onto(home, Mixture(name="m", corpus="c"))
    with pytest.raises(NotFoundError, match="no policy has been applied"):
        policies.write_held(home, "c", "rewrite", tmp_path / "x")
    policies.apply(home, "c", COMMONS)
    with pytest.raises(BadInputError, match="apply it with --by year"):
        onto(home, Mixture(name="m", corpus="c", domain="year"))
    with pytest.raises(BadInputError, match="above 0 and below 1"):
        onto(home, Mixture(name="m", corpus="c"), share=1)
