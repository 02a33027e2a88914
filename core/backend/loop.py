"""The training loop: from a run's last checkpoint, or its beginning, to its model."""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.backend._files import folder_aside, write_json
from core.backend.checkpoint import Place, load_checkpoint, save_checkpoint, save_tensors
from core.backend.config import Config
from core.backend.decoder import backpropagate, initial_weights, rotations, transformers_config
from core.backend.evaluate import examination
from core.backend.record import Metrics, Run, append_metrics, rewind_metrics, write_run
from core.backend.schedule import Window
from core.backend.sealed import Sealed
from core.backend.setup import describe_data, make_schedule
from core.backend.shards import prepare
from core.backend.vocabulary import END_ID, END_OF_TEXT
from core.errors import BadInputError, MixdeskError
from core.types import Progress

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import AdamW


class DivergedError(MixdeskError):
    """The loss or the gradient is no number any more; the message names the step and the documents."""


class Training:
    """One run: its data, its order, its weights and how far it is."""

    def __init__(self, sealed: Sealed, config: Config, out: Path, run: Run, progress: Progress) -> None:
        """Prepare the data, which takes the longest, and draw the weights."""
        assert config.eval_every is not None, "settled() comes first"
        assert config.checkpoint_every is not None
        assert config.learning_rate is not None
        self.config, self.out, self.run, self.progress = config, out, run, progress
        self.eval_every, self.checkpoint_every = config.eval_every, config.checkpoint_every
        self.peak, self.bf16 = config.learning_rate, run["precision"] == "bf16"
        self.data = prepare(sealed, config, out / "data", progress)
        self.shards = list(self.data.train.values())
        self.schedule = make_schedule(sealed, self.data, config)
        self.exam = examination(self.data, config.context, config.validation_tokens)
        describe_data(run, sealed, self.data, self.schedule, self.exam, config)
        self.turn = rotations(config.shape, config.context, run["device"])
        drawn = initial_weights(config.shape, self.data.vocabulary, config.seed)
        self.weights = {name: w.to(run["device"]).requires_grad_() for name, w in drawn.items()}
        self.optimiser = _optimiser(self.weights, config.weight_decay)
        self.place = Place()

    def finish(self) -> None:
        """Train to the end and save the model."""
        self._go_back_to_checkpoint()
        while self.place.step < self.config.steps:
            self._step()
            at_end = self.place.step == self.config.steps
            if at_end or self.place.step % self.eval_every == 0:
                self._evaluate()
            if at_end or self.place.step % self.checkpoint_every == 0:
                self._save_checkpoint()
        self._save_model()

    def _go_back_to_checkpoint(self) -> None:
        path = self.out / "checkpoint.safetensors"
        if path.exists():
            self.place = load_checkpoint(path, self.run["key"], self.weights, self.optimiser)
        lines = rewind_metrics(self.out, self.place.step)
        if lines:
            self.run["first_losses"] = lines[0]["losses"]
            self._publish(lines[-1])
        else:
            self._evaluate()

    def _learning_rate(self, step: int) -> float:
        """Return the rate of a step, from 0: linear warm-up, then a cosine down to a tenth."""
        steps = self.config.steps
        warm = round(self.config.warmup * steps)
        if step < warm:
            return self.peak * (step + 1) / warm
        through = (step - warm) / max(1, steps - 1 - warm)
        return self.peak * (0.55 + 0.45 * math.cos(math.pi * min(1.0, through)))

    def _step(self) -> None:
        import torch

        began, place = time.perf_counter(), self.place
        windows = self.schedule.batch(place.step)
        for group in self.optimiser.param_groups:
            group["lr"] = self._learning_rate(place.step)
        self.optimiser.zero_grad()
        mean = self._backpropagate(windows)
        slope = torch.nn.utils.clip_grad_norm_(self.weights.values(), self.config.clip)
        self.optimiser.step()
        # The one moment at which a step waits for the device; weights that went wrong are never saved.
        loss, norm = torch.stack((mean, slope.double())).tolist()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise self._diverged(loss, windows)
        place.step += 1
        place.loss_sum += loss
        place.loss_steps += 1
        place.seconds += time.perf_counter() - began
        self.progress(place.step, self.config.steps, f"training: loss {loss:.3f}")

    def _backpropagate(self, windows: list[Window]) -> Tensor:
        import torch

        context = self.config.context
        rows = np.stack([self.shards[w.domain].window(w.index, context) for w in windows])
        tokens = torch.from_numpy(rows).to(self.run["device"])
        try:
            return backpropagate(
                tokens[:, :-1], tokens[:, 1:], self.weights, self.config.shape, self.turn, self.bf16
            )
        except torch.OutOfMemoryError:
            raise BadInputError(
                f"batch_size {len(windows)} of {context} tokens",
                "does not fit into the GPU's memory",
                "halve batch_size or choose a smaller preset",
            ) from None

    def _diverged(self, loss: float, windows: list[Window]) -> DivergedError:
        ids = {i for w in windows for i in self.shards[w.domain].ids(w.index, self.config.context)}
        what = "gradient is not finite" if math.isfinite(loss) else f"loss is {loss}"
        return DivergedError(
            f"step {self.place.step + 1}: the {what}; lower learning_rate, or look at the batch's "
            f"documents: {', '.join(sorted(ids))}"
        )

    def _evaluate(self) -> None:
        """Add a line of metrics and let `run.json` tell it."""
        config, place = self.config, self.place
        scores = self.exam.score(self.weights, config.shape, self.turn, config.batch_size, self.bf16)
        for domain, loss in scores.losses.items():
            if not math.isfinite(loss):
                raise DivergedError(f"step {place.step}: the loss on {domain} is {loss}; lower learning_rate")
        tokens = place.step * config.batch_tokens
        line: Metrics = {
            "step": place.step,
            "tokens": tokens,
            "train_loss": place.loss_sum / place.loss_steps if place.loss_steps else None,
            "losses": scores.losses,
            "bits_per_byte": scores.bits_per_byte,
            "learning_rate": self._learning_rate(max(0, place.step - 1)),
            "tokens_per_second": tokens / place.seconds if place.seconds else None,
            "seconds": place.seconds,
        }
        append_metrics(self.out, line)
        place.loss_sum, place.loss_steps = 0.0, 0
        if place.step == 0:
            self.run["first_losses"] = scores.losses
        self._publish(line)

    def _publish(self, line: Metrics) -> None:
        for key in (
            "step",
            "tokens",
            "train_loss",
            "losses",
            "bits_per_byte",
            "tokens_per_second",
            "seconds",
        ):
            self.run[key] = line[key]
        write_run(self.out, self.run)

    def _save_checkpoint(self) -> None:
        path = self.out / "checkpoint.safetensors"
        save_checkpoint(path, self.run["key"], self.place, self.weights, self.optimiser)

    def _save_model(self) -> None:
        """Write the folder `model` as `transformers.AutoModelForCausalLM` and `AutoTokenizer` read it."""
        config, vocabulary = self.config, self.data.vocabulary
        with folder_aside(self.out / "model") as folder:
            save_tensors(folder / "model.safetensors", {n: w.detach() for n, w in self.weights.items()}, {})
            facts = transformers_config(config.shape, vocabulary, config.context, END_ID)
            write_json(folder / "config.json", facts)
            shutil.copyfile(self.data.tokenizer, folder / "tokenizer.json")
            names = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END_OF_TEXT}
            write_json(folder / "tokenizer_config.json", names)


def _optimiser(weights: dict[str, Tensor], weight_decay: float) -> AdamW:
    """Return AdamW with GPT-3's betas; norms, which have one dimension, do not decay."""
    from torch.optim import AdamW

    matrices = [w for w in weights.values() if w.ndim == 2]
    vectors = [w for w in weights.values() if w.ndim != 2]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=0.0, betas=(0.9, 0.95), fused=True)
