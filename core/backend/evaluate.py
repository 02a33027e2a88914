"""Loss and bits per byte by domain, on the validation part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backend.decoder import EMBEDDING, Weights, hidden_states, token_losses
from core.backend.shape import Shape
from core.backend.shards import Data
from core.backend.vocabulary import END_ID

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

    @property
    def tokens(self) -> dict[str, int]:
        """The number of targets by domain."""
        counts = (self.targets != _NO_TARGET).sum(axis=1)
        sums = np.bincount(self.owner, weights=counts, minlength=len(self.domains))
        return {domain: int(total) for domain, total in zip(self.domains, sums, strict=True)}

    def score(
        self, weights: Weights, shape: Shape, turn: tuple[Tensor, Tensor], batch_size: int, bf16: bool
    ) -> Scores:
        """Evaluate the weights; every target counts once."""
        nats = self._nats(weights, shape, turn, batch_size, bf16)
        losses, bits = {}, {}
        for number, domain in enumerate(self.domains):
            mine = self.owner == number
            values, targets = nats[mine], self.targets[mine]
            values, targets = values[targets != _NO_TARGET], targets[targets != _NO_TARGET]
            text = targets != END_ID
            losses[domain] = float(values.mean())
            bits[domain] = float(values[text].sum()) / math.log(2) / int(self.token_bytes[targets].sum())
        return Scores(losses, bits)

    def _nats(
        self, weights: Weights, shape: Shape, turn: tuple[Tensor, Tensor], batch_size: int, bf16: bool
    ) -> NDArray[np.float64]:
        import torch

        device = weights[EMBEDDING].device
        found = np.zeros(self.targets.shape, dtype=np.float64)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            for start in range(0, len(self.inputs), batch_size):
                some = slice(start, start + batch_size)
                tokens = torch.from_numpy(self.inputs[some]).to(device)
                targets = torch.from_numpy(self.targets[some].clip(min=0)).to(device)
                hidden = hidden_states(tokens, weights, shape, turn).flatten(0, 1)
                nats = token_losses(hidden, weights[EMBEDDING], targets.flatten())
                found[some] = nats.view_as(targets).double().cpu().numpy()
        return found


def examination(data: Data, context: int, most_tokens: int) -> Examination:
    """Cut the validation texts into windows that do not overlap, at most `most_tokens` a domain.

    A domain of which nothing but empty texts is held out is left out: there is no byte to count bits by.
    """
    domains = tuple(d for d, shard in data.validation.items() if (shard.tokens[:most_tokens] != END_ID).any())
    inputs, targets, owner = [], [], []
    for number, domain in enumerate(domains):
        text = data.validation[domain].tokens[:most_tokens].astype(np.int64)
        rows = -(-len(text) // context)
        seen = np.full(rows * context, END_ID)
        seen[1 : len(text)] = text[:-1]  # the first token of all follows an end mark
        due = np.full(rows * context, _NO_TARGET)
        due[: len(text)] = text
        inputs.append(seen.reshape(rows, context))
        targets.append(due.reshape(rows, context))
        owner.append(np.full(rows, number))
    if not domains:
        empty = np.zeros((0, context), dtype=np.int64)
        return Examination((), empty, empty, np.zeros(0, dtype=np.int64), data.token_bytes)
    return Examination(
        domains, np.concatenate(inputs), np.concatenate(targets), np.concatenate(owner), data.token_bytes
    )
