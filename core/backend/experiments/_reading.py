"""Saved models, read back and asked: the loss of every token, and of averages of their parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backend._files import read_json
from core.backend.model.decoder import EPSILON, ROPE_BASE, head_of, hidden_states, token_losses
from core.backend.reading.documents import Model, open_model
from core.backend.reading.evaluate import Examination
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
_NO_TARGET = -1


def model_folder(path: Path) -> Path:
    """Return the folder of the model itself, for a run's folder too.

    Raises:
        BadInputError: There is no model.
    """
    for folder in (path / "model", path):
        if (folder / "config.json").is_file() and (folder / "model.safetensors").is_file():
            return folder
    raise BadInputError(path, "holds no saved model", "name the folder of a finished run, or its model/")


def read_saved(path: Path, device: str = "cpu", apart: bool = False) -> Model:
    """Read a model that a run saved, as a stack of one.

    Args:
        path: The run's folder, or the model's.
        device: Where its weights are to lie.
        apart: Whether a document does not see the one before it.

    Raises:
        BadInputError: There is no model, or it is of another build.
    """
    folder = model_folder(path)
    model, _ = open_model(folder, device)
    facts = read_json(folder / "config.json")
    expected = {"hidden_act": "silu", "rms_norm_eps": EPSILON, "rope_theta": ROPE_BASE}
    for key, value in expected.items():
        if facts.get(key, value) != value:
            rule = f"models asked here have {value}"
            raise BadInputError(f"{folder}: {key} {facts[key]}", rule, "name a model that a run saved")
    return replace(model, shape=replace(model.shape, apart=model.end_id if apart else None))


def merged(models: Sequence[Model], weights: Sequence[float]) -> Model:
    """Return the average of the models' parameters by weights, summed in fp64."""
    import torch

    average: dict[str, Tensor] = {}
    for name, first in models[0].weights.items():
        total = torch.zeros_like(first, dtype=torch.float64)
        for model, weight in zip(models, weights, strict=True):
            if weight:
                total.add_(model.weights[name].double(), alpha=weight)
        average[name] = total.float()
    return replace(models[0], weights=average)


def target_nats(model: Model, exam: Examination, rows: int) -> Floats:
    """Return the loss of every target of an examination, (windows, context); 0 where there is none.

    Args:
        model: Whose losses.
        exam: The windows.
        rows: Windows computed at once.
    """
    import torch

    head = head_of(model.weights)
    found = np.zeros(exam.targets.shape, dtype=np.float64)
    with torch.no_grad():
        for start in range(0, len(exam.inputs), rows):
            some = slice(start, start + rows)
            tokens = torch.from_numpy(exam.inputs[some]).to(head.device)[None]
            targets = torch.from_numpy(exam.targets[some].clip(min=0)).to(head.device)
            hidden = hidden_states(tokens, model.weights, model.shape, model.turn).flatten(1, 2)
            nats = token_losses(hidden, head, targets.flatten()[None])
            found[some] = nats.view_as(targets).double().cpu().numpy()
    return np.where(exam.targets == _NO_TARGET, 0.0, found)


def domain_losses(nats: Floats, exam: Examination) -> dict[str, float]:
    """Return the mean loss of each domain's targets, nats a token."""
    found = {}
    for number, domain in enumerate(exam.domains):
        mine = exam.owner == number
        found[domain] = float(nats[mine][exam.targets[mine] != _NO_TARGET].mean())
    return found


@dataclass(frozen=True, slots=True)
class Answers:
    """What each model gives to each token that came, and whose text it was: (models, tokens), (tokens,)."""

    probabilities: Floats
    owner: NDArray[np.int64]
    domains: tuple[str, ...]

    def losses(self, weights: Floats) -> dict[str, float]:
        """Return the cross-entropy by domain of the models' distributions mixed by weights."""
        nats = -np.log(weights @ self.probabilities)
        return {domain: float(nats[self.owner == i].mean()) for i, domain in enumerate(self.domains)}

    def share(self, target: Mapping[str, float]) -> Floats:
        """Return each token's part in a mean over domains by `target`, sum 1."""
        counts = np.bincount(self.owner, minlength=len(self.domains))
        each = np.array([target.get(domain, 0.0) for domain in self.domains]) / np.maximum(counts, 1)
        return np.asarray(each[self.owner] / each[self.owner].sum())


def answers(folders: Sequence[Path], exam: Examination, rows: int, device: str, apart: bool) -> Answers:
    """Ask saved models for the probability of every target, one model in memory at a time."""
    due = exam.targets != _NO_TARGET
    probabilities = np.empty((len(folders), int(due.sum())))
    for number, folder in enumerate(folders):
        probabilities[number] = np.exp(-target_nats(read_saved(folder, device, apart), exam, rows)[due])
    owner = np.broadcast_to(exam.owner[:, None], due.shape)[due]
    return Answers(probabilities, owner, exam.domains)
