"""What every selector promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bricks import make, settings_of
from core.errors import BadInputError
from core.needs import SPECIAL, within
from core.selectors import SELECTORS

CHOSEN = {
    "betr": {"target": "examples.txt"},
    "dsir": {"target": "wanted.txt"},
    "got_d": {"target": "wanted.txt"},
    "mass": {"target": "skills.txt"},
    "metaclip": {"target": "entries.txt"},
    "mig": {"quality": "educational_value"},
    "kmeans_quality": {"clusters": 5, "gains": "gain"},
    "s2l": {"clusters": 7},
}  # what no default can be, and what reads more than the default


def made(name):
    return make(SELECTORS, name, CHOSEN.get(name))


def budgets(selector):
    """How many budgets are selected: one, or one an epoch."""
    return getattr(selector, "epochs", 1)


def columns(selector, count=200, seed=0):
    """Whatever a selector may need, with holes in it."""
    rng = np.random.default_rng(seed)

    def holed(values):
        values[rng.random(count) < 0.1] = np.nan
        return values

    special = {
        "vectors": lambda: holed(rng.normal(size=(count, 8)).astype(np.float32)),
        "cluster": lambda: rng.integers(-1, 6, size=count).astype(np.int32),
        "target_texts": lambda: np.array(["sums; shapes", "sums; verse", "; "], dtype=object),
        "target_vectors": lambda: np.vstack([rng.normal(size=(2, 8)), np.zeros(8)]).astype(np.float32),
        "target_matches": lambda: lists(np.flatnonzero(rng.random(6) < 0.2) for _ in range(count)),
        "target_importance": lambda: holed(rng.normal(size=count)),
        "losses": lambda: lists(rng.normal(size=rng.integers(2, 4)) for _ in range(count)),
    }
    tokens = {"tokens": rng.integers(0, 300, size=count)}
    return tokens | {
        name: special.get(name, lambda: holed(rng.normal(size=count)))() for name in selector.needs
    }


def lists(rows):
    """An array of arrays, as a column of lists comes."""
    rows = list(rows)
    found = np.empty(len(rows), dtype=object)
    for at, row in enumerate(rows):
        found[at] = row
    return found


def draw(selector, pool, budget, seed=0):
    return selector.select(pool, budget, np.random.default_rng(seed))


@pytest.fixture(params=SELECTORS)
def selector(request):
    return made(request.param)


@pytest.mark.parametrize("name", SELECTORS)
@settings(max_examples=12, deadline=None)
@given(count=st.integers(1, 60), share=st.floats(0, 1), seed=st.integers(0, 99))
def test_the_budget_is_met_within_a_document(name, count, share, seed):
    """Less the last document taken, whichever it was, the selection stays below the budget."""
    selector = made(name)
    pool = columns(selector, count, seed)
    asked = round(share * int(pool["tokens"].sum()))
    mask, _ = draw(selector, pool, asked, seed)
    taken, budget = pool["tokens"][mask], min(budgets(selector) * asked, int(pool["tokens"].sum()))

    assert (mask.dtype, mask.shape) == (np.bool_, (count,))
    assert taken.sum() >= budget
    assert not len(taken) or taken.sum() - taken.max() < max(budget, 1)


def test_a_smaller_budget_selects_a_part_of_a_larger_one(selector):
    """Under one seed, more tokens only add documents."""
    few, more = (draw(selector, columns(selector), budget)[0] for budget in (1000, 3000))

    assert 0 < few.sum() < more.sum()
    assert not (few & ~more).any()


def test_the_seed_decides_and_the_rule_is_a_sentence(selector):
    """The same seed selects the same documents."""
    mask, rule = draw(selector, columns(selector), 2000)

    assert mask.tolist() == draw(selector, columns(selector), 2000)[0].tolist()
    assert (rule[0].isupper(), rule[-1]) == (True, ".")


def test_what_it_is_given_stays_as_it_was(selector):
    """A selector changes no column: the next domain reads the same."""
    pool = columns(selector)
    draw(selector, pool, 2000)

    for name, values in columns(selector).items():
        for before, after in zip(values, pool[name], strict=True):
            np.testing.assert_array_equal(before, after)


def test_nothing_and_everything(selector):
    """An empty pool, a budget of 0 and a budget beyond all tokens are answered."""
    empty = within(columns(selector), np.zeros(0, int))

    assert draw(selector, empty, 100)[0].tolist() == []
    assert draw(selector, columns(selector), 0)[0].sum() == 0
    assert draw(selector, columns(selector), 10**9)[0].all()


def test_documents_all_alike_and_documents_without_anything(selector):
    """Constant columns and columns of nothing but nulls are answered, without a warning."""
    pool = columns(selector)
    by_document = [n for n, v in pool.items() if n not in ("tokens", "target_texts", "target_vectors")]
    alike = {**pool, **{name: pool[name][np.zeros(200, int)] for name in by_document}}
    numbers = [name for name in by_document if pool[name].dtype.kind == "f"]
    bare = {**pool, **{name: np.full_like(pool[name], np.nan) for name in numbers}}

    assert draw(selector, alike, 2000)[0].any()
    assert draw(selector, bare, 2000)[0].any()


def test_only_what_it_names_is_read(selector):
    """`needs` and the tokens suffice; text in place of scores is the person's error."""
    pool = columns(selector)

    assert draw(selector, pool, 5000)[0].any()
    for name in set(selector.needs) - SPECIAL - {"cluster"}:
        with pytest.raises(BadInputError, match="a score column holds numbers"):
            draw(selector, {**pool, name: np.array(["x"] * 200, dtype=object)}, 5000)


def test_settings_survive_a_round_trip(selector):
    """A selector is its name and its settings."""
    assert selector == make(SELECTORS, selector.name, settings_of(selector))
