"""A mixture becomes a plan, a plan JSON, and both are the same from any process."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, NotFoundError
from core.mix import plan_json, preview, resolve, seen_order
from core.types import Document, dump_mixture, parse_mixture
from tests.core.small_corpus import mixture, sized, write
from tests.core.test_plan import pool_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path):
    """Three domains of 100, 300 and 140 tokens."""
    return sized(tmp_path / "ws", {"a": [10] * 10, "b": [10] * 30, "c": [7] * 20})


def shown(home, keys, k=1000):
    return preview(home, resolve(home, mixture(**keys)), k)


# --- the plan as JSON -------------------------------------------------------------------------------


def test_plan_json_is_json_and_holds_what_the_command_promises(home):
    """Tokens by domain, the waterfall, warnings, and the weights that can be had."""
    asked = mixture(
        weights={"a": 0.6, "b": 0.4},
        budget={"tokens": 500},
        max_epochs=2,
        filters=[{"name": "short", "keep": "tokens = 10"}],
    )
    value = json.loads(json.dumps(plan_json(resolve(home, asked)), allow_nan=False))

    assert {"plan", "waterfall", "warnings", "feasible_weights", "timeline"} == set(value)
    assert (500, 400) == (value["plan"]["budget"], value["plan"]["tokens"])
    assert {
        "weight": 0.4, "documents": 20, "tokens_available": 300, "tokens": 200,
        "epochs": pytest.approx(2 / 3), "effective_tokens": 200,
    } == value["plan"]["domains"]["b"]  # fmt: skip
    assert ["corpus", "short", "budget"] == [row["name"] for row in value["waterfall"]]
    assert {"documents": 0, "tokens": 0} == value["waterfall"][1]["by_domain"]["c"]
    assert all(sentence.endswith(".") for sentence in value["warnings"])


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("weights sum to 0.9, not 1; divide each by 0.9", "weights: {a: 0.5, b: 0.4}"),
        ("weight -0.5 of 'a' is not a number from 0 to 1", "weights: {a: -0.5, b: 1.5}"),
        ("known keys: name, corpus", "wieghts: {a: 1.0}"),
        ("max_epochs 0.0 is not above 0", "max_epochs: {a: 0}"),
        ("they must rise and the last must be 1.0", "stages: [{until: 0.5}]"),
        ("two filters have the same name", "filters: [{name: f, keep: a}, {name: f, keep: b}]"),
        ("greater than 0", "budget: {tokens: 0}"),
        ("not YAML", "weights: {a"),
    ],
)
def test_a_mixture_that_breaks_a_rule_is_refused_in_a_line(expected, text):
    """The line names the file, the key, the rule and the remedy."""
    with pytest.raises(BadInputError, match=expected) as caught:
        parse_mixture(f"name: m\ncorpus: c\n{text}\n", "spec.yaml")

    assert str(caught.value).startswith("spec.yaml")
    assert "\n" not in str(caught.value)


def test_a_mixture_survives_yaml(home):
    """Every key reads back as it was, and plans the same."""
    asked = mixture(
        domain="source",
        filters=[{"name": "ünlike: #1", "keep": "text <> '…\"'"}],
        selection={"method": "top_k", "column": "place", "share": 0.7},
        weights={"a": 1 / 3, "b": 2 / 3},
        budget={"tokens": 50},
        max_epochs={"a": 2.5},
        stages=[{"until": 0.1}, {"until": 1.0, "weights": {"b": 1.0}}],
        seed=2**62,
        rationale="why:\n- not",
    )
    back = parse_mixture(dump_mixture(asked), "yaml")

    assert asked == back
    assert repr(resolve(home, asked)) == repr(resolve(home, back))


def test_an_unknown_corpus_is_named(home):
    """The error lists the corpora there are."""
    with pytest.raises(NotFoundError, match="no such corpus in this workspace; there are: c"):
        resolve(home, mixture(corpus="nope"))


# --- what is seen first -----------------------------------------------------------------------------


def test_the_preview_is_the_beginning_of_training(home):
    """Documents of each domain come in its order, repeats after all of its documents."""
    keys = {"weights": {"a": 0.5, "b": 0.5}, "budget": {"tokens": 400}}
    plan = resolve(home, mixture(**keys))
    found = shown(home, keys)

    assert [{"a": 20, "b": 20}, list(range(40))] == [
        Counter(step["domain"] for step in found),
        [step["position"] for step in found],
    ]
    assert [*plan.rows["a"], *plan.rows["a"]] == [step["row"] for step in found if step["domain"] == "a"]
    assert [1] * 10 + [2] * 10 == [step["epoch"] for step in found if step["domain"] == "a"]
    assert all(step["text"] == f"{step['domain']} text {step['id'][2:]}" for step in found)
    assert found[:3] == preview(home, plan, 3)


def test_weights_hold_from_the_first_documents_on(home):
    """At any moment each domain has its share of the tokens seen, within a document or two."""
    weights = {"a": 0.1, "b": 0.6, "c": 0.3}
    seen = Counter()
    for step in shown(home, {"weights": weights, "budget": {"tokens": 300}}):
        seen[step["domain"]] += step["tokens"]
        total = sum(seen.values())

        assert all(abs(seen[d] - weight * total) <= 20 for d, weight in weights.items())


def test_a_stage_shows_its_own_domains(home):
    """The second half has none of the first, however the sums of weights are rounded."""
    stages = [{"until": 0.5, "weights": {"a": 0.3, "b": 0.7}}, {"until": 1.0, "weights": {"c": 1.0}}]
    found = [s["domain"] for s in shown(home, {"stages": stages, "budget": {"tokens": 140}})]

    assert {"a", "b"} == set(found[:7])
    assert {"c"} == set(found[7:17])


def test_previews_that_cannot_be(home):
    """None of no documents, and none of a corpus that was replaced."""
    plan = resolve(home, mixture())
    with pytest.raises(BadInputError, match="a preview shows 1 document or more"):
        preview(home, plan, 0)
    home.write_corpus("c", [(Document("d", "other", "a"), 1)])
    with pytest.raises(BadInputError, match="its documents have changed since the plan"):
        preview(home, plan)


@given(st.data())
def test_the_order_gives_every_domain_its_tokens(data):
    """For any sizes, weights and stages, each domain ends within a document of its plan."""
    from core.mix import make_plan

    sizes = {name: data.draw(st.lists(st.integers(0, 30), max_size=6)) for name in "abc"}
    pools = pool_of(sizes)

    def weights():
        raw = [data.draw(st.integers(0, 4)) for _ in sizes]
        return {d: part / sum(raw) for d, part in zip(sizes, raw, strict=True)} if sum(raw) else None

    stages = [{"until": 0.4, "weights": weights()}, {"until": 1.0, "weights": weights()}]
    asked = mixture(weights=weights(), stages=stages[: 2 * data.draw(st.integers(0, 1))])
    try:
        plan = make_plan(pools, asked.model_copy(update={"max_epochs": 3.0}))
    except BadInputError:
        return
    steps = list(seen_order(plan, {d: found.tolist() for d, found in pools.tokens.items()}))
    for domain, part in plan.domains.items():
        mine = [(epoch, position) for d, position, epoch in steps if d == domain]
        given_ = [sizes[domain][position] for _, position in mine]

        assert mine == sorted(set(mine))
        assert part.tokens <= sum(given_) < part.tokens + (given_[-1] if given_ else 1)


# --- the same from any process ----------------------------------------------------------------------

PROGRAM = """
import os, sys
if sys.argv[2] == "one":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from core.dedup import dedup
from core.mix import plan_json, preview, resolve
from core.types import parse_mixture
from core.workspace import Workspace
home = Workspace(sys.argv[1])
mixture = parse_mixture(sys.stdin.read(), "stdin")
plan = resolve(home, mixture)
rows = {d: found.tolist() for d, found in plan.rows.items()}
print(repr((plan_json(plan), rows, preview(home, plan, 40))))
"""


def test_the_plan_is_the_same_from_any_process(tmp_path):
    """Neither the hash seed nor the number of processors nor the process changes a plan; the seed does."""
    texts = [f"text {i % 300} of many" for i in range(600)]
    home = write(
        tmp_path,
        [(Document(f"d{i}", t, "xyz"[i % 3], {"q": i * 7 % 11}), i % 9 + 1) for i, t in enumerate(texts)],
    )
    from core.dedup import dedup

    dedup(home, "c", "exact")
    asked = mixture(
        filters=[{"name": "f", "keep": "q <> 3"}],
        dedup={"method": "exact"},
        selection={"method": "quality_sampling", "column": "q"},
        weights={"x": 0.2, "y": 0.5, "z": 0.3},
        budget={"tokens": 700},
    )

    def run(spec, hash_seed, processors):
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), processors],
            input=dump_mixture(spec),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout

    first = run(asked, "1", "one")

    assert first == run(asked, "2", "all")
    assert first != run(asked.model_copy(update={"seed": 1}), "1", "one")
