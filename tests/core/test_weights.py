"""Weights stay on the simplex, whatever is done to them; presets are their papers' closed forms."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.weights import (
    PRESETS,
    apportion,
    effective_tokens,
    group_sums,
    nearest_feasible,
    preset,
    rescale,
    rescale_group,
    set_shares,
)

parts = st.lists(st.floats(0, 1), min_size=1, max_size=12).filter(lambda values: sum(values) > 1e-3)
simplices = parts.map(lambda values: [value / math.fsum(values) for value in values])


# --- whole tokens -----------------------------------------------------------------------------------


@given(simplices, st.integers(0, 2**61))
def test_apportion_gives_every_token_and_misses_no_weight_by_one(weights, total):
    """The parts are whole, sum to the total, and are each within a token of the exact share."""
    found = apportion(weights, total)

    assert total == sum(found)
    assert all(
        abs(whole - weight * total) < 1 + total * 1e-12 for whole, weight in zip(found, weights, strict=True)
    )


@given(simplices, st.integers(0, 10**9))
def test_apportion_gives_nothing_to_weight_zero(weights, total):
    """A fader at 0 gets no token by rounding."""
    assert all(whole == 0 for whole, w in zip(apportion(weights, total), weights, strict=True) if w == 0)


@pytest.mark.parametrize(
    ("expected", "weights", "total"),
    [
        ([34, 33, 33], [1 / 3] * 3, 100),
        ([1, 0], [0.5, 0.5], 1),
        ([20, 50, 30], [0.2, 0.5, 0.3], 100),
        ([2 * 10**17] * 5, [0.2] * 5, 10**18),
    ],
    ids=["ties to the first", "one token", "exact", "beyond floating point"],
)
def test_apportion_by_largest_remainder(expected, weights, total):
    """Where shares are not whole, the largest remainders round up."""
    assert expected == apportion(weights, total)


# --- faders -----------------------------------------------------------------------------------------


@given(simplices, st.data())
def test_rescale_stays_on_the_simplex_and_leaves_locked_faders(values, data):
    """Whatever fader moves wherever, weights sum to 1, none is negative, locked ones stay."""
    weights = {f"d{i}": value for i, value in enumerate(values)}
    domain = data.draw(st.sampled_from(sorted(weights)))
    locked = data.draw(st.sets(st.sampled_from(sorted(weights))))
    moved = rescale(weights, domain, data.draw(st.floats(-0.5, 1.5)), locked)

    assert pytest.approx(1, abs=1e-9) == math.fsum(moved.values())
    assert min(moved.values()) >= 0
    assert all(pytest.approx(weights[name], abs=1e-12) == moved[name] for name in locked)


@given(simplices, st.floats(0, 0.99))
def test_rescale_keeps_the_ratios_of_the_others(values, value):
    """The others shrink or grow by one factor."""
    weights = {f"d{i}": v for i, v in enumerate([*values, 0.5])}
    total = sum(weights.values())
    moved = rescale(weights, "d0", value)
    before = {name: weight / total for name, weight in weights.items() if name != "d0"}
    factor = (1 - moved["d0"]) / math.fsum(before.values())

    assert pytest.approx(value) == moved["d0"]
    assert {name: pytest.approx(factor * w, abs=1e-12) for name, w in before.items()} == {
        name: w for name, w in moved.items() if name != "d0"
    }


@pytest.mark.parametrize(
    ("expected", "domain", "value", "locked"),
    [
        ([0.5, 0.3, 0.2], "a", 0.5, ()),
        ([0.4, 0.3, 0.3], "a", 0.9, "bc"),
        ([0.4, 0.3, 0.3], "a", 0.9, "a"),
        ([0.7, 0.3, 0.0], "a", 0.9, "b"),
        ([0.0, 0.5, 0.5], "a", -1, ()),
        ([0.4, 0.3, 0.3], "a", math.nan, ()),
    ],
    ids=["moved", "no partner", "locked itself", "cut at the room", "below 0", "not a number"],
)
def test_rescale_by_example(expected, domain, value, locked):
    """A fader goes as far as the locked ones let it."""
    weights = (
        {"a": 0.4, "b": 0.3, "c": 0.3} if expected != [0.5, 0.3, 0.2] else {"a": 0.0, "b": 0.6, "c": 0.4}
    )

    assert pytest.approx(expected) == list(rescale(weights, domain, value, locked).values())


def test_others_at_zero_share_alike():
    """What the only fader gives up goes to all others in equal parts."""
    assert {"a": 0.4, "b": pytest.approx(0.3), "c": pytest.approx(0.3)} == rescale(
        {"a": 1.0, "b": 0.0, "c": 0.0}, "a", 0.4
    )


@given(simplices, st.floats(-1, 2), st.data())
def test_a_group_moves_as_one(values, value, data):
    """On the simplex; ratios inside and outside stay, locked faders stay, and the group has what was asked."""
    weights = {f"d{i}": value for i, value in enumerate(values)}
    members = data.draw(st.sets(st.sampled_from(list(weights))))
    locked = data.draw(st.sets(st.sampled_from(list(weights)), max_size=2))
    moved = rescale_group(weights, members, value, locked)
    inside, outside = (
        [d for d in weights if (d in members) is side and d not in locked] for side in (True, False)
    )

    assert pytest.approx(1) == math.fsum(moved.values())
    assert min(moved.values()) >= 0
    assert {d: pytest.approx(weights[d]) for d in locked} == {d: moved[d] for d in locked}
    if inside and outside:
        held = math.fsum(weights[d] for d in locked & members)
        most = 1 - math.fsum(weights[d] for d in locked - members)
        assert pytest.approx(min(max(value, held), most)) == math.fsum(moved[d] for d in members)
    for side in (inside, outside):
        before, after = (math.fsum(found[d] for d in side) for found in (weights, moved))
        if before > 0:
            assert {d: pytest.approx(after * weights[d] / before) for d in side} == {
                d: moved[d] for d in side
            }


def test_a_mixture_is_used_again_inside_a_group():
    """Web against code: the languages of code keep their ratios, and so do the rest."""
    weights = {"web": 0.5, "books": 0.25, "python": 0.15, "rust": 0.1}
    moved = rescale_group(weights, ("python", "rust"), 0.5)

    assert pytest.approx([1 / 3, 1 / 6, 0.3, 0.2]) == list(moved.values())
    assert {"code": pytest.approx(0.25), "none": 0.0} == group_sums(
        weights, {"code": ("python", "rust"), "none": ("java",)}
    )


def test_an_unknown_fader():
    """There is no such domain; the error names those there are."""
    with pytest.raises(BadInputError, match="no such domain in the mixture; there are: a"):
        rescale({"a": 1.0}, "b", 0.5)


# --- presets ----------------------------------------------------------------------------------------

SIZES = {"a": 800, "b": 200, "c": 0}
D600 = 600 + effective_tokens(200, 600)


@pytest.mark.parametrize(
    ("expected", "name", "settings"),
    [
        ([0.8, 0.2, 0], "proportional", {}),
        ([0.5, 0.5, 0], "uniform", {}),
        ([2 / 3, 1 / 3, 0], "temperature", {"temperature": 2}),
        ([0.8, 0.2, 0], "temperature", {"temperature": 1}),
        ([0.5, 0.5, 0], "temperature", {"temperature": 1e9}),
        ([0.5, 0.5, 0], "unimax", {"budget": 400, "max_epochs": 1}),
        ([600 / 800, 200 / 800, 0], "unimax", {"budget": 800, "max_epochs": 1}),
        ([600 / 1000, 400 / 1000, 0], "unimax", {"budget": 1000, "max_epochs": 2}),
        ([1600 / 2000, 400 / 2000, 0], "unimax", {"budget": 10**6, "max_epochs": 2}),
        ([800 / 1600, 800 / 1600, 0], "unimax", {"budget": 10**6, "max_epochs": {"a": 1}}),
        ([0.5, 0.5, 0], "effective", {"budget": 400}),
        ([600 / D600, 1 - 600 / D600, 0], "effective", {"budget": 1200}),
        ([13110 / 16388, 3278 / 16388, 0], "effective", {"budget": 10**9}),
    ],
    ids=[
        "proportional", "uniform", "square root", "T = 1", "T large", "unimax under the cap",
        "unimax, small one at its cap", "unimax, two epochs", "unimax, all at their caps",
        "unimax, a cap a domain", "effective, no repeats", "effective, three epochs",
        "effective, repeats without end",
    ],
)  # fmt: skip
def test_presets_have_their_closed_forms(expected, name, settings):
    """An empty domain gets 0 from each."""
    assert pytest.approx(expected) == list(preset(name, SIZES, **settings).values())


@given(st.sampled_from(PRESETS), st.lists(st.integers(0, 10**13), min_size=1, max_size=12))
def test_presets_stay_on_the_simplex(name, sizes):
    """They are weights, and only domains that have tokens get one."""
    available = {f"d{i}": size for i, size in enumerate(sizes)}
    if not any(sizes):
        with pytest.raises(BadInputError, match="no domain has a token"):
            preset(name, available)
        return
    weights = preset(name, available)

    assert pytest.approx(1) == math.fsum(weights.values())
    assert [size > 0 for size in sizes] == [weight > 0 for weight in weights.values()]


@pytest.mark.parametrize(
    ("expected", "name", "settings"),
    [("no such preset", "guess", {}), ("a temperature is above 0", "temperature", {"temperature": 0})],
    ids=["name", "temperature"],
)
def test_bad_presets(expected, name, settings):
    """Each says what is wrong."""
    with pytest.raises(BadInputError, match=expected):
        preset(name, SIZES, **settings)


def test_repeated_tokens_are_worth_less_and_less():
    """Muennighoff et al.: 4 epochs are worth 3.73, and no number of them more than 16.4."""
    assert [50, 100, 373, 1639] == [effective_tokens(100, seen) for seen in (50, 100, 400, 10**7)]
    assert effective_tokens(0, 5) == 0


# --- the nearest weights that can be had ------------------------------------------------------------


@given(simplices, st.data())
def test_nearest_feasible_is_feasible_and_no_neighbour_is_nearer(values, data):
    """The result meets sum and caps, and moving a little from any domain to any other does not help."""
    caps = np.array([data.draw(st.floats(0, 1)) for _ in values])
    wanted = np.array(values)
    found = nearest_feasible(wanted, caps)
    if found is None:
        assert caps.sum() < 1
        return

    assert pytest.approx(1, abs=1e-9) == found.sum()
    assert np.all((found >= 0) & (found <= caps + 1e-12))
    gain = wanted - found  # where x may rise its gain must not exceed that of any which may fall
    rising, falling = found < caps - 1e-9, found > 1e-9
    if rising.any() and falling.any():
        assert gain[rising].max() <= gain[falling].min() + 1e-9


def test_nearest_feasible_by_example():
    """What the capped one cannot take is shared by the others alike."""
    assert pytest.approx([0.2, 0.5, 0.3]) == nearest_feasible([0.5, 0.35, 0.15], [0.2, 1, 1])
    assert pytest.approx([0.25, 0.75]) == nearest_feasible([0.9, 0.1], [0.25, 0.75])
    assert nearest_feasible([1.0, 0.0], [0.5, 0.25]) is None


@given(simplices.map(lambda found: {f"d{i}": weight for i, weight in enumerate(found)}), st.data())
def test_shares_that_are_given_are_had(weights, data):
    """Groups sum to what they were given, ratios inside them and among the rest stay, and all sum to 1."""
    names = sorted(weights)
    members = data.draw(
        st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=max(1, len(names) - 1))
    )
    share = 1.0 if len(members) == len(names) else data.draw(st.floats(0, 1))
    found = set_shares(weights, [(members, share)])

    assert sum(found.values()) == pytest.approx(1)
    assert sum(found[name] for name in members) == pytest.approx(share)
    for names_ in (members, [name for name in names if name not in members]):
        for one, other in itertools.pairwise(names_):
            if sum(weights[name] for name in names_):
                assert found[one] * weights[other] == pytest.approx(found[other] * weights[one])


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("a: is given a share twice", [(("a", "b"), 0.5), (("a",), 0.1)]),
        (r"a c: the shares given sum to 1\.2", [(("a",), 0.6), (("c",), 0.6)]),
        (r"sum to 0\.9, and no domain is left", [(("a", "b", "c"), 0.9)]),
        ("a=-1: a share is from 0 to 1", [(("a",), -1.0)]),
        ("x: no such domain", [(("x",), 0.5)]),
    ],
)
def test_shares_that_cannot_be_had_are_refused(said, asked):
    """In one line."""
    with pytest.raises(BadInputError, match=said):
        set_shares({"a": 0.2, "b": 0.3, "c": 0.5}, asked)
