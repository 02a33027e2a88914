"""Checkpoints hold all that the next step depends on, and only their own stack takes them."""

import pytest
import torch

from core.backend.model.decoder import backpropagate, initial_weights, rotations
from core.backend.model.shape import Shape
from core.backend.model.stack import Stack, stacked
from core.backend.training.checkpoint import (
    Place,
    Recent,
    copied,
    facts_of,
    read_place,
    read_state,
    save_checkpoint,
    state_of,
)
from core.errors import BadInputError

SHAPE = Shape(16, 1, 2, 1, 24, 1e-3)


def state(seed):
    """A stack of two models that has made two steps."""
    models = [initial_weights(SHAPE, 20, seed + model) for model in range(2)]
    stack = Stack(stacked(models), [0.1, 0.01], SHAPE, 0.1)
    for _ in range(2):
        step(stack)
    return stack


def step(stack):
    seen = torch.randint(0, 20, (len(stack), 3, 9), generator=torch.Generator().manual_seed(7))
    stack.set_rate(0.5)
    stack.zero_grad()
    backpropagate(seen[..., :-1], seen[..., 1:], stack.weights, SHAPE, rotations(SHAPE, 8, "cpu"))
    stack.step(1.0)


def equal(some, others):
    return all(torch.equal(some[name], others[name]) for name in some)


def test_next_step_is_the_same_after_loading(tmp_path):
    """Weights, moments and the count of steps, of all models."""
    stack = state(0)
    place = Place(2, 0.1, recent={"a": Recent(1 / 3, 2), "b": Recent()})
    save_checkpoint(tmp_path / "c", state_of(stack), facts_of("key", place))
    other = Stack(
        *(read_state(tmp_path / "c")[:1]), stack.rates, SHAPE, 0.1, read_state(tmp_path / "c")[1], 2
    )

    assert place == read_place(tmp_path / "c", "key")
    step(stack)
    step(other)
    assert equal(stack.weights, other.weights)
    assert all(equal(stack.moments[moment], other.moments[moment]) for moment in stack.moments)


def test_some_models_can_be_read_alone(tmp_path):
    """A trunk is one model of a stack."""
    stack = state(0)
    save_checkpoint(tmp_path / "c", state_of(stack), facts_of("key", Place(2)))
    weights, moments = read_state(tmp_path / "c", [1])

    assert equal({name: w[1:] for name, w in stack.weights.items()}, weights)
    assert {"exp_avg", "exp_avg_sq"} == set(moments)


def test_a_copy_stays_as_it_was():
    """The next step, made while it is being written, changes nothing of it; the next copy takes its memory."""
    stack = state(0)
    before = copied(state_of(stack), {})
    again = copied(before, {})
    step(stack)

    assert equal(before, again)
    after = copied(state_of(stack), before)
    assert equal(after, state_of(stack))
    assert all(after[name] is before[name] for name in before)


def test_a_model_left_out_changes_no_other(tmp_path):
    """Its weights, moments and count go; the next step of the other is as it would have been."""
    stack = state(0)
    other = stack.kept([1])
    step(stack)
    seen = torch.randint(0, 20, (2, 3, 9), generator=torch.Generator().manual_seed(7))[1:]
    other.set_rate(0.5)
    other.zero_grad()
    backpropagate(seen[..., :-1], seen[..., 1:], other.weights, SHAPE, rotations(SHAPE, 8, "cpu"))
    other.step(1.0)

    for name, weight in other.weights.items():
        torch.testing.assert_close(stack.weights[name][1:], weight, rtol=1e-5, atol=1e-7)


def test_another_runs_checkpoint_is_refused(tmp_path):
    """Another manifest, config or members make another key."""
    save_checkpoint(tmp_path / "c", state_of(state(0)), facts_of("key", Place(2)))

    with pytest.raises(BadInputError, match="a checkpoint of another manifest, config or members"):
        read_place(tmp_path / "c", "other")


@pytest.mark.parametrize("content", [b"", b"\x80\x05pickle", b"\x00" * 4000])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    """Nothing in it is ever executed."""
    (tmp_path / "c").write_bytes(content)

    with pytest.raises(BadInputError, match="this is no checkpoint; remove it and run again"):
        read_place(tmp_path / "c", "key")
