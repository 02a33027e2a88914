"""What a step on one document would do to the loss on a target: products of gradients."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.backend._files import written_aside
from core.backend.model.decoder import EMBEDDING, head_of, hidden_states
from core.backend.reading.documents import Item, Model
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
Mode = Literal["dot", "cosine", "less"]
MODES: dict[Mode, str] = {
    "dot": "the product of the gradients (TracInCP, Pruthi et al. 2020, section 3.3; of the last checkpoint alone "
    "at a rate of 1)",
    "cosine": "the cosine of the gradients: no document counts more for being long or odd",
    "less": "the cosine of the target's gradient and the document's step of Adam (LESS, Xia et al. 2024, of the last "
    "checkpoint alone, and without its projection)",
}
_BETAS, _EPSILON = (0.9, 0.95), 1e-8  # of the training's AdamW
_WEIGHTS = 2**25  # of the copies held at once
_TOKENS = {"cpu": 2**12, "cuda": 2**16}  # of all copies, computed at once
_SORTED = 512  # documents held at once, so that those of like lengths are computed together
_LAYER = re.compile(r"model\.layers\.(\d+)\.")
_NO_TARGET = -1


def check_mode(mode: str) -> Mode:
    """Return the mode of that name; `BadInputError` lists those there are."""
    for known in MODES:
        if mode == known:
            return known
    raise BadInputError(f"mode {mode}", "no such mode", f"there are: {', '.join(MODES)}")


class Influence(NamedTuple):
    """One document's influence: above 0 where a step on it lowers the target's loss."""

    id: str
    domain: str
    tokens: int
    influence: float


@dataclass(frozen=True, slots=True)
class Moments:
    """AdamW's moments, (1, ...) each, and the steps that they are of."""

    first: Mapping[str, Tensor]
    second: Mapping[str, Tensor]
    steps: int


def influences(
    model: Model,
    documents: Iterable[Item],
    target: Sequence[Item],
    *,
    mode: Mode = "dot",
    layers: int | None = None,
    moments: Moments | None = None,
) -> Iterator[Influence]:
    """Yield each document's influence on a target, in the documents' order.

    A document's gradient is that of its mean loss, and the target's that of the mean over all its tokens. In
    mode `dot` a step of plain descent on the document with a small rate r changes the target's loss by -r
    times its influence. Several documents are computed at once: each on a copy of the model in a stack.

    Args:
        model: One model.
        documents: To be rated.
        target: What is to be learnt, tokens included.
        mode: How gradients are compared; see `MODES`.
        layers: Gradients of so many last layers, with the last norm, alone; None: of all weights.
        moments: For the mode `less`.

    Raises:
        BadInputError: `layers` is no number of layers, or the target has no text.
    """
    names = _chosen(model, layers)
    if not target:
        raise BadInputError("the target", "holds no text", "name texts, or a domain that validates on some")
    assert moments is not None or mode != "less"
    together = _together(model)
    copies = _Copies(model, names, together)
    towards = _target_gradient(copies, target)
    norm = math.sqrt(sum(float(g.double().square().sum()) for g in towards.values()))

    def rated(some: Sequence[Item]) -> list[float]:
        gradients = copies.gradients(some)
        if mode == "less" and moments is not None:
            gradients = _adam_steps(gradients, moments)
        found = _products(gradients, towards)
        if mode != "dot":
            found = np.clip(found / np.maximum(norm * _norms(gradients), 1e-30), -1, 1)
        return [float(value) for value in found[: len(some)]]

    for held in _runs(documents, _SORTED):
        order = np.argsort([len(item.tokens) for item in held], kind="stable")
        values = np.zeros(len(held))
        for some in _runs(order.tolist(), together):
            values[some] = rated([held[place] for place in some])
        for item, value in zip(held, values.tolist(), strict=True):
            yield Influence(item.id, item.domain, len(item.tokens), value)


def summed(
    models: Iterable[tuple[Model, float]],
    documents: Callable[[], Iterable[Item]],
    target: Sequence[Item],
    *,
    mode: Mode = "dot",
    layers: int | None = None,
    moments: Moments | None = None,
) -> list[Influence]:
    """Return the documents' influences, each model's times its learning rate, summed over the models.

    For the checkpoints of a run and in mode `dot` this is TracInCP (Pruthi et al. 2020, section 3.3): the sum
    over checkpoints i of η_i ∇ℓ(w_i, document) · ∇ℓ(w_i, target).

    Args:
        models: (model, learning rate); one is in memory at a time.
        documents: Gives the documents to be rated, once for each model.
        target: See `influences`, as for the others.
        mode: How gradients are compared.
        layers: Gradients of so many last layers alone.
        moments: For the mode `less`, of one model.

    Raises:
        BadInputError: As `influences`.
    """
    sums: list[Influence] = []
    for model, rate in models:
        rated = influences(model, documents(), target, mode=mode, layers=layers, moments=moments)
        found = [one._replace(influence=rate * one.influence) for one in rated]
        both = zip(sums, found, strict=True)
        sums = [a._replace(influence=a.influence + b.influence) for a, b in both] if sums else found
    return sums


def _together(model: Model) -> int:
    """Return how many copies of a model to hold: what its weights, and a window in each, allow."""
    device, size = model.weights[EMBEDDING].device.type, sum(w.numel() for w in model.weights.values())
    return max(1, min(32, _WEIGHTS // size, _TOKENS[device] // (2 * model.context)))


def _chosen(model: Model, layers: int | None) -> list[str]:
    """Return the names of the weights whose gradients count, in order."""
    if layers is None:
        return sorted(model.weights)
    if not 1 <= layers <= model.shape.layers:
        rule = f"the model has {model.shape.layers} layers"
        raise BadInputError(f"layers {layers}", rule, f"give 1 to {model.shape.layers}, or leave it out")
    first = model.shape.layers - layers

    def counts(name: str) -> bool:
        found = _LAYER.match(name)
        return int(found[1]) >= first if found else name == "model.norm.weight"

    return sorted(filter(counts, model.weights))


class _Copies:
    """One model several times over, a stack in which each document has its own copy."""

    def __init__(self, model: Model, names: Sequence[str], number: int) -> None:
        self._model, self._names, self.number = model, names, number
        self._weights = {
            name: w.detach().expand(number, *w.shape[1:]).clone().requires_grad_(name in names)
            for name, w in model.weights.items()
        }

    def gradients(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """Return the gradient of each document's mean loss, (copies, ...) by weight; 0 for copies left over."""
        import torch

        leaves = [self._weights[name] for name in self._names]
        total = [torch.zeros_like(leaf) for leaf in leaves]
        for inputs, targets in _rounds(items, self.number, self._model):
            share = torch.tensor([1 / len(item.tokens) for item in items], dtype=torch.float32)
            loss = (self._losses(inputs, targets)[: len(items)] * share.to(leaves[0].device)).sum()
            # A copy without a document has no part in the loss, and so no gradient.
            for tensor, slope in zip(total, torch.autograd.grad(loss, leaves), strict=True):
                tensor += slope
        return dict(zip(self._names, total, strict=True))

    def _losses(self, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> Tensor:
        """Return the sum of the targets' losses by copy."""
        import torch
        import torch.nn.functional as F  # noqa: N812 -- the name that all torch code uses

        model, device = self._model, self._weights[EMBEDDING].device
        tokens, due = torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device)
        hidden = hidden_states(tokens, self._weights, model.shape, model.turn).flatten(1, 2)
        logits = torch.bmm(hidden, head_of(self._weights).transpose(1, 2)).float()
        nats = F.cross_entropy(logits.flatten(0, 1), due.flatten(), ignore_index=_NO_TARGET, reduction="none")
        return nats.view(len(tokens), -1).sum(1)


def _rounds(
    items: Sequence[Item], copies: int, model: Model
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield inputs and targets, (copies, windows, longest), until every document is through."""
    context = model.context
    most = max(-(-len(item.tokens) // context) for item in items)
    at_once = max(1, _TOKENS[model.weights[EMBEDDING].device.type] // (copies * context))
    for start in range(0, most, at_once):
        rows = min(at_once, most - start)
        longest = max(min(context, max(0, len(item.tokens) - start * context)) for item in items)
        inputs = np.full((copies, rows, longest), model.end_id)
        targets = np.full((copies, rows, longest), _NO_TARGET)
        for copy, item in enumerate(items):
            before = np.concatenate([[model.end_id], item.tokens[:-1]])
            for row in range(rows):
                piece = slice((start + row) * context, (start + row + 1) * context)
                length = len(item.tokens[piece])
                inputs[copy, row, :length], targets[copy, row, :length] = before[piece], item.tokens[piece]
        yield inputs, targets


def _target_gradient(copies: _Copies, target: Sequence[Item]) -> dict[str, Tensor]:
    """Return the gradient of the mean loss over all tokens of a target."""
    import torch

    tokens = sum(len(item.tokens) for item in target)
    total: dict[str, Tensor] = {}
    for some in _runs(target, copies.number):
        weights = [len(item.tokens) / tokens for item in some] + [0.0] * (copies.number - len(some))
        for name, gradient in copies.gradients(some).items():
            shares = torch.tensor(weights, device=gradient.device)
            part = torch.tensordot(shares, gradient, dims=1)
            total[name] = total[name] + part if name in total else part
    return total


def _runs(items: Iterable[T], number: int) -> Iterator[list[T]]:
    held: list[T] = []
    for item in items:
        held.append(item)
        if len(held) == number:
            yield held
            held = []
    if held:
        yield held


def _products(gradients: Mapping[str, Tensor], towards: Mapping[str, Tensor]) -> NDArray[np.float64]:
    sums = [(gradient * towards[name]).flatten(1).double().sum(1) for name, gradient in gradients.items()]
    return np.asarray(sum(sums[1:], sums[0]).cpu().numpy(), dtype=np.float64)


def _norms(gradients: Mapping[str, Tensor]) -> NDArray[np.float64]:
    squares = [gradient.flatten(1).double().square().sum(1) for gradient in gradients.values()]
    return np.asarray(sum(squares[1:], squares[0]).sqrt().cpu().numpy(), dtype=np.float64)


def _adam_steps(gradients: Mapping[str, Tensor], moments: Moments) -> dict[str, Tensor]:
    """Return the steps that Adam would make on each gradient, from the moments as they are."""
    found, after = {}, moments.steps + 1
    for name, gradient in gradients.items():
        first = _BETAS[0] * moments.first[name] + (1 - _BETAS[0]) * gradient
        second = _BETAS[1] * moments.second[name] + (1 - _BETAS[1]) * gradient.square()
        root = (second / (1 - _BETAS[1] ** after)).sqrt()
        found[name] = first / (1 - _BETAS[0] ** after) / (root + _EPSILON)
    return found


# --- the file ---------------------------------------------------------------------------------------


def write_influences(found: Iterable[Influence], path: Path, facts: Mapping[str, str]) -> int:
    """Write influences as Parquet, a row a document, and return how many; `facts` go into its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = (pa.string(), pa.string(), pa.int64(), pa.float64())
    schema = pa.schema(list(zip(Influence._fields, kinds, strict=True)), metadata=dict(facts))
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:  # refused before anything is computed
        rows = list(found)
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in Influence._fields]
        table = pa.table(dict(zip(Influence._fields, columns, strict=True)), schema)
        pq.write_table(table, aside, compression="zstd")
    return len(rows)
