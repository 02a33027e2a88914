"""Where a run may begin other than at fresh weights: another run's checkpoint, or a model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend.config import Config
from core.backend.model.folder import read_model
from core.backend.model.stack import MOMENTS
from core.backend.record import read_run
from core.backend.training.checkpoint import has_checkpoint, read_place, read_state
from core.backend.training.seat import ALONE
from core.backend.training.setup import Order
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor

_NEITHER = "holds neither a run with a checkpoint nor a model"


@dataclass(frozen=True, slots=True)
class Trunk:
    """The state that models start from: one model's weights, its moments and its step.

    `order` is that of the data which brought it there, `manifest` the fingerprint of the manifest that they
    are of; a model alone has neither moments nor data.
    """

    key: str
    step: int
    weights: dict[str, Tensor]
    moments: dict[str, dict[str, Tensor]] | None
    tokenizer: Path
    manifest: str | None
    order: Order | None

    def check(self, config: Config, tokenizer: Path) -> None:
        """Refuse a config or data that the trunk does not fit.

        Raises:
            BadInputError: Another tokenizer, or no steps would be left to train.
        """
        if self.tokenizer.read_bytes() != tokenizer.read_bytes():
            raise BadInputError(
                self.tokenizer, "the trunk's tokenizer is not that of these data",
                "train on the same manifest and vocabulary, or name the trunk's tokenizer",
            )  # fmt: skip
        if self.step >= config.steps:
            raise BadInputError(
                f"a trunk of {self.step} steps", f"leaves none of {config.steps} to train", "raise tokens"
            )

    def check_shape(self, weights: dict[str, Tensor]) -> None:
        """Refuse a model of another shape than these weights.

        Raises:
            BadInputError: It is of another shape.
        """
        theirs = {name: tuple(w.shape) for name, w in self.weights.items()}
        if theirs != {name: tuple(w.shape) for name, w in weights.items()}:
            raise BadInputError(self.tokenizer.parent, "the trunk has another shape", "choose its preset")

    def lead(self, manifest: str, config: Config) -> Order | None:
        """Return the order of the data up to here, where a run of this manifest and config carries it on.

        Then nothing that the trunk read is read again before its turn.
        """
        order = self.order
        if order is None or manifest != self.manifest:
            return None
        same = (order["seed"], order["context"], order["batch_size"])
        return order if same == (config.seed, config.context, config.batch_size) else None


def open_trunk(folder: Path, weights_only: bool) -> Trunk:
    """Read the folder of a run, of a stack's member, or of a model.

    Args:
        folder: A finished or stopped run; with `weights_only` a folder as a run's `model`, too.
        weights_only: Begin at step 0 with fresh moments.

    Raises:
        BadInputError: There is neither.
    """
    run = read_run(folder)
    model = folder if run is None else folder / "model"
    if weights_only and (model / "model.safetensors").is_file():
        _, weights = read_model(model)
        digest = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
        return Trunk(digest, 0, weights, None, model / "tokenizer.json", None, None)
    if run is None or "checkpoint" not in run or not has_checkpoint(folder / run["checkpoint"]):
        raise BadInputError(folder, _NEITHER, "name a finished or stopped run's folder")
    path = folder / run["checkpoint"]
    place = read_place(path, run["checkpoint_key"])
    name = run.get("member", ALONE)
    if name not in place.recent:
        raise BadInputError(folder, "stopped before the stack's last checkpoint", "name another run")
    weights, moments = read_state(path, [list(place.recent).index(name)])
    alone = {n: w[0] for n, w in weights.items()}
    tokenizer = (folder / run["data"]).resolve() / "tokenizer.json"
    if weights_only:
        return Trunk(f"{run['key']}:{place.step}", 0, alone, None, tokenizer, None, None)
    first = {m: {n: t[0] for n, t in moments[m].items()} for m in MOMENTS}
    return Trunk(
        f"{run['key']}:{place.step}", place.step, alone, first, tokenizer,
        run["manifest_fingerprint"], run["order"],
    )  # fmt: skip
