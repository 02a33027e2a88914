"""Which window is read when: by weight, by stage, by seed, and without memory of what was asked before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.data.schedule import Schedule, apportion, reads_in_order, stage_weights
from core.backend.data.sealed import read_manifest
from core.errors import BadInputError


def weights_of(raw):
    """Shares that sum to 1."""
    return np.array(raw) / sum(raw)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 50), min_size=2, max_size=6),
    st.data(),
    st.integers(1, 8),
    st.integers(1, 64),
)
def test_weights_hold_to_a_window(windows, data, batch, block):
    """At the end of training each domain has had its weight's share, to one window."""
    raw = data.draw(st.lists(st.floats(0.01, 1), min_size=len(windows), max_size=len(windows)))
    weights = weights_of(raw)
    schedule = Schedule(windows, [(60, weights)], batch, block, "key")
    drawn = schedule.drawn(60)

    assert 60 * batch == drawn.sum()
    assert np.abs(drawn - weights * 60 * batch).max() <= len(windows)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 30), st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(any))
def test_drawn_is_the_count_of_what_the_batches_hold(steps, raw):
    """At every step, not only at a block's end; a weight of 0 gives nothing."""
    schedule = Schedule([5, 7, 9], [(30, weights_of(raw))], 3, 7, "key")
    read = [window.domain for step in range(steps) for window in schedule.batch(step)]

    assert np.bincount(read, minlength=3).tolist() == schedule.drawn(steps).tolist()
    assert not {domain for domain in read if raw[domain] == 0}


def test_weights_hold_within_every_block():
    """A long run has its mixture everywhere, not only in sum."""
    schedule = Schedule([40, 40], [(100, [0.75, 0.25])], 4, 8, "key")
    read = np.array([w.domain for step in range(100) for w in schedule.batch(step)]).reshape(-1, 8)

    assert {2} == set((read == 1).sum(axis=1).tolist())


def test_apportion_carries_the_rests_on():
    """A domain that was short by two thirds of a window gets the next one."""
    quota = np.array([2 / 3, 1 / 3])

    assert [1, 0] == apportion(quota, np.array([0, 0]), 1).tolist()
    assert [0, 1] == apportion(2 * quota, np.array([1, 0]), 1).tolist()


def test_weights_change_with_the_stage():
    """Before the change the first domain alone, after it the second alone."""
    schedule = Schedule([10, 10], [(8, [1.0, 0.0]), (10, [0.0, 1.0])], 4, 16, "key")

    assert {0} == {window.domain for step in range(8) for window in schedule.batch(step)}
    assert {1} == {window.domain for step in (8, 9) for window in schedule.batch(step)}


def test_every_window_is_seen_once_an_epoch():
    """And in another order the next time."""
    schedule = Schedule([12], [(6, [1.0])], 4, 16, "key")
    order = [(w.epoch, w.index) for step in range(6) for w in schedule.batch(step)]
    first, second = [i for e, i in order if e == 0], [i for e, i in order if e == 1]

    assert list(range(12)) == sorted(first) == sorted(second)
    assert first != second


@pytest.mark.parametrize(
    ("expected", "steps"),
    [([0, 1, 2, 3, 4, 5, 6, 7], 2), ([0, 2, 4, 6], 1), ([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3], 3)],
    ids=["as they stand", "a short run sees them at even distances", "and again"],
)
def test_windows_come_in_order_where_it_matters(expected, steps):
    """From the first to the last, whatever the run's length."""
    schedule = Schedule([8], [(steps, [1.0])], 4, 16, "key", in_order=True)

    assert expected == [window.index for step in range(steps) for window in schedule.batch(step)]


def test_batches_do_not_depend_on_what_was_asked_before():
    """A resumed run asks for step 5 first and gets the same windows; another key gets others."""
    made = [Schedule([7, 9], [(10, [0.3, 0.7])], 4, 8, key) for key in ("k", "k", "other")]
    in_turn = [*map(made[0].batch, range(10))]

    assert in_turn[5] == made[1].batch(5)
    assert in_turn != [*map(made[2].batch, range(10))]


# --- a manifest's stages ----------------------------------------------------------------------------


def test_a_mixture_without_stages_is_one_stage(manifest):
    """With the manifest's weights."""
    (until, weights), = stage_weights(read_manifest(manifest))  # fmt: skip

    assert 1.0 == until
    assert {"sea": 0.5, "sum": 0.3, "law": 0.2} == pytest.approx(weights)


def test_a_stage_without_weights_has_the_mixtures(seal):
    """And one with weights its own."""
    stages = [{"until": 0.5}, {"until": 1.0, "weights": {"a": 0.4, "b": 0.6}}]
    manifest = read_manifest(seal({"a": ["x"], "b": ["y"]}, {"a": 0.5, "b": 0.5}))
    mixture = {"weights": {"a": 0.6, "b": 0.4}, "stages": stages}
    manifest = manifest.model_copy(update={"mixture": mixture})

    assert [(0.5, {"a": 0.6, "b": 0.4}), (1.0, {"a": 0.4, "b": 0.6})] == [
        (until, pytest.approx(weights)) for until, weights in stage_weights(manifest)
    ]


def test_capped_domain_is_capped_in_its_stages(write):
    """Where `max_epochs` cut a domain, the stages' weights are cut alike, so that it is not repeated more."""
    stages = [{"until": 0.5}, {"until": 1.0, "weights": {"sea": 0.2, "sum": 0.2, "law": 0.6}}]
    manifest = read_manifest(write(stages=stages, budget={"tokens": 6000}, max_epochs={"law": 0.5}))
    ends = stage_weights(manifest)
    average = sum(weights.get("law", 0) / len(ends) for _, weights in ends)

    assert manifest.domains["law"].weight < 0.4
    assert average == pytest.approx(manifest.domains["law"].weight, abs=0.05)


@pytest.mark.parametrize("weights", [{"a": 0.0, "b": 0.0}, {"a": -0.5, "b": 1.5}])
def test_weights_that_are_no_shares_are_refused(seal, weights):
    """A manifest may come from elsewhere."""
    with pytest.raises(BadInputError, match="its weights are not shares of 1"):
        stage_weights(read_manifest(seal({"a": ["x"], "b": ["y"]}, weights)))


def test_a_weight_without_documents_is_refused(seal):
    """It could only be given to the other domains in silence."""
    with pytest.raises(BadInputError, match="b: the domain has a weight but no documents"):
        stage_weights(read_manifest(seal({"a": ["x"], "b": []}, {"a": 0.5, "b": 0.5})))


def test_an_order_in_a_stage_is_read_from_the_manifest(write):
    """So is a preface that a stage leaves out; weights alone need no order."""
    asked = (
        {},
        {"stages": [{"until": 1.0, "order": {"by": "id"}}]},
        {"stages": [{"until": 0.5}, {"until": 1.0, "preface": False}], "preface": "source"},
        {"stages": [{"until": 0.5}, {"until": 1.0}]},
    )

    assert [False, True, True, False] == [
        reads_in_order(read_manifest(write(**keys, budget={"tokens": 2000}))) for keys in asked
    ]


# --- an order that carries another on ----------------------------------------------------------------


def test_an_order_carries_another_on():
    """Up to its first step it is the other's; from there each domain's windows go on where they were."""
    lead = Schedule([24, 24], [(10, [0.75, 0.25])], 4, 16, "key")
    schedule = Schedule([24, 24], [(10, [0.0, 1.0])], 4, 16, "key", begin=5, after=lead)
    read = [window for step in range(10) for window in schedule.batch(step)]
    second = [window.index for window in read if window.domain == 1 and window.epoch == 0]

    assert [*map(lead.batch, range(5))] == [*map(schedule.batch, range(5))]
    assert {1} == {window.domain for step in range(5, 10) for window in schedule.batch(step)}
    assert len(second) == len(set(second)) == min(24, 20 + int(lead.drawn(5)[1]))
    assert (lead.drawn(5) + np.array([0, 20])).tolist() == schedule.drawn(10).tolist()
    assert lead.drawn(3).tolist() == schedule.drawn(3).tolist()


def test_an_order_may_begin_late_without_another():
    """Nothing has been drawn before its first step."""
    schedule = Schedule([24, 24], [(10, [0.5, 0.5])], 4, 8, "key", begin=4)

    assert [0, 0] == schedule.drawn(4).tolist()
    assert [12, 12] == schedule.drawn(10).tolist()
