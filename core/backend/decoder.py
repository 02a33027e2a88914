"""A Llama-style decoder as a function of its weights: RMSNorm, RoPE, grouped-query attention, SwiGLU.

Weights are a plain map under the names of `transformers.LlamaForCausalLM`, so that they save, load
and stack without a class between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from core.backend.shape import Shape
from core.types import JSON

if TYPE_CHECKING:
    from torch import Tensor

Weights: TypeAlias = "Mapping[str, Tensor]"
EMBEDDING = "model.embed_tokens.weight"  # the output head, too
EPSILON = 1e-5
ROPE_BASE = 10_000.0
# Logits held at once, in fp32: 8 MB stay near a CPU's cores, and a GPU wants fewer calls.
_LOGITS = {"cpu": 2**21, "cuda": 2**26}


def initial_weights(shape: Shape, vocabulary: int, seed: int) -> dict[str, Tensor]:
    """Draw fp32 weights on the CPU: normal with deviation 0.02, smaller by sqrt(2 layers) at each block's end.

    The smaller deviation is GPT-2's: every block adds to the residual stream.
    """
    import torch

    generator = torch.Generator().manual_seed(seed % 2**63)
    width, kv = shape.width, shape.kv_heads * shape.head_width
    end = 0.02 / (2 * shape.layers) ** 0.5

    def drawn(rows: int, columns: int, deviation: float = 0.02) -> Tensor:
        return torch.randn(rows, columns, generator=generator) * deviation

    weights = {EMBEDDING: drawn(vocabulary, width)}
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
    return weights | {"model.norm.weight": torch.ones(width)}


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
        "tie_word_embeddings": True,
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


def _attention(x: Tensor, weights: Weights, at: str, shape: Shape, turn: tuple[Tensor, Tensor]) -> Tensor:
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    batch, context, width = x.shape

    def heads(name: str, number: int) -> Tensor:
        projected = F.linear(x, weights[f"{at}self_attn.{name}_proj.weight"])
        return projected.view(batch, context, number, shape.head_width).transpose(1, 2)

    query, key = _rotated(heads("q", shape.heads), turn), _rotated(heads("k", shape.kv_heads), turn)
    value = heads("v", shape.kv_heads)
    seen = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
    return F.linear(
        seen.transpose(1, 2).reshape(batch, context, width), weights[at + "self_attn.o_proj.weight"]
    )


def _swiglu(x: Tensor, weights: Weights, at: str) -> Tensor:
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    gate = F.silu(F.linear(x, weights[at + "mlp.gate_proj.weight"]))
    return F.linear(
        gate * F.linear(x, weights[at + "mlp.up_proj.weight"]), weights[at + "mlp.down_proj.weight"]
    )


def hidden_states(tokens: Tensor, weights: Weights, shape: Shape, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Return the last layer's normalised states, (batch, context, width), for (batch, context) tokens."""
    import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

    def normal(x: Tensor, name: str) -> Tensor:
        return F.rms_norm(x, (shape.width,), weights[name], EPSILON)

    x = F.embedding(tokens, weights[EMBEDDING])
    for layer in range(shape.layers):
        at = f"model.layers.{layer}."
        x = x + _attention(normal(x, at + "input_layernorm.weight"), weights, at, shape, turn)
        x = x + _swiglu(normal(x, at + "post_attention_layernorm.weight"), weights, at)
    return normal(x, "model.norm.weight")


def token_losses(hidden: Tensor, head: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of every target in nats, in chunks; no gradient. Shapes (n, width), (v, width), (n,)."""
    import torch

    losses = torch.empty(len(targets), device=hidden.device)
    for some in _chunks(len(targets), head):
        logits = (hidden[some] @ head.to(hidden.dtype).T).float()
        chosen = logits.gather(1, targets[some, None]).squeeze(1)
        losses[some] = torch.logsumexp(logits, dim=-1) - chosen
    return losses


def _chunks(rows: int, head: Tensor) -> Iterator[slice]:
    size = max(1, _LOGITS[head.device.type] // len(head))
    yield from (slice(start, start + size) for start in range(0, rows, size))


def backpropagate(
    tokens: Tensor,
    targets: Tensor,
    weights: Weights,
    shape: Shape,
    turn: tuple[Tensor, Tensor],
    bf16: bool = False,
) -> Tensor:
    """Add the gradient of the mean loss to every weight's `grad` and return that loss, nats a token.

    The head's gradient is written out: it is computed chunk by chunk together with the loss, so that
    few logits are held at once and none is computed twice. On a GPU the loss is not waited for.
    With `bf16`, matrix products are in that precision; weights, gradients and losses stay fp32.
    """
    import torch

    with torch.autocast(tokens.device.type, torch.bfloat16, enabled=bf16):
        hidden = hidden_states(tokens, weights, shape, turn)
    head = weights[EMBEDDING]
    with torch.no_grad():
        loss, to_hidden, to_head = _head_gradients(
            hidden.detach().flatten(0, 1), head, targets.flatten(), bf16
        )
    hidden.backward(to_hidden.view_as(hidden))  # type: ignore[no-untyped-call] # torch leaves it untyped
    assert head.grad is not None
    head.grad.add_(to_head)
    return loss


def _head_gradients(
    hidden: Tensor, head: Tensor, targets: Tensor, bf16: bool
) -> tuple[Tensor, Tensor, Tensor]:
    import torch

    low = head.to(torch.bfloat16) if bf16 else head
    total = torch.zeros((), device=hidden.device, dtype=torch.float64)
    to_hidden, to_head = torch.empty_like(hidden), torch.zeros_like(head)
    for some in _chunks(len(targets), head):
        rows, right = hidden[some].to(low.dtype), targets[some, None]
        logs = torch.log_softmax((rows @ low.T).float(), dim=-1)
        chosen = logs.gather(1, right)
        total -= chosen.sum()
        slope = logs.exp_()  # the logits' gradient, but for 1/n: softmax, minus 1 at the target
        slope.scatter_add_(1, right, torch.full_like(chosen, -1.0))
        slope = slope.to(low.dtype)
        to_hidden[some] = slope @ low
        if bf16:  # each chunk's sum is rounded once, as autocast does; the sum of chunks is fp32
            to_head += slope.T @ rows
        else:
            to_head.addmm_(slope.T, rows)
    to_hidden.div_(len(targets))
    to_head.div_(len(targets))
    return total / len(targets), to_hidden, to_head
