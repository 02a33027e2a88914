"""The training loop of a stack: from its last checkpoint, its trunk or its beginning, to its models.

A run of one model is a stack of one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend.data.feed import Batch, Feed
from core.backend.data.sealed import Sealed
from core.backend.data.shards import Data
from core.backend.model.decoder import Weights, backpropagate, hidden_states, initial_weights, rotations
from core.backend.model.folder import kept_model, write_model
from core.backend.model.memory import too_large
from core.backend.model.stack import Stack, one, stacked
from core.backend.reading import trajectories
from core.backend.reading.documents import Model
from core.backend.reading.evaluate import Scores, examination
from core.backend.training.beside import Beside
from core.backend.training.captured import Captured
from core.backend.training.checkpoint import (
    Place,
    Recent,
    copied,
    facts_of,
    has_checkpoint,
    read_place,
    read_state,
    save_checkpoint,
    state_of,
)
from core.backend.training.lanes import Lanes
from core.backend.training.measures import Energy, Measures, peak_flops, peak_memory
from core.backend.training.seat import Seat, wrong_loss
from core.backend.training.setup import describe_data, make_order, make_schedule
from core.errors import MixdeskError
from core.types import Progress

if TYPE_CHECKING:
    from torch import Tensor

    from core.backend.training.trunk import Trunk


class DivergedError(MixdeskError):
    """The loss or the gradient is no number any more; the message names the step and the documents."""


class Training:
    """Some models of one shape, batch and length: their orders, their numbers, and how far they are."""

    rows = slice(None)  # the windows of each batch that this process takes
    speaks = True  # whether it writes what people read

    def __init__(
        self,
        sealed: Sealed,
        data: Data,
        seats: Sequence[Seat],
        checkpoint: Path,
        key: str,
        progress: Progress,
        trunk: Trunk | None = None,
    ) -> None:
        """Lay out the order of the data and draw the weights.

        Args:
            sealed: The manifest.
            data: What has been prepared from it.
            seats: The models; they may differ in seed, learning rate and mixture alone.
            checkpoint: The stack's file.
            key: What the checkpoint must be of.
            progress: Told of every step.
            trunk: The state to start from, else fresh weights.
        """
        config = seats[0].config
        assert config.eval_every is not None, "settled() comes first"
        assert config.checkpoint_every is not None
        self.config, self.data, self.key, self.progress = config, data, key, progress
        self.eval_every, self.checkpoint_every = config.eval_every, config.checkpoint_every
        self.checkpoint, self.trunk = checkpoint, trunk
        self.device, self.bf16 = seats[0].run["device"], seats[0].run["precision"] == "bf16"
        self.shape = replace(config.shape, apart=data.end_id if config.documents_apart else None)
        # Models of equal rates lie side by side: the optimiser takes them together.
        self.seats = sorted(seats, key=lambda seat: seat.config.learning_rate or 0.0)
        self.exam = examination(data, config.context, config.validation_tokens)
        self.turn = rotations(self.shape, config.context, self.device)
        self.first = trunk.step if trunk else 0
        if trunk is not None:
            trunk.check(config, data.tokenizer)
        self.schedules = {}
        for seat in self.seats:
            lead = trunk.lead(sealed.manifest.fingerprint, seat.config) if trunk else None
            order = make_order(seat.course, seat.config, self.first, lead)
            self.schedules[seat.name] = make_schedule(sealed, data, seat.config, order)
            describe_data(seat.run, data, self.schedules[seat.name], self.exam, seat.config, order)
            seat.run["first_step"] = self.first
        whole = self.device != "cpu" or config.compile
        self.lanes = Lanes(config.batch_tokens // config.accumulate, whole)
        self.forward = _compiled() if config.compile else hidden_states
        self.beside = Beside()
        self.copies: dict[str, Tensor] = {}  # what the last checkpoint is written from
        with self._fits():
            self.stack = self._drawn()
        self.place = Place(self.first, recent={seat.name: Recent() for seat in self.seats})

    def finish(self, until: int) -> None:
        """Train to a step, and save the models if it is the last.

        Raises:
            DivergedError: No model is left.
        """
        self.energy = Energy(self.device)
        with self._fits(), self.lanes, self.beside:
            self._go_back_to_checkpoint()
            while self.place.step < until:
                self._train(until)
        if self.place.step == self.config.steps:
            self._save_models("model")
            self._join_trajectories()

    # --- where it begins ----------------------------------------------------------------------------

    def _drawn(self) -> Stack:
        drawn = [initial_weights(self.shape, self.data.vocabulary, s.config.seed) for s in self.seats]
        if self.trunk is not None:
            self.trunk.check_shape(drawn[0])
            drawn = [self.trunk.weights] * len(self.seats)
        moments = None
        if self.trunk is not None and self.trunk.moments is not None:
            moments = {k: stacked([m] * len(self.seats)) for k, m in self.trunk.moments.items()}
        return self._stack(stacked(drawn), moments, self.first)

    def _stack(
        self, weights: Mapping[str, Tensor], moments: Mapping[str, Mapping[str, Tensor]] | None, steps: int
    ) -> Stack:
        placed = {name: w.to(self.device) for name, w in weights.items()}
        if moments is not None:
            moments = {k: {n: t.to(self.device) for n, t in some.items()} for k, some in moments.items()}
        rates = [seat.config.learning_rate or 0.0 for seat in self.seats]
        return Stack(placed, rates, self.shape, self.config.weight_decay, moments, steps)

    def _go_back_to_checkpoint(self) -> None:
        if has_checkpoint(self.checkpoint):
            self.place = read_place(self.checkpoint, self.key)
            self.stack = self._restored()
        told = [seat.rewind(self.place.step) for seat in self.seats]
        if not all(told):
            self._evaluate()

    def _restored(self) -> Stack:
        weights, moments = read_state(self.checkpoint)
        return self._stack(weights, moments, self.place.step)

    # --- steps --------------------------------------------------------------------------------------

    def rate(self, step: int) -> float:
        """Return the share of its peak that the learning rate of a step has, from 0."""
        return self.config.rate(step)

    def _train(self, until: int) -> None:
        """Make steps until the end, or until a model has to be left out: the feed then starts anew."""
        schedules = [self.schedules[seat.name] for seat in self.seats]
        models = len(self.seats)
        shards = list(self.data.train.values())
        numbers = self._numbers
        if self.config.compile and self.device != "cpu" and self.rows == slice(None):
            numbers = Captured(self._numbers)
        with Feed(schedules, shards, self.config.context, self.device, self.rows) as feed:
            counted = 0.0
            for batch in feed.batches(self.place.step, until):
                self.place.waited += feed.waited - counted
                self.place.seconds += feed.waited - counted
                counted = feed.waited
                self._step(batch, feed, numbers)
                at_end = self.place.step == until
                if at_end or self.place.step % self.eval_every == 0:
                    self._evaluate()
                if self._is_kept(self.place.step):
                    self._save_models(kept_model(self.place.step))
                if at_end or self.place.step % self.checkpoint_every == 0:
                    self._save_checkpoint()
                if len(self.seats) < models:
                    break

    def _numbers(self, tokens: Tensor) -> Tensor:
        """Update all weights by one batch; return the models' losses and gradients' norms, (2, M)."""
        import torch

        self.stack.zero_grad()
        losses = self._backpropagate(tokens)
        return torch.stack((losses, self.stack.step(self.config.clip).double()))

    def _step(self, batch: Batch, feed: Feed, numbers: Callable[[Tensor], Tensor]) -> None:
        began, place, config = time.perf_counter(), self.place, self.config
        self.stack.set_rate(self.rate(place.step))
        with self._fits():
            # The one moment at which a step waits for the device; weights that went wrong are never saved.
            found: list[list[float]] = numbers(batch.tokens).tolist()
        place.step += 1
        self._look()
        wrong = {}
        for model, (seat, loss, norm) in enumerate(zip(self.seats, *found, strict=True)):
            what = place.recent[seat.name].add(loss, config.spike, config.spike_window)
            if what is None and not math.isfinite(norm):
                what = "gradient is not finite"
            if what is not None:
                ids = ", ".join(feed.ids(batch, model))
                wrong[model] = f"the {what}; lower learning_rate, or look at the batch's documents: {ids}"
        place.seconds += time.perf_counter() - began
        self._leave_out(wrong)
        good = [loss for model, loss in enumerate(found[0]) if model not in wrong]
        told = "" if len(good) == 1 else f" ({len(good)} models)"
        self.progress(place.step, self.config.steps, f"training: loss {sum(good) / len(good):.3f}{told}")

    def _backpropagate(self, tokens: Tensor) -> Tensor:
        """Add every model's gradient of its rows' mean loss; return the losses, (M,)."""
        import torch

        def some(models: slice) -> Tensor:
            return self._accumulated(tokens[models], self.stack.part(models))

        return torch.cat(self.lanes.map(some, len(self.seats)))

    def _accumulated(self, tokens: Tensor, weights: Weights, part: float = 1.0) -> Tensor:
        """Go through a batch in micro-batches: the gradient is `part` of that of the whole."""
        import torch

        losses = torch.zeros(len(tokens), dtype=torch.float64, device=tokens.device)
        for rows in tokens.tensor_split(min(self.config.accumulate, tokens.shape[1]), dim=1):
            share = rows.shape[1] / tokens.shape[1]
            losses += share * backpropagate(
                rows[..., :-1], rows[..., 1:], weights, self.shape, self.turn, self.bf16,
                share * part, self.forward,
            )  # fmt: skip
        return losses

    @contextmanager
    def _fits(self) -> Iterator[None]:
        """Turn a memory that is full into an error that says what would fit.

        Raises:
            BadInputError: It is full.
        """
        import torch

        try:
            yield
        except (torch.OutOfMemoryError, MemoryError):
            raise too_large(self.config, self.device, self.bf16, len(self.seats)) from None
        except RuntimeError as error:
            if "can't allocate memory" not in str(error):  # what torch says of the processor's memory
                raise
            raise too_large(self.config, self.device, self.bf16, len(self.seats)) from None

    def _leave_out(self, wrong: Mapping[int, str]) -> None:
        """Stop models by number, each for a reason, and let the others go on.

        Raises:
            DivergedError: None is left.
        """
        if not wrong:
            return
        at = f"step {self.place.step}: "
        for model, why in wrong.items():
            self.seats[model].end("failed", at + why)
        if len(wrong) == len(self.seats):
            raise DivergedError(at + wrong[0])
        for model in wrong:
            del self.place.recent[self.seats[model].name]
        left = [model for model in range(len(self.seats)) if model not in wrong]
        self.stack = self.stack.kept(left)
        self.seats = [self.seats[model] for model in left]

    # --- what comes out -----------------------------------------------------------------------------

    def _evaluate(self) -> None:
        """Add a line of metrics to every model's, and let its `run.json` tell it."""
        config = self.config
        scores = self._scores()
        reasons = {model: wrong_loss(found) for model, found in enumerate(scores)}
        wrong = {model: f"{why}; lower learning_rate" for model, why in reasons.items() if why}
        self._leave_out(wrong)
        kept = [found for model, found in enumerate(scores) if model not in wrong]
        share = self.rate(max(0, self.place.step - 1))
        # Before the line that tells of this step: a kill between leaves no gap.
        if config.document_losses:
            self._record_documents()
        measures = self._measures()
        for seat, found in zip(self.seats, kept, strict=True):
            seat.evaluated(self.place, found, share * (seat.config.learning_rate or 0.0), measures)

    def _record_documents(self) -> None:
        """Write every document's loss under each model."""
        trajectories.record(self._asked(), self.data, [seat.folder for seat in self.seats], self.place.step)

    def _asked(self) -> Model:
        """Return the models as they are now, ready to be asked."""
        return Model(
            self.stack.weights, self.shape, self.turn, self.config.context, self.data.end_id, self.bf16
        )

    def _measures(self) -> Measures:
        """Return what the whole stack has cost so far."""
        place, config = self.place, self.config
        spent = self.energy.spent()
        if spent is not None:
            place.joules = (place.joules or 0.0) + spent
        peak, why = peak_flops(self.seats[0].run["machine"], self.bf16 and self.device != "cpu")
        told = {
            "flop_utilisation": why,
            "joules": self.energy.why or "since the run began, evaluations included",
        }
        for seat in self.seats:
            seat.run["measured"] = told
        tokens = (place.step - self.first) * config.batch_tokens * len(self.seats)
        flops = self.shape.flops_per_token(self.data.vocabulary, config.context) * tokens
        return {
            "flop_utilisation": flops / place.seconds / peak if peak and place.seconds else None,
            "joules": place.joules,
            "waited": place.waited / place.seconds if place.seconds else 0.0,
            "peak_memory": peak_memory(self.device),
        }

    def _scores(self) -> list[Scores]:
        def some(models: slice) -> list[Scores]:
            return self.exam.score(
                self.stack.part(models), self.shape, self.turn, self.config.batch_size, self.bf16
            )

        return [found for part in self.lanes.map(some, len(self.seats)) for found in part]

    def _look(self) -> None:
        """Raise what has gone wrong with a checkpoint that is being written."""
        self.beside.look()

    def _save_checkpoint(self) -> None:
        """Copy what the checkpoint is to hold; it is written while the next steps are made."""
        self.beside.wait()  # before the copy is made anew
        self.copies = copied(state_of(self.stack), self.copies)
        facts = facts_of(self.key, self.place)
        self.beside.do(lambda: save_checkpoint(self.checkpoint, self.copies, facts))

    def _weights_of(self, model: int) -> Mapping[str, Tensor]:
        return one(self.stack.weights, model)

    def _is_kept(self, step: int) -> bool:
        """Whether the models of a step are kept; those of the last one stand in `model` anyway."""
        every = self.config.keep_every
        return every is not None and step % every == 0 and step < self.config.steps

    def _save_models(self, folder: str) -> None:
        for model, seat in enumerate(self.seats):
            write_model(
                seat.folder / folder, self._weights_of(model), self.shape, self.config.context,
                self.data.tokenizer, (self.data.end_token, self.data.end_id),
            )  # fmt: skip

    def _join_trajectories(self) -> None:
        if self.config.document_losses and self.speaks:
            for seat in self.seats:
                trajectories.join(seat.folder, self.config.steps, {"run": seat.run["key"]})


def _compiled() -> Callable[..., Tensor]:
    import torch

    return torch.compile(hidden_states, dynamic=False)
