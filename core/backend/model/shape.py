"""The sizes of a decoder, the presets, and what they cost in parameters and arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

BASE_WIDTH, _BASE_HEAD = 128, 32  # the sizes at which µP and the fixed parametrisation are one


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a Llama-style decoder, all but its vocabulary and context, and how it is scaled.

    `learning_rate` is the peak rate that suits this width with AdamW. With `mup` the rate is the same for
    every width: maximal update parametrisation for Adam (Yang et al., Tensor Programs V, table 8, whose
    output multiplier suits a tied head).
    """

    width: int
    layers: int
    heads: int
    kv_heads: int  # grouped-query attention: heads / kv_heads queries share a key and a value
    hidden: int  # of the SwiGLU block
    learning_rate: float
    tied: bool = True  # the embedding is the output head, too
    mup: bool = False
    apart: int | None = None  # the end mark's number where a document does not see the one before it

    @property
    def attention_scale(self) -> float:
        """What a query's product with a key is multiplied by: 1/sqrt(d), or in proportion to 1/d with µP."""
        return math.sqrt(_BASE_HEAD if self.mup else self.head_width) / self.head_width

    @property
    def output_scale(self) -> float:
        """What the logits are multiplied by: with µP in proportion to 1/width."""
        return BASE_WIDTH / self.width if self.mup else 1.0

    @property
    def hidden_rate(self) -> float:
        """What the hidden matrices' learning rate is multiplied by: with µP in proportion to 1/width."""
        return BASE_WIDTH / self.width if self.mup else 1.0

    @property
    def head_width(self) -> int:
        """The numbers in one attention head."""
        return self.width // self.heads

    @property
    def parameters(self) -> int:
        """Weights without the embedding and without the output head."""
        attention = 2 * self.width * (self.heads + self.kv_heads) * self.head_width
        return self.layers * (attention + 3 * self.width * self.hidden + 2 * self.width) + self.width

    def flops_per_token(self, vocabulary: int, context: int) -> int:
        """Floating-point operations of one trained token, forward and backward.

        Six for every weight of a matrix, head included, and the two products of causal attention,
        which look back over half the context on average.
        """
        matrices = self.parameters - self.width * (2 * self.layers + 1) + vocabulary * self.width
        attention = self.layers * 2 * self.width * context // 2
        return 6 * (matrices + attention)


Preset = Literal["nano", "tiny", "small", "medium", "base", "large"]

PRESETS: dict[Preset, Shape] = {
    "nano": Shape(128, 2, 4, 2, 352, 4e-3),  # 0.4M: for a CPU
    "tiny": Shape(256, 2, 8, 4, 512, 3e-3),  # 1.2M: as RegMix's smallest proxy
    "small": Shape(384, 6, 6, 2, 1024, 2e-3),  # 9M
    "medium": Shape(512, 8, 8, 4, 1536, 1.5e-3),  # 25M
    "base": Shape(768, 14, 12, 4, 2560, 1e-3),  # 105M
    "large": Shape(2048, 22, 32, 4, 5632, 4e-4),  # 0.97B: TinyLlama's sizes
}
