"""One model's part in the training of a stack: its folder, its order of data, its lines and its record."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from core.backend.config import Config
from core.backend.reading.evaluate import Scores
from core.backend.record import Metrics, Run, append_metrics, now, rewind_metrics, write_run
from core.backend.training.checkpoint import Place
from core.backend.training.curves import Board
from core.backend.training.measures import Measures

ALONE = "run"  # the name of the one model of a run that is no stack
_TOLD = (
    "step", "tokens", "train_loss", "losses", "bits_per_byte", "tokens_per_second", "seconds", "measures",
)  # fmt: skip


@dataclass(slots=True)
class Seat:
    """A model, where its results go and how it is to train.

    `course` is (share of training at which it ends, weights by domain) for each stage of its mixture.
    """

    name: str
    folder: Path
    config: Config
    course: list[tuple[float, dict[str, float]]]
    run: Run
    board: Board | None = field(default=None, compare=False)

    def rewind(self, step: int) -> bool:
        """Go back to the lines of metrics up to a step; whether there are any."""
        lines = rewind_metrics(self.folder, step)
        self.board = Board(self.folder, lines, datetime.fromisoformat(self.run["started"]).timestamp())
        if lines:
            self.run["first_losses"] = lines[0]["losses"]
            self._publish(lines[-1])
        return bool(lines)

    def evaluated(self, place: Place, scores: Scores, rate: float, measures: Measures) -> None:
        """Add a line of metrics, let `run.json` tell it, and begin a new mean of training losses."""
        recent = place.recent[self.name]
        tokens = place.step * self.config.batch_tokens
        trained = (place.step - self.run["first_step"]) * self.config.batch_tokens
        line: Metrics = {
            "step": place.step,
            "tokens": tokens,
            "train_loss": recent.mean,
            "losses": scores.losses,
            "bits_per_byte": scores.bits_per_byte,
            "learning_rate": rate,
            "tokens_per_second": trained / place.seconds if place.seconds else None,
            "seconds": place.seconds,
            "measures": measures,
        }
        append_metrics(self.folder, line)
        if self.board is not None:
            self.board.add(line)
        recent.loss_sum, recent.loss_steps = 0.0, 0
        if place.step == self.run["first_step"]:
            self.run["first_losses"] = scores.losses
        self._publish(line)

    def end(self, state: str, error: str | None = None) -> None:
        """Write down how the run ended."""
        if self.board is not None:
            self.board.close()
            self.board = None
        self.run |= {"state": state, "ended": now(), "error": error}  # type: ignore[typeddict-item] # one of RunState
        write_run(self.folder, self.run)

    def _publish(self, line: Metrics) -> None:
        for key in _TOLD:
            self.run[key] = line[key]  # type: ignore[literal-required] # both have them
        write_run(self.folder, self.run)


def wrong_loss(scores: Scores) -> str | None:
    """Name a domain whose loss is no number, in words."""
    for domain, loss in scores.losses.items():
        if not math.isfinite(loss):
            return f"the loss on {domain} is {loss}"
    return None
