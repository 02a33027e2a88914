"""The training loop of one process among several: its rows of a batch, and everybody's gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from core.backend.config import Config
from core.backend.model.memory import model_bytes
from core.backend.model.stack import Stack
from core.backend.parallel.crew import Crew
from core.backend.parallel.parted import load_parts, save_parts
from core.backend.parallel.sharded import Sharded, SplitStack
from core.backend.parallel.sums import Sums
from core.backend.reading.documents import Model
from core.backend.reading.evaluate import Examination, Scores
from core.backend.training.checkpoint import copied, facts_of, later_parts, state_of
from core.backend.training.lanes import Lanes
from core.backend.training.loop import Training
from core.backend.training.seat import Seat
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor

    from core.backend.data.sealed import Sealed
    from core.backend.data.shards import Data
    from core.backend.training.trunk import Trunk
    from core.types import Progress

_MOST = 0.5  # of a GPU's memory for weights, gradients and moments, beyond which a model is taken apart


def chosen(config: Config, seats: Sequence[Seat], vocabulary: int, size: int) -> str:
    """Return `ddp` or `fsdp`; `auto` takes a model apart where it would fill more than half of a GPU.

    Raises:
        BadInputError: What is asked for can not be taken apart.
    """
    device, kind = seats[0].run["device"], config.parallel
    whole = _only_whole(config, len(seats), size)
    if kind == "auto":
        needed, _ = model_bytes(config, bf16=False, vocabulary=vocabulary)
        large = device != "cpu" and needed > _MOST * torch.cuda.get_device_properties(device).total_memory
        return "fsdp" if large and whole is None else "ddp"
    if kind == "fsdp" and whole is not None:
        raise BadInputError(*whole)
    return kind


def _only_whole(config: Config, models: int, size: int) -> tuple[str, str, str] | None:
    """Return what of a config wants whole models, as an error's value, rule and remedy."""
    if models > 1:
        return f"{models} models", "are not taken apart by fsdp", "set parallel to ddp"
    if config.compile:
        return "compile", "is not done to a model in parts", "set parallel to ddp, or compile to false"
    if config.accumulate > config.batch_size // size:
        rule = f"is more than each of {size} processes' windows"
        return f"accumulate {config.accumulate}", rule, "lower it, or set parallel to ddp"
    return None


class CrewTraining(Training):
    """Whole models in every process; gradients are added up, so that all stay equal."""

    def __init__(
        self,
        crew: Crew,
        sealed: Sealed,
        data: Data,
        seats: Sequence[Seat],
        checkpoint: Path,
        key: str,
        progress: Progress,
        trunk: Trunk | None,
    ) -> None:
        """Lay out the order of the data and draw the weights: as `Training`."""
        self.crew, self.rows, self.speaks = crew, crew.rows, crew.leads
        super().__init__(sealed, data, seats, checkpoint, key, progress, trunk)
        self.lanes = Lanes(self.config.batch_tokens, whole=True)  # one way back, in one order everywhere

    def _backpropagate(self, tokens: Tensor) -> Tensor:
        rows = tokens.shape[1]
        part, times = rows / self.config.batch_size, min(self.config.accumulate, rows)
        with Sums(self.stack.part(slice(0, len(self.seats))).values(), times, part):
            losses = super()._backpropagate(tokens)
        return self.crew.summed(losses * part)

    def _scores(self) -> list[Scores]:
        nats = np.zeros((len(self.seats), *self.exam.targets.shape))
        if nats.size:
            # Each process has as many rows, so that those that meet in every layer meet as often.
            count = len(self.exam.inputs)
            mine = np.arange(self.crew.rank, -(-count // self.crew.size) * self.crew.size, self.crew.size)
            mine %= count
            part = replace(self.exam, inputs=self.exam.inputs[mine], targets=self.exam.targets[mine])
            rows = slice(self.crew.rank, None, self.crew.size)
            nats[:, rows] = self._nats(part)[:, : len(range(self.crew.rank, count, self.crew.size))]
        whole = self.crew.summed(torch.from_numpy(nats).to(self.device)).cpu().numpy()
        return [self.exam.summed(one) for one in whole]

    def _nats(self, part: Examination) -> NDArray[np.float64]:
        config = self.config
        return part.nats(self.stack.weights, self.shape, self.turn, config.batch_size, self.bf16)

    def _record_documents(self) -> None:
        if self.crew.leads:
            super()._record_documents()

    def _look(self) -> None:
        """Raise nothing here: all hear of it at the next checkpoint, at one step."""

    def _save_checkpoint(self) -> None:
        self.beside.wait()
        crew, state = self.crew.aside(), self._copied()
        facts, step = facts_of(self.key, self.place), self.place.step
        self.beside.do(lambda: save_parts(crew, self.checkpoint, facts, step, state))

    def _copied(self) -> Mapping[str, Tensor]:
        """Return copies of all that a checkpoint holds: whole tensors, equal everywhere, or this process's parts."""
        self.copies = copied(state_of(self.stack), self.copies)
        return self.copies

    def _save_models(self, folder: str) -> None:
        if self.crew.leads:
            super()._save_models(folder)


class ShardedTraining(CrewTraining):
    """One model, of which each process holds a part; a layer is whole only while it computes.

    By torch's FSDP2 (`fully_shard`), on the one decoder. Gradients are averaged as they come back, and
    AdamW, which looks at each number by itself, sees this process's numbers alone.
    """

    model: Sharded

    def _stack(
        self, weights: Mapping[str, Tensor], moments: Mapping[str, Mapping[str, Tensor]] | None, steps: int
    ) -> Stack:
        self.model = Sharded({name: w[0] for name, w in weights.items()}, self.shape, self.device)
        self.forward = self.model.run
        if moments is not None:
            moments = {k: {n: self.model.cut(t) for n, t in some.items()} for k, some in moments.items()}
        rate = self.seats[0].config.learning_rate or 0.0
        numbers = self.model.numbers()
        return SplitStack(self.crew, numbers, rate, self.shape, self.config.weight_decay, moments, steps)

    def _restored(self) -> Stack:
        parts = later_parts(self.checkpoint)
        if parts is None:
            return super()._restored()
        load_parts(parts, self._parted(state_of(self.stack)))
        old = self.stack
        return SplitStack(
            self.crew, old.weights, old.rates[0], self.shape, old.weight_decay, old.moments, self.place.step
        )

    def _backpropagate(self, tokens: Tensor) -> Tensor:
        part = tokens.shape[1] / self.config.batch_size
        # FSDP divides the sum of the processes' gradients by their number.
        losses = self._accumulated(tokens, self.model.outer, part * self.crew.size)
        self.model.hand_over(self.stack.weights)
        return self.crew.summed(losses * part)

    def _nats(self, part: Examination) -> NDArray[np.float64]:
        found = part.nats(
            self.model.outer, self.shape, self.turn, self.config.batch_size, self.bf16, self.model.run
        )
        self.model.reshard()
        return found

    def _copied(self) -> Mapping[str, Tensor]:
        return self._parted(super()._copied())

    def _record_documents(self) -> None:
        Training._record_documents(self)  # all lend their parts
        self.model.reshard()

    def _asked(self) -> Model:
        return replace(super()._asked(), weights=self.model.outer, forward=self.model.run)

    def _parted(self, numbers: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return this process's numbers as parts of the whole tensors."""
        return {name: self.model.parted(name.partition(".")[2], t) for name, t in numbers.items()}

    def _weights_of(self, model: int) -> Mapping[str, Tensor]:  # noqa: ARG002 -- there is one
        return self.whole

    def _save_models(self, folder: str) -> None:
        self.whole = self.model.whole()
        super()._save_models(folder)
