"""What every selector promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bricks import make, settings_of
from core.errors import BadInputError
from core.selectors import SELECTORS


def columns(count=200, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=count)
    scores[rng.random(count) < 0.1] = np.nan
    return {"tokens": rng.integers(0, 300, size=count), "educational_value": scores}


def draw(selector, pool, budget, seed=0):
    return selector.select(pool, budget, np.random.default_rng(seed))


@pytest.fixture(params=SELECTORS)
def selector(request):
    return make(SELECTORS, request.param)


@pytest.mark.parametrize("name", SELECTORS)
@given(count=st.integers(1, 60), share=st.floats(0, 1), seed=st.integers(0, 99))
def test_the_budget_is_met_within_a_document(name, count, share, seed):
    """Less the last document taken, whichever it was, the selection stays below the budget."""
    pool = columns(count, seed)
    budget = round(share * int(pool["tokens"].sum()))
    mask, _ = draw(make(SELECTORS, name), pool, budget, seed)
    taken = pool["tokens"][mask]

    assert (mask.dtype, mask.shape) == (np.bool_, (count,))
    assert taken.sum() >= budget
    assert not len(taken) or taken.sum() - taken.max() < budget


def test_a_smaller_budget_selects_a_part_of_a_larger_one(selector):
    """Under one seed, more tokens only add documents."""
    few, more = (draw(selector, columns(), budget)[0] for budget in (3000, 9000))

    assert 0 < few.sum() < more.sum()
    assert not (few & ~more).any()


def test_the_seed_decides_and_the_rule_is_a_sentence(selector):
    """The same seed selects the same documents."""
    mask, rule = draw(selector, columns(), 5000)

    assert mask.tolist() == draw(selector, columns(), 5000)[0].tolist()
    assert (rule[0].isupper(), rule[-1]) == (True, ".")


def test_nothing_and_everything(selector):
    """An empty pool, a budget of 0 and a budget beyond all tokens are answered."""
    empty = {name: values[:0] for name, values in columns().items()}

    assert draw(selector, empty, 100)[0].tolist() == []
    assert draw(selector, columns(), 0)[0].sum() == 0
    assert draw(selector, columns(), 10**9)[0].all()


def test_only_what_it_names_is_read(selector):
    """`needs` and the tokens suffice; text in place of scores is the person's error."""
    pool = {name: columns()[name] for name in ("tokens", *selector.needs)}

    assert draw(selector, pool, 5000)[0].any()
    for name in selector.needs:
        with pytest.raises(BadInputError, match="a score column holds numbers"):
            draw(selector, {**pool, name: np.array(["x"] * 200, dtype=object)}, 5000)


def test_settings_survive_a_round_trip(selector):
    """A selector is its name and its settings."""
    assert selector == make(SELECTORS, selector.name, settings_of(selector))
