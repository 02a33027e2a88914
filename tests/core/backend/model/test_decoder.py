"""The decoder is Llama's: the same logits as transformers' for the same weights."""

import pytest
import torch

from core.backend.model import decoder
from core.backend.model.decoder import (
    EMBEDDING,
    backpropagate,
    hidden_states,
    initial_weights,
    rotations,
    token_losses,
    transformers_config,
)
from core.backend.model.shape import PRESETS, Shape
from core.backend.model.stack import stacked

SHAPE = Shape(32, 2, 4, 2, 48, 1e-3)
VOCABULARY, CONTEXT = 50, 16


@pytest.fixture(scope="module")
def llama():
    """Transformers' model with our weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    facts = transformers_config(SHAPE, VOCABULARY, CONTEXT, 0)
    model = LlamaForCausalLM(LlamaConfig(**{k: v for k, v in facts.items() if k != "architectures"}))
    weights = initial_weights(SHAPE, VOCABULARY, 0)
    missing = model.load_state_dict(weights, strict=False).missing_keys
    assert set(missing) <= {"lm_head.weight"}
    model.tie_weights()
    return model.eval(), stacked([weights])


def tokens(batch=3, models=1):
    """Of a stack of models: (models, batch, context + 1)."""
    shape = (models, batch, CONTEXT + 1)
    return torch.randint(0, VOCABULARY, shape, generator=torch.Generator().manual_seed(1))


def test_logits_are_those_of_transformers(llama):
    """RMSNorm, RoPE, grouped-query attention and SwiGLU, and the tied head, number by number."""
    model, weights = llama
    seen = tokens()[..., :-1]
    with torch.no_grad():
        (found,) = (
            hidden_states(seen, weights, SHAPE, rotations(SHAPE, CONTEXT, "cpu")) @ weights[EMBEDDING].mT
        )

        torch.testing.assert_close(model(seen[0]).logits, found, rtol=1e-4, atol=1e-6)


def test_losses_are_those_of_transformers(llama):
    """Token by token."""
    model, weights = llama
    seen = tokens()
    with torch.no_grad():
        expected = torch.nn.functional.cross_entropy(
            model(seen[0, :, :-1]).logits.transpose(1, 2), seen[0, :, 1:], reduction="none"
        )
        states = hidden_states(seen[..., :-1], weights, SHAPE, rotations(SHAPE, CONTEXT, "cpu"))
        (found,) = token_losses(states.flatten(1, 2), weights[EMBEDDING], seen[..., 1:].flatten(1))

    torch.testing.assert_close(expected.flatten(), found, rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_transformers(llama):
    """The loss's gradient by every weight."""
    model, weights = llama
    seen = tokens()
    model.zero_grad()
    logits = model(seen[0, :, :-1]).logits
    torch.nn.functional.cross_entropy(logits.transpose(1, 2), seen[0, :, 1:]).backward()
    ours = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    backpropagate(seen[..., :-1], seen[..., 1:], ours, SHAPE, rotations(SHAPE, CONTEXT, "cpu"))
    theirs = dict(model.named_parameters())
    for name, weight in ours.items():
        torch.testing.assert_close(theirs[name].grad, weight.grad[0], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("size", [1, 7, 48])
def test_logits_by_chunks_are_the_same(llama, monkeypatch, size):
    """However few rows of logits fit at once: losses, the mean loss, and every gradient."""
    _, weights = llama
    seen, turn = tokens(), rotations(SHAPE, CONTEXT, "cpu")

    def outcome():
        ours = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
        loss = backpropagate(seen[..., :-1], seen[..., 1:], ours, SHAPE, turn)
        states = torch.randn(1, 48, SHAPE.width, generator=torch.Generator().manual_seed(2))
        losses = token_losses(states, weights[EMBEDDING], seen[..., 1:].flatten(1))
        return loss, losses, {name: weight.grad for name, weight in ours.items()}

    whole = outcome()
    monkeypatch.setitem(decoder._LOGITS, "cpu", size * VOCABULARY)

    torch.testing.assert_close(whole, outcome(), rtol=1e-4, atol=1e-7)


def test_gradients_in_bf16_point_the_same_way(llama):
    """A GPU's precision, walked on the CPU: gradients stay fp32 and differ by the rounding alone."""
    _, weights = llama
    seen, turn = tokens(), rotations(SHAPE, CONTEXT, "cpu")
    both = []
    for bf16 in (False, True):
        ours = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
        loss = backpropagate(seen[..., :-1], seen[..., 1:], ours, SHAPE, turn, bf16)
        both.append((float(loss), torch.cat([weight.grad.flatten() for weight in ours.values()])))
    (loss, full), (low_loss, low) = both

    assert loss == pytest.approx(low_loss, rel=1e-3)
    assert torch.float32 == low.dtype
    assert 0 < float((full - low).norm() / full.norm()) < 0.02


def test_later_tokens_do_not_change_earlier_losses(llama):
    """Attention looks back only."""
    _, weights = llama
    seen = tokens(1)
    changed = seen.clone()
    changed[0, 0, 10] = (changed[0, 0, 10] + 1) % VOCABULARY
    turn = rotations(SHAPE, CONTEXT, "cpu")
    with torch.no_grad():
        before, after = (hidden_states(t[..., :-1], weights, SHAPE, turn) for t in (seen, changed))
    before, after = before.reshape(CONTEXT, -1), after.reshape(CONTEXT, -1)

    torch.testing.assert_close(before[:10], after[:10])
    assert not torch.allclose(before[10:], after[10:])


@pytest.mark.parametrize("name", ["nano", "tiny", "small"])
def test_parameters_are_counted_right(name):
    """The count that people are told is that of the weights, but for the embedding."""
    shape = PRESETS[name]
    weights = initial_weights(shape, 300, 0)

    assert sum(w.numel() for w in weights.values()) - 300 * shape.width == shape.parameters


def test_weights_follow_from_the_seed():
    """The same seed draws the same weights, another others."""
    first, again, other = (initial_weights(SHAPE, VOCABULARY, seed) for seed in (0, 0, 1))

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
