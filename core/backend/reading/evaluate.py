"""Loss and bits per byte by domain, on the validation part."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backend.data.shards import Data
from core.backend.model.decoder import EMBEDDING, Weights, head_of, hidden_states, token_losses
from core.backend.model.shape import Shape

if TYPE_CHECKING:
    from torch import Tensor

_NO_TARGET = -1


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model makes of each domain's validation texts.

    `losses` are nats a token, end marks included; `bits_per_byte` leaves end marks out, so that it
    compares across tokenizers.
    """

    losses: dict[str, float]
    bits_per_byte: dict[str, float]


@dataclass(frozen=True, slots=True)
class Examination:
    """The windows of all domains' validation texts, ready to be scored again and again."""

    domains: tuple[str, ...]
    inputs: NDArray[np.int64]  # (windows, context)
    targets: NDArray[np.int64]  # the same; -1 where the text has ended
    owner: NDArray[np.int64]  # (windows,): the domain's number
    token_bytes: NDArray[np.int64]
    end_id: int
    byte_scale: tuple[float, ...]  # by domain: what its tokens' bytes are to be multiplied by

    @property
    def tokens(self) -> dict[str, int]:
        """The number of targets by domain."""
        counts = (self.targets != _NO_TARGET).sum(axis=1)
        sums = np.bincount(self.owner, weights=counts, minlength=len(self.domains))
        return {domain: int(total) for domain, total in zip(self.domains, sums, strict=True)}

    def score(
        self, weights: Weights, shape: Shape, turn: tuple[Tensor, Tensor], batch_size: int, bf16: bool
    ) -> list[Scores]:
        """Evaluate the models of a stack, all on the same texts; every target counts once."""
        nats = self.nats(weights, shape, turn, batch_size, bf16)
        return [self.summed(one) for one in nats]

    def summed(self, nats: NDArray[np.float64]) -> Scores:
        """Return one model's scores of the loss of every target, (windows, context)."""
        losses, bits = {}, {}
        for number, domain in enumerate(self.domains):
            mine = self.owner == number
            values, targets = nats[mine], self.targets[mine]
            values, targets = values[targets != _NO_TARGET], targets[targets != _NO_TARGET]
            text = targets != self.end_id
            losses[domain] = float(values.mean())
            size = int(self.token_bytes[targets].sum()) * self.byte_scale[number]
            bits[domain] = float(values[text].sum()) / math.log(2) / size
        return Scores(losses, bits)

    def nats(
        self,
        weights: Weights,
        shape: Shape,
        turn: tuple[Tensor, Tensor],
        batch_size: int,
        bf16: bool,
        forward: Callable[..., Tensor] = hidden_states,
    ) -> NDArray[np.float64]:
        """Return the loss of every target, (M, windows, context), by models that run as `forward` does."""
        import torch

        models, device = len(weights[EMBEDDING]), weights[EMBEDDING].device
        found = np.zeros((models, *self.targets.shape), dtype=np.float64)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            for start in range(0, len(self.inputs), batch_size):
                some = slice(start, start + batch_size)
                tokens = torch.from_numpy(self.inputs[some]).to(device).expand(models, -1, -1)
                targets = torch.from_numpy(self.targets[some].clip(min=0)).to(device).expand(models, -1, -1)
                hidden = forward(tokens, weights, shape, turn).flatten(1, 2)
                nats = token_losses(hidden, head_of(weights), targets.flatten(1))
                found[:, some] = nats.view_as(targets).double().cpu().numpy()
        return found


def examination(data: Data, context: int, most_tokens: int) -> Examination:
    """Cut the validation texts into windows that do not overlap, at most `most_tokens` a domain.

    A domain of which nothing but empty texts is held out is left out: there is no byte to count bits by.
    """
    end = data.end_id
    domains = tuple(d for d, shard in data.validation.items() if (shard.tokens[:most_tokens] != end).any())
    inputs, targets, owner = [np.zeros((0, context), dtype=np.int64)], [np.zeros((0, context), np.int64)], []
    for number, domain in enumerate(domains):
        text = data.validation[domain].tokens[:most_tokens].astype(np.int64)
        rows = -(-len(text) // context)
        seen = np.full(rows * context, end)
        seen[1 : len(text)] = text[:-1]  # the first token of all follows an end mark
        due = np.full(rows * context, _NO_TARGET)
        due[: len(text)] = text
        inputs.append(seen.reshape(rows, context))
        targets.append(due.reshape(rows, context))
        owner.append(np.full(rows, number))
    return Examination(
        domains,
        np.concatenate(inputs),
        np.concatenate(targets),
        np.concatenate([np.zeros(0, dtype=np.int64), *owner]),
        data.token_bytes,
        end,
        tuple(data.byte_scale.get(domain, 1.0) for domain in domains),
    )
