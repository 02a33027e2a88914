"""Stages take documents one after another, put theirs in order, and show or leave out the preface."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.course import seen_tokens, stretches, turns
from core.domains import ranks
from core.errors import BadInputError, NotFoundError
from core.export import export
from core.mix import make_plan, preview, resolve
from core.pool import Pool
from core.preface import planned_sizes
from core.types import Corpus, Document
from tests.core.small_corpus import mixture, sized, write

SIZES = {"a": [10] * 10, "b": [10] * 30}
MECO = [{"until": 0.5}, {"until": 1.0, "preface": False}]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Domains of 100 and 300 tokens; `place` numbers the documents of each."""
    return sized(tmp_path_factory.mktemp("home"), SIZES)


def places(home, plan, domain):
    return home.read(home.corpus("c"), ["place"], plan.rows[domain])["place"].to_pylist()


def ordered(by="place", descending=False, until=1.0, **keys):
    return {"until": until, "order": {"by": by, "descending": descending}, **keys}


# --- orders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("descending", [False, True], ids=["rising", "falling"])
def test_a_stage_orders_its_documents(home, descending):
    """The same documents as without an order, by the column's values."""
    keys = {"weights": {"a": 0.5, "b": 0.5}, "budget": {"tokens": 100}}
    plan = resolve(home, mixture(**keys, stages=[ordered(descending=descending)]))
    seeded = resolve(home, mixture(**keys))

    assert sorted(places(home, seeded, "b"), reverse=descending) == places(home, plan, "b")
    assert set(seeded.rows["b"]) == set(plan.rows["b"])
    assert plan.domains == seeded.domains


def test_each_stage_orders_its_own(home):
    """The first as the seed has them, the second rising, the third falling; a stage takes what none had before."""
    stages = [{"until": 0.3}, ordered(until=0.6), ordered(descending=True)]
    keys = {"weights": {"b": 1.0}, "budget": {"tokens": 300}}
    found = places(home, resolve(home, mixture(**keys, stages=stages)), "b")
    seeded = places(home, resolve(home, mixture(**keys)), "b")

    assert seeded[:9] == found[:9]
    assert sorted(seeded[9:18]) == found[9:18]
    assert sorted(seeded[18:], reverse=True) == found[18:]


def test_ties_keep_the_seeded_order_and_nulls_come_last(tmp_path):
    """Both ways; not-a-number is no value."""
    values = [2.0, None, 1.0, float("nan"), 2.0, 1.0, None, 1.0]
    home = write(
        tmp_path / "ws", [(Document(str(i), f"text {i}", "a", {"v": v}), 1) for i, v in enumerate(values)]
    )
    seeded = resolve(home, mixture()).rows["a"].tolist()
    for descending, wanted in ((False, (1.0, 2.0)), (True, (2.0, 1.0))):
        stages = [ordered("v", descending)]
        found = resolve(home, mixture(stages=stages)).rows["a"].tolist()
        blocks = [[row for row in seeded if values[row] == value] for value in wanted]
        nulls = [row for row in seeded if row in (1, 3, 6)]

        assert [*itertools.chain(*blocks), *nulls] == found


def test_any_column_with_an_order_ranks(home):
    """Text by its letters; a column that is not there is named."""
    corpus = home.corpus("c")

    assert [0] * 10 + [1] * 30 == ranks(home, corpus, "source").tolist()
    with pytest.raises(NotFoundError, match="no such column; did you mean place"):
        resolve(home, mixture(stages=[ordered("plac")]))


def test_the_preview_and_the_export_follow(home, tmp_path):
    """What is seen first and what stands in the file come in the stage's order."""
    asked = mixture(weights={"b": 1.0}, budget={"tokens": 200}, stages=[ordered()])
    plan = resolve(home, asked)
    shown = [one["row"] for one in preview(home, plan, 50)]
    export(home, asked, "jsonl", tmp_path / "out")
    lines = (tmp_path / "out" / "data" / "b.jsonl").read_text().splitlines()

    assert plan.rows["b"].tolist() == shown
    assert [f"b-{place}" for place in places(home, plan, "b")] == [json.loads(line)["id"] for line in lines]
    assert "come by `place`, rising" in (tmp_path / "out" / "README.md").read_text()


def test_a_trainer_that_shuffles_is_refused(home, tmp_path):
    """An order or a preface left out would be lost on the way; what has neither goes."""
    with pytest.raises(
        BadInputError,
        match=r"format megatron: its trainer shuffles.*; formats that can: jsonl, parquet, huggingface, levanter",
    ):
        export(home, mixture(stages=[ordered()]), "megatron", tmp_path / "out")


def test_repeats_that_lose_the_order_are_said(home):
    """A second stage that repeats the first's documents cannot order them again."""
    stages = [{"until": 0.5}, ordered()]
    plan = resolve(home, mixture(weights={"a": 1.0}, budget={"tokens": 200}, stages=stages))
    once = resolve(home, mixture(weights={"a": 1.0}, budget={"tokens": 100}, stages=stages))

    assert any("Stage 2 is ordered by 'place', but repeats documents of 'a'" in one for one in plan.warnings)
    assert once.warnings == ()


def test_a_stage_without_documents_of_its_own_is_said(tmp_path):
    """A long document that begins before the stage fills all of it."""
    home = sized(tmp_path, {"a": [100, 100]})
    plan = resolve(home, mixture(stages=[{"until": 0.6}, ordered()], budget={"tokens": 200}))
    late = resolve(home, mixture(stages=[{"until": 0.6}, ordered()], budget={"tokens": 150}))

    assert any("Stage 2 has no document of its own of 'a'" in one for one in plan.warnings)
    assert () == late.warnings


# --- prefaces (MeCo) --------------------------------------------------------------------------------


def test_the_preface_stands_before_the_first_part_only(home, tmp_path):
    """Each document once: with its preface where a stage with prefaces shows it first, plain where not."""
    asked = mixture(preface="source", stages=MECO, weights={"b": 1.0}, budget={"tokens": 200})
    plan = resolve(home, asked)
    export(home, asked, "jsonl", tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out" / "data" / "b.jsonl").read_text().splitlines()]
    prefaced = [row["text"].startswith("b\n\n") for row in rows]

    assert [True] * 10 + [False] * 9 == prefaced
    assert [11] * 10 + [10] * 9 == [row["tokens"] for row in rows]
    assert plan.rows["b"][10:].tolist() == sorted_like(plan.unprefaced, plan.rows["b"])
    assert [row["text"] for row in rows] == [one["text"] for one in preview(home, plan, 20)]
    assert 200 == plan.waterfall[-1].tokens
    assert "stage 2 stand without their prefaces" in (tmp_path / "out" / "README.md").read_text()


def sorted_like(rows, order):
    return [row for row in order.tolist() if row in set(rows.tolist())]


def test_a_document_is_seen_one_way(home):
    """Repeats are fine in stages of one kind; a domain in both kinds must not repeat."""
    keys = {"preface": "source", "budget": {"tokens": 400}}
    with pytest.raises(BadInputError, match="'a' repeats, and only some of its stages have the preface"):
        resolve(home, mixture(**keys, weights={"a": 0.5, "b": 0.5}, stages=MECO))
    stages = [
        {"until": 0.5, "weights": {"a": 1.0}},
        {"until": 1.0, "weights": {"b": 1.0}, "preface": False},
    ]
    plan = resolve(home, mixture(**keys, stages=stages))

    assert {"a": (10, 110, 200), "b": (20, 300, 200)} == {
        d: (p.documents, p.tokens_available, p.tokens) for d, p in plan.domains.items()
    }
    assert set(plan.rows["b"]) == set(plan.unprefaced)


def test_a_stage_needs_a_preface_to_leave_out():
    """The key without the mixture's is a slip."""
    with pytest.raises(ValueError, match="a stage leaves out the preface, and the mixture has none"):
        mixture(stages=MECO)


# --- when -------------------------------------------------------------------------------------------


def test_the_timeline_has_stages_and_epochs(home):
    """From which token to which, what each domain gives, and where one begins anew."""
    stages = [{"until": 0.5, "weights": {"a": 1.0}}, {"until": 1.0, "weights": {"a": 0.5, "b": 0.5}}]
    plan = resolve(home, mixture(stages=stages, budget={"tokens": 400}))

    assert [(0, 200, {"a": 200}), (200, 400, {"a": 100, "b": 100})] == [
        (one.start, one.end, dict(one.tokens)) for one in stretches(plan)
    ]
    assert [(100, "a", 2), (200, "a", 3)] == [(one.at, one.domain, one.epoch) for one in turns(plan)]


def test_a_domain_that_was_cut_gives_every_stage_its_part(home):
    """Stages end earlier then; all that is planned is in one of them."""
    stages = [{"until": 0.5, "weights": {"a": 1.0}}, {"until": 1.0, "weights": {"a": 0.5, "b": 0.5}}]
    plan = resolve(home, mixture(stages=stages, budget={"tokens": 200}, max_epochs=0.9))

    assert 90 == plan.domains["a"].tokens
    assert [{"a": 60}, {"a": 30, "b": 50}] == [dict(one.tokens) for one in stretches(plan)]


def test_seen_tokens_are_the_plans(home):
    """Whole passes, then the first documents again."""
    plan = resolve(home, mixture(weights={"a": 1.0}, budget={"tokens": 225}))
    seen = seen_tokens(plan, planned_sizes(home, home.corpus("c"), plan))

    assert [30, 30, 25, 20, 20] == seen[plan.rows["a"]][:5].tolist()
    assert (225, 0) == (seen.sum(), seen[10:].sum())


# --- properties -------------------------------------------------------------------------------------


def drawn_pool(data):
    """Domains of drawn sizes, a preface's tokens on top, and values to order by, some missing."""
    rows, bare, full, first = {}, {}, {}, 0
    for name in "abc"[: data.draw(st.integers(1, 3))]:
        sizes = np.array(data.draw(st.lists(st.integers(0, 20), max_size=8)), dtype=np.int64)
        rows[name] = np.arange(first, first + len(sizes))
        bare[name], full[name] = sizes, sizes + data.draw(st.integers(0, 3))
        first += len(sizes)
    values = data.draw(st.lists(st.integers(-1, 5), min_size=first, max_size=first))
    corpus = Corpus("c", "f" * 64, first, 0, {}, {}, "words", [])
    return Pool(corpus, rows, full, (), bare, {"v": np.array(values, dtype=np.int64)})


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_stages_lose_no_document_and_no_token(data):
    """Whatever the stages: every document once, tokens as planned, and each stage's in its order."""
    pool = drawn_pool(data)
    ends = sorted(data.draw(st.sets(st.sampled_from([0.2, 0.5, 0.9]))) | {1.0})
    stages = [
        {
            "until": end,
            "preface": data.draw(st.booleans()),
            "order": data.draw(st.sampled_from([None, {"by": "v"}, {"by": "v", "descending": True}])),
        }
        for end in ends
    ]
    budget = data.draw(st.none() | st.integers(1, 300))
    asked = mixture(preface="p", stages=stages, budget={"tokens": budget} if budget else None, max_epochs=3.0)
    try:
        plan = make_plan(pool, asked)
    except BadInputError:
        return
    for domain, part in plan.domains.items():
        rows = plan.rows[domain]
        sizes = dict(zip(pool.rows[domain], pool.tokens[domain], strict=True))
        for row, size in zip(pool.rows[domain], pool.bare[domain], strict=True):
            sizes[row] = size if row in plan.unprefaced else sizes[row]
        written = sum(sizes[row] for row in rows)

        assert len(rows) == len(set(rows.tolist())) == part.documents
        assert set(rows) <= set(pool.rows[domain].tolist())
        assert written >= min(part.tokens, part.tokens_available)
        assert part.tokens == sum(one.tokens.get(domain, 0) for one in stretches(plan))
    assert sum(part.tokens for part in plan.domains.values()) <= plan.budget
    if all(stage["preface"] for stage in stages):
        assert not len(plan.unprefaced)
