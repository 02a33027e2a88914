"""M Llama-style decoders of one shape as a function of their weights: RMSNorm, RoPE, GQA, SwiGLU.

Weights are a plain map under the names of `transformers.LlamaForCausalLM`. Every tensor has a leading
dimension M, the models of a stack; a single model is a stack of one. No number of one model ever meets
a number of another: products are batched over M, and attention has M folded into its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from core.backend.model.shape import BASE_WIDTH, Shape
from core.types import JSON

if TYPE_CHECKING:
    from torch import Tensor

Weights: TypeAlias = "Mapping[str, Tensor]"
EMBEDDING = "model.embed_tokens.weight"
HEAD = "lm_head.weight"  # there where the output head is not the embedding
EPSILON = 1e-5
ROPE_BASE = 10_000.0
_LEAST = 1e-38  # of a probability in fp32: a token's training loss is 87 nats at most
# Logits held at once, in fp32: 8 MB stay near a CPU's cores, and a GPU wants fewer calls.
_LOGITS = {"cpu": 2**21, "cuda": 2**26}


def initial_weights(shape: Shape, vocabulary: int, seed: int) -> dict[str, Tensor]:
    """Draw one model's fp32 weights on the CPU, without the leading dimension.

    Normal with deviation 0.02, smaller by sqrt(2 layers) at each block's end: that is GPT-2's, since every
    block adds to the residual stream. With µP the hidden matrices' deviation falls with the root of the width.
    """
    import torch

    generator = torch.Generator().manual_seed(seed % 2**63)
    width, kv = shape.width, shape.kv_heads * shape.head_width
    inner = 0.02 * ((BASE_WIDTH / width) ** 0.5 if shape.mup else 1.0)
    end = inner / (2 * shape.layers) ** 0.5

    def drawn(rows: int, columns: int, deviation: float = inner) -> Tensor:
        return torch.randn(rows, columns, generator=generator) * deviation

    weights = {EMBEDDING: drawn(vocabulary, width, 0.02)}
    for layer in range(shape.layers):
        at = f"model.layers.{layer}."
        weights |= {
            at + "input_layernorm.weight": torch.ones(width),
            at + "self_attn.q_proj.weight": drawn(width, width),
            at + "self_attn.k_proj.weight": drawn(kv, width),
            at + "self_attn.v_proj.weight": drawn(kv, width),
            at + "self_attn.o_proj.weight": drawn(width, width, end),
            at + "post_attention_layernorm.weight": torch.ones(width),
            at + "mlp.gate_proj.weight": drawn(shape.hidden, width),
            at + "mlp.up_proj.weight": drawn(shape.hidden, width),
            at + "mlp.down_proj.weight": drawn(width, shape.hidden, end),
        }
    weights["model.norm.weight"] = torch.ones(width)
    if not shape.tied:
        weights[HEAD] = drawn(vocabulary, width, 0.02)
    return weights


def transformers_config(shape: Shape, vocabulary: int, context: int, end_id: int) -> JSON:
    """Return the `config.json` with which transformers loads the weights to the same logits."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": shape.width,
        "intermediate_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_width,
        "hidden_act": "silu",
        "rms_norm_eps": EPSILON,
        "rope_theta": ROPE_BASE,
        "max_position_embeddings": context,
        "vocab_size": vocabulary,
        "tie_word_embeddings": shape.tied,
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": end_id,
        "eos_token_id": end_id,
        "dtype": "float32",
    }


def rotations(shape: Shape, context: int, device: str) -> tuple[Tensor, Tensor]:
    """Return cosines and sines, each (context, head width), of rotary positions (RoFormer, eq. 34)."""
    import torch

    exponents = torch.arange(0, shape.head_width, 2, dtype=torch.float32) / shape.head_width
    angles = torch.arange(context, dtype=torch.float32)[:, None] / ROPE_BASE**exponents
    both = torch.cat((angles, angles), dim=-1).to(device)
    return both.cos(), both.sin()


def _rotated(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    import torch

    first, second = x.chunk(2, dim=-1)
    turned = x * turn[0] + torch.cat((-second, first), dim=-1) * turn[1]
    return turned.to(x.dtype)  # the attention kernel wants keys of the values' precision


def _product(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply (M, n, in) by the transposed (M, out, in), model by model."""
    import torch
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    if len(weight) == 1:  # one large product is split over cores and kernels better than a batch of one
        return F.linear(x, weight.squeeze(0))
    return torch.bmm(x, weight.transpose(1, 2))


def _normal(x: Tensor, weight: Tensor) -> Tensor:
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    return F.rms_norm(x, x.shape[-1:], None, EPSILON) * weight[:, None]


def _seen(tokens: Tensor, end_id: int | None) -> Tensor | None:
    """Return which tokens see which, (M batch, 1, T, T), where documents are apart; None: all before them.

    An end mark is the first token of the document after it, whose first word it predicts.
    """
    import torch

    if end_id is None:
        return None
    document = (tokens == end_id).cumsum(-1).flatten(0, 1)
    same = document[:, None, :, None] == document[:, None, None, :]
    return torch.tril(same)


def _attention(
    x: Tensor, weights: Weights, at: str, shape: Shape, turn: tuple[Tensor, Tensor], mask: Tensor | None
) -> Tensor:
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    models, rows, _ = x.shape
    context = len(turn[0])

    def heads(name: str, number: int) -> Tensor:
        projected = _product(x, weights[f"{at}self_attn.{name}_proj.weight"])
        return projected.view(-1, context, number, shape.head_width).transpose(1, 2)

    query, key = _rotated(heads("q", shape.heads), turn), _rotated(heads("k", shape.kv_heads), turn)
    value = heads("v", shape.kv_heads)
    seen = F.scaled_dot_product_attention(
        query, key, value, mask, is_causal=mask is None, enable_gqa=True, scale=shape.attention_scale
    )
    joined = seen.transpose(1, 2).reshape(models, rows, shape.width)
    return _product(joined, weights[at + "self_attn.o_proj.weight"])


def _swiglu(x: Tensor, weights: Weights, at: str) -> Tensor:
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    gate = F.silu(_product(x, weights[at + "mlp.gate_proj.weight"]))
    return _product(
        gate * _product(x, weights[at + "mlp.up_proj.weight"]), weights[at + "mlp.down_proj.weight"]
    )


def _embedded(tokens: Tensor, table: Tensor) -> Tensor:
    """Look (M, batch, T) tokens up in (M, v, width) tables; the result is (M, batch T, width)."""
    import torch
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    models, vocabulary, width = table.shape
    first = torch.arange(models, device=tokens.device)[:, None] * vocabulary
    return F.embedding(tokens.flatten(1) + first, table.view(models * vocabulary, width))


def block(
    x: Tensor, weights: Weights, at: str, shape: Shape, turn: tuple[Tensor, Tensor], mask: Tensor | None
) -> Tensor:
    """Return what one layer, whose weights' names begin with `at`, makes of (M, batch T, width) states."""
    y = _normal(x, weights[at + "input_layernorm.weight"])
    x = x + _attention(y, weights, at, shape, turn, mask)
    return x + _swiglu(_normal(x, weights[at + "post_attention_layernorm.weight"]), weights, at)


def hidden_states(
    tokens: Tensor,
    weights: Weights,
    shape: Shape,
    turn: tuple[Tensor, Tensor],
    layer_by: Callable[..., Tensor] = block,
) -> Tensor:
    """Return the last layer's normalised states, (M, batch, T, width), for (M, batch, T) tokens.

    `turn` is from `rotations`; a context longer than T is cut. The states are ready for the head: their
    products with its rows (`head_of`) are the logits. `layer_by` is `block`, or what has the layers' weights.
    """
    turn = (turn[0][: tokens.shape[-1]], turn[1][: tokens.shape[-1]])
    mask = _seen(tokens, shape.apart)
    x = _embedded(tokens, weights[EMBEDDING])
    for layer in range(shape.layers):
        x = layer_by(x, weights, f"model.layers.{layer}.", shape, turn, mask)
    last = _normal(x, weights["model.norm.weight"])
    if shape.output_scale != 1:
        last = last * shape.output_scale
    return last.view(*tokens.shape, shape.width)


def head_of(weights: Weights) -> Tensor:
    """Return the output head, (M, v, width): the embedding where they are tied."""
    return weights.get(HEAD, weights[EMBEDDING])


def token_losses(hidden: Tensor, head: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of every target in nats, in chunks; no gradient. Shapes (M, n, width), (M, v, width), (M, n)."""
    import torch

    losses = torch.empty(targets.shape, device=hidden.device)
    for models, rows in _chunks(targets.shape[1], head):
        logits = torch.bmm(hidden[models, rows], head[models].to(hidden.dtype).transpose(1, 2)).float()
        chosen = logits.gather(2, targets[models, rows, None]).squeeze(2)
        losses[models, rows] = torch.logsumexp(logits, dim=-1) - chosen
    return losses


def _chunks(rows: int, head: Tensor) -> Iterator[tuple[slice, slice]]:
    """Cut the logits of (M, rows): some rows of one model, or all rows of some models."""
    models, vocabulary, _ = head.shape
    most = max(1, _LOGITS[head.device.type] // vocabulary)
    together = max(1, most // rows)
    for first in range(0, models, together):
        for start in range(0, rows, most):
            yield slice(first, first + together), slice(start, start + most)


def backpropagate(
    tokens: Tensor,
    targets: Tensor,
    weights: Weights,
    shape: Shape,
    turn: tuple[Tensor, Tensor],
    bf16: bool = False,
    share: float = 1.0,
    forward: Callable[..., Tensor] = hidden_states,
) -> Tensor:
    """Add the gradient of each model's mean loss to its weights' `grad`; return the M losses, nats a token.

    The head's gradient is written out: it is computed chunk by chunk together with the loss, so that
    few logits are held at once and none is computed twice. On a GPU the losses are not waited for.
    With `bf16`, matrix products are in that precision; weights, gradients and losses stay fp32.

    Args:
        tokens: (M, batch, T), and so are the targets.
        targets: What follows each token.
        weights: Leaves that require a gradient.
        shape: The models' sizes.
        turn: From `rotations`.
        bf16: Whether products are in bf16.
        share: What the gradient is multiplied by: a micro-batch's part of its batch.
        forward: `hidden_states`, or the same compiled.
    """
    import torch

    with torch.autocast(tokens.device.type, torch.bfloat16, enabled=bf16):
        hidden = forward(tokens, weights, shape, turn)
    head = head_of(weights)
    if head.grad is None:
        head.grad = torch.zeros_like(head)
    with torch.no_grad():
        loss, to_hidden = _head_gradients(
            hidden.detach().flatten(1, 2), head, targets.flatten(1), bf16, share
        )
    hidden.backward(to_hidden.view_as(hidden))  # type: ignore[no-untyped-call] # torch leaves it untyped
    return loss


def _head_gradients(
    hidden: Tensor, head: Tensor, targets: Tensor, bf16: bool, share: float
) -> tuple[Tensor, Tensor]:
    """Add the head's gradient to `head.grad`; return the losses, (M,), and the states' gradient."""
    import torch

    assert head.grad is not None
    low = head.to(torch.bfloat16) if bf16 else head
    count = targets.shape[1]
    losses = torch.zeros(len(head), device=hidden.device, dtype=torch.float64)
    to_hidden = torch.empty_like(hidden)
    for models, rows in _chunks(count, head):
        states, right = hidden[models, rows].to(low.dtype), targets[models, rows, None]
        # The logits' gradient, but for its share of 1/n: softmax, minus 1 at the target. Its logarithm there is
        # the loss: one pass less than by log_softmax, a tenth of a small model's step.
        slope = torch.softmax(torch.bmm(states, low[models].transpose(1, 2)).float(), dim=-1)
        chosen = slope.gather(2, right)
        losses[models] -= chosen.clamp(min=_LEAST).log().sum((1, 2), dtype=torch.float64)
        slope.scatter_add_(2, right, torch.full_like(chosen, -1.0))
        slope = slope.to(low.dtype)
        to_hidden[models, rows] = torch.bmm(slope, low[models])
        if bf16:  # each chunk's sum is rounded once, as autocast does; the sum of chunks is fp32
            head.grad[models].add_(torch.bmm(slope.transpose(1, 2), states), alpha=share / count)
        else:
            head.grad[models].baddbmm_(slope.transpose(1, 2), states, alpha=share / count)
    return losses / count, to_hidden.mul_(share / count)
