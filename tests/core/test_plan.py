"""Tokens follow the weights; what the domains cannot give is said in sentences."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInputError
from core.mix import make_plan, make_pool, resolve
from core.pool import Pool
from core.sharing import Shared
from core.types import Budget, Corpus, DomainCount
from core.weights import effective_tokens
from tests.core.small_corpus import mixture, sized

SIZES = {"a": [10] * 10, "b": [10] * 30, "c": [7] * 20}  # 100, 300 and 140 tokens


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return sized(tmp_path_factory.mktemp("home"), SIZES)


def tokens(plan):
    return {domain: part.tokens for domain, part in plan.domains.items()}


def epochs(plan):
    return {domain: part.epochs for domain, part in plan.domains.items()}


# --- weights, budget, epochs ------------------------------------------------------------------------


def test_tokens_follow_the_weights_exactly_and_documents_within_one(home):
    """The budget is divided to the token; the last document of a domain may go beyond its part."""
    weights = {"a": 0.25, "b": 0.45, "c": 0.3}
    plan = resolve(home, mixture(weights=weights, budget={"tokens": 200}))

    assert {"a": 50, "b": 90, "c": 60} == tokens(plan)
    assert {"a": 5, "b": 9, "c": 9} == {d: part.documents for d, part in plan.domains.items()}
    assert {"a": 0.5, "b": 0.3, "c": 60 / 140} == epochs(plan)
    assert plan.warnings == ()
    assert DomainCount(9, 63) == plan.waterfall[-1].by_domain["c"]
    assert ("budget", 23, 203) == (
        plan.waterfall[-1].name,
        plan.waterfall[-1].documents,
        plan.waterfall[-1].tokens,
    )


def test_a_domain_that_is_not_named_gets_nothing(home):
    """Its documents are not written, and nothing is said of them."""
    plan = resolve(home, mixture(weights={"b": 1.0}, budget={"tokens": 30}))

    assert {"a": 0, "b": 30, "c": 0} == tokens(plan)
    assert [0, 3, 0] == [len(rows) for rows in plan.rows.values()]


def test_without_weights_tokens_are_in_proportion(home):
    """Every document once, where there is no budget either."""
    plan = resolve(home, mixture())

    assert {"a": 100, "b": 300, "c": 140} == tokens(plan)
    assert (540, {"a": 1.0, "b": 1.0, "c": 1.0}) == (plan.budget, epochs(plan))


@pytest.mark.parametrize(
    ("expected", "keys"),
    [
        (200, {"weights": {"a": 0.5, "b": 0.5}}),
        (300, {"weights": {"b": 1.0}}),
        (100, {"weights": {"a": 0.5, "b": 0.5}, "max_epochs": {"a": 0.5}}),
        (280, {"weights": {"c": 0.5, "b": 0.5}, "max_epochs": 4}),
    ],
    ids=["the smaller decides", "one", "half an epoch at most", "the cap is no wish"],
)
def test_without_a_budget_nothing_repeats(home, expected, keys):
    """The budget is the largest at which no weighted domain is seen more than once."""
    plan = resolve(home, mixture(**keys))

    assert expected == plan.budget
    assert max(epochs(plan).values()) <= 1
    assert plan.warnings == ()


def test_repeats_are_counted_and_said_in_a_sentence(home):
    """Three epochs are worth a little less than three times the tokens."""
    plan = resolve(home, mixture(weights={"a": 1.0}, budget={"tokens": 300}))

    assert (3.0, 10, effective_tokens(100, 300)) == (
        plan.domains["a"].epochs,
        plan.domains["a"].documents,
        plan.domains["a"].effective_tokens,
    )
    assert [
        "'a' repeats: 3 epochs of 100 tokens are worth about 288 distinct tokens (Muennighoff et al.)."
    ] == list(plan.warnings)


def test_many_domains_that_repeat_have_one_sentence(tmp_path):
    """It names the five of most epochs, and what all of them are worth."""
    home = sized(tmp_path, {f"d{i}": [10] * (10 + i) for i in range(6)})
    uniform = {f"d{i}": 1 / 6 for i in range(6)}
    plan = resolve(home, mixture(weights=uniform, budget={"tokens": 1800}))
    worth = sum(effective_tokens(100 + 10 * i, 300) for i in range(6))

    assert [
        "6 domains repeat, most 'd0' (3 epochs), 'd1' (2.73 epochs), 'd2' (2.5 epochs), 'd3' (2.31 epochs), "
        f"'d4' (2.14 epochs): the 1,800 tokens seen of them all are worth about {worth:,} distinct tokens "
        "(Muennighoff et al.)."
    ] == [sentence for sentence in plan.warnings if "repeat" in sentence]


def test_many_repeats_of_little_are_warned_of(tmp_path):
    """A hundredth of the budget seen a hundred times harms."""
    home = sized(tmp_path, {"tiny": [10], "large": [1000] * 9})
    asked = mixture(weights={"tiny": 0.1, "large": 0.9}, budget={"tokens": 10_000}, max_epochs=100)
    plan = resolve(home, asked)

    assert plan.domains["tiny"].epochs == 100
    assert any("'tiny' is 0.10% of the budget seen 100 times" in sentence for sentence in plan.warnings)


def test_a_domain_below_a_loaders_sequence_is_named(tmp_path):
    """Its documents fill no sequence of 2,048; a budget that fills none is a trial."""
    home = sized(tmp_path, {"small": [100] * 3, "large": [1000] * 9})
    plan = resolve(home, mixture(weights={"small": 0.05, "large": 0.95}, budget={"tokens": 4000}))

    assert [
        "Less is written than one sequence of 2,048 tokens of 'small' (200): a loader that takes whole sequences "
        "leaves that out or pads it; raise the weight, or train on shorter sequences."
    ] == list(plan.warnings)
    assert () == resolve(home, mixture(weights={"small": 1.0}, budget={"tokens": 200})).warnings
    asked = {"weights": {"small": 0.05, "large": 0.95}, "budget": {"tokens": 4000}}
    assert () == resolve(home, mixture(**asked, sequence_length=200)).warnings
    assert "one sequence of 4,000 tokens" in resolve(home, mixture(**asked, sequence_length=4000)).warnings[0]


def test_domains_that_are_one_another_are_named(home):
    """A copy's weight is the other's, too; only domains in the mixture count."""
    pool = replace(
        make_pool(home, mixture()),
        shared=(Shared("a", "b", 0.5, "copies"), Shared("c", "b", 0.2, "contained")),
    )
    plan = make_plan(pool, mixture(weights={"a": 0.4, "b": 0.6}))

    assert [
        "50% of the tokens of 'a' stand in near-copies of documents of 'b', whose weight is then 0.8 rather than "
        "0.6: deduplicate with scope global, or weigh the two as one."
    ] == list(plan.warnings)


# --- domains that are too small ---------------------------------------------------------------------


@pytest.mark.parametrize("cap", [2, {"a": 2}], ids=["a number", "by domain"])
def test_a_domain_too_small_gives_what_it_has(home, cap):
    """It is cut at its `max_epochs`; the warning names the ways out, and the nearest weights are offered."""
    plan = resolve(home, mixture(weights={"a": 0.6, "b": 0.4}, budget={"tokens": 500}, max_epochs=cap))

    assert {"a": 200, "b": 200, "c": 0} == tokens(plan)
    assert {"a": pytest.approx(0.4), "b": pytest.approx(0.6), "c": 0.0} == plan.feasible_weights
    assert (
        "'a' would repeat 3 times, beyond max_epochs 2, so it gives 200 of the 300 tokens asked for: "
        "lower its weight to 0.4, raise the cap to 3, or shrink the budget to 333 tokens.",
        "The plan has 400 of the 500 tokens of the budget; the nearest weights that reach it "
        "(feasible_weights) are 0.283 away (Euclidean distance).",
    ) == plan.warnings[:2]


def test_each_remedy_of_the_warning_helps(home):
    """The lower weights, the higher cap and the smaller budget each give a plan without that warning."""
    base = {"weights": {"a": 0.6, "b": 0.4}, "budget": {"tokens": 500}, "max_epochs": 2}
    offered = resolve(home, mixture(**base)).feasible_weights
    for change in ({"weights": offered}, {"max_epochs": 3}, {"budget": {"tokens": 333}}):
        plan = resolve(home, mixture(**{**base, **change}))

        assert plan.feasible_weights is None
        assert plan.budget == sum(tokens(plan).values())


def test_a_domain_with_nothing_left_is_named(home):
    """Weight on a domain that the filters emptied is no silent loss."""
    filters = [{"name": "no b", "keep": "source <> 'b'"}]
    asked = mixture(weights={"a": 0.5, "b": 0.5}, budget={"tokens": 100}, filters=filters)
    plan = resolve(home, asked)

    assert {"a": 50, "b": 0, "c": 0} == tokens(plan)
    assert {"a": 1.0, "b": 0.0, "c": 0.0} == plan.feasible_weights
    assert plan.warnings[0] == (
        "'b' has weight 0.5 but no document left after the filters, so it gives no tokens: "
        "loosen the filters or set its weight to 0."
    )


def test_a_budget_beyond_all_data_is_refused(home):
    """No weights could reach it."""
    with pytest.raises(BadInputError, match="beyond all data: 540 tokens, 1,080 at max_epochs; shrink"):
        resolve(home, mixture(budget={"tokens": 1081}, max_epochs=2))


def test_huge_numbers_are_answered(home):
    """Neither a cap nor a budget of any size is a traceback."""
    plan = resolve(home, mixture(budget={"tokens": 10**18}, max_epochs=1e308))

    assert sum(tokens(plan).values()) == 10**18
    with pytest.raises(BadInputError, match="beyond all data"):
        resolve(home, mixture(budget={"tokens": 10**30}, max_epochs=1e308))


@pytest.mark.parametrize(
    ("expected", "keep"),
    [("nothing is left after 'none'", "false"), ("none of the weighted domains", "source = 'c'")],
    ids=["nothing", "only others"],
)
def test_nothing_left(home, expected, keep):
    """The step that took the last document is named."""
    with pytest.raises(BadInputError, match=expected):
        resolve(home, mixture(weights={"a": 1.0}, filters=[{"name": "none", "keep": keep}]))


@pytest.mark.parametrize(
    "keys",
    [
        {"weights": {"a": 0.5, "moby": 0.5}},
        {"max_epochs": {"moby": 2}},
        {"stages": [{"until": 1, "weights": {"moby": 1}}]},
        {"groups": {"whales": ["moby"]}},
    ],
    ids=["weights", "max_epochs", "stages", "groups"],
)
def test_an_unknown_domain_is_refused(home, keys):
    """In one line, with the domains there are."""
    with pytest.raises(
        BadInputError, match=r"^moby: no such domain in column 'source' of 'c'; domains: a, b, c$"
    ):
        resolve(home, mixture(**keys))


# --- stages -----------------------------------------------------------------------------------------


def test_stages_change_the_weights(home):
    """A domain's tokens are its weights in the stages, each as long as its stage."""
    stages = [
        {"until": 0.5, "weights": {"b": 1.0}},
        {"until": 0.75},
        {"until": 1.0, "weights": {"a": 0.2, "c": 0.8}},
    ]
    plan = resolve(home, mixture(weights={"a": 1.0}, stages=stages, budget={"tokens": 200}))

    assert {"a": 60, "b": 100, "c": 40} == tokens(plan)
    assert {"a": 0.3, "b": 0.5, "c": pytest.approx(0.2)} == {d: p.weight for d, p in plan.domains.items()}


def test_a_stage_without_weights_has_the_mixtures(home):
    """Where the mixture has none either, in proportion to the tokens there are."""
    plan = resolve(home, mixture(stages=[{"until": 0.1}, {"until": 1.0}]))

    assert {"a": 100, "b": 300, "c": 140} == tokens(plan)


# --- properties -------------------------------------------------------------------------------------


def pool_of(sizes):
    """A pool that lies on no disk."""
    rows, first = {}, 0
    for domain, found in sizes.items():
        rows[domain] = np.arange(first, first + len(found))
        first += len(found)
    corpus = Corpus("c", "f" * 64, first, sum(map(sum, sizes.values())), {}, {}, "words", [])
    return Pool(corpus, rows, {d: np.array(s, dtype=np.int64) for d, s in sizes.items()}, ())


numbers = st.lists(st.integers(0, 50), max_size=8)


@settings(max_examples=200)
@given(st.data())
def test_budget_and_epochs_are_never_passed(data):
    """For any corpus, weights, caps and budget: whole, feasible, and each loss is said in a sentence."""
    sizes = {name: data.draw(numbers) for name in "abcd"[: data.draw(st.integers(1, 4))]}
    raw = [data.draw(st.integers(0, 5)) for _ in sizes]
    weights = {d: part / sum(raw) for d, part in zip(sizes, raw, strict=True)} if sum(raw) else None
    caps = {d: data.draw(st.floats(0.1, 5)) for d in sizes}
    budget = data.draw(st.none() | st.integers(1, 1000))
    asked = mixture(weights=weights, max_epochs=caps, budget={"tokens": budget} if budget else None)
    try:
        plan = make_plan(pool_of(sizes), asked)
    except BadInputError:
        return
    total = sum(part.tokens for part in plan.domains.values())

    assert 0 <= total <= plan.budget
    assert total == plan.budget or plan.warnings or plan.budget - total <= len(sizes)
    assert budget in (None, plan.budget)
    for domain, part in plan.domains.items():
        written = sum(sizes[domain][: part.documents])
        assert part.epochs <= caps[domain]
        assert part.tokens <= part.tokens_available * caps[domain]
        assert written >= min(part.tokens, part.tokens_available)
        assert (
            not part.documents
            or written - sizes[domain][part.documents - 1] < part.tokens
            or part.epochs >= 1
        )
    if plan.feasible_weights:
        better = asked.model_copy(
            update={"weights": dict(plan.feasible_weights), "budget": Budget(tokens=plan.budget)}
        )
        again = make_plan(pool_of(sizes), better)

        assert plan.budget - sum(part.tokens for part in again.domains.values()) <= len(sizes)


def test_one_pool_serves_every_fader(home):
    """A plan from a kept pool is the plan resolved anew."""
    pool = make_pool(home, mixture())
    for share in (0.1, 0.5, 0.9):
        asked = mixture(weights={"a": share, "b": 1 - share}, budget={"tokens": 60})

        assert repr(resolve(home, asked)) == repr(make_plan(pool, asked))
