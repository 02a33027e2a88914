"""Checkpoints hold all that the next step depends on, and only their own run takes them."""

import pytest
import torch

from core.backend.checkpoint import Place, load_checkpoint, save_checkpoint
from core.errors import BadInputError


def state(seed):
    """Two weights and an optimiser that has made two steps."""
    generator = torch.Generator().manual_seed(seed)
    weights = {n: torch.randn(3, 2, generator=generator).requires_grad_() for n in ("a", "b")}
    optimiser = torch.optim.AdamW(weights.values(), lr=0.1, fused=True)
    for _ in range(2):
        step(weights, optimiser)
    return weights, optimiser


def step(weights, optimiser):
    optimiser.zero_grad()
    sum((w**3).sum() for w in weights.values()).backward()
    optimiser.step()


def test_next_step_is_the_same_after_loading(tmp_path):
    """Weights, moments and the count of steps, into an optimiser that has seen other things."""
    (weights, optimiser), (others, other) = state(0), state(1)
    place = Place(step=2, loss_sum=1 / 3, loss_steps=2, seconds=0.1)
    save_checkpoint(tmp_path / "c", "key", place, weights, optimiser)

    assert place == load_checkpoint(tmp_path / "c", "key", others, other)
    step(weights, optimiser)
    step(others, other)
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def test_another_runs_checkpoint_is_refused(tmp_path):
    """And nothing is filled in."""
    (weights, optimiser), (others, other) = state(0), state(1)
    before = others["a"].detach().clone()
    save_checkpoint(tmp_path / "c", "key", Place(step=2), weights, optimiser)

    with pytest.raises(BadInputError, match="a checkpoint of another manifest or config"):
        load_checkpoint(tmp_path / "c", "other", others, other)
    assert torch.equal(before, others["a"])


@pytest.mark.parametrize("content", [b"", b"\x80\x05pickle", b"\x00" * 4000])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    """Nothing in it is ever executed."""
    (tmp_path / "c").write_bytes(content)

    with pytest.raises(BadInputError, match="this is no checkpoint; remove it and run again"):
        load_checkpoint(tmp_path / "c", "key", *state(0))
