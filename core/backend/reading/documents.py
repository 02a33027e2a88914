"""What models make of single documents: loss, bits per byte and EL2N of each, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.backend._files import read_json, written_aside
from core.backend.data.build import batches
from core.backend.data.lines import json_object, sound
from core.backend.data.sealed import Sealed
from core.backend.data.vocabulary import encode, load_tokenizer
from core.backend.model.decoder import EMBEDDING, Weights, head_of, hidden_states, rotations
from core.backend.model.folder import read_model
from core.backend.model.shape import Shape
from core.errors import BadInputError
from core.types import Progress, silent

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
_CHUNK = 2**18  # tokens of documents held at once
_BATCH = {"cpu": 2**12, "cuda": 2**16}  # tokens of all models computed at once
_LOGITS = {"cpu": 2**21, "cuda": 2**26}  # held at once, in fp32
_NO_TARGET = -1


@dataclass(frozen=True, slots=True)
class Model:
    """Some models of one shape side by side, ready to be asked: weights lead with their number, M."""

    weights: Weights
    shape: Shape
    turn: tuple[Tensor, Tensor]
    context: int
    end_id: int
    bf16: bool = False
    forward: Callable[..., Tensor] = hidden_states  # or what has the weights, where they are in parts


class Item(NamedTuple):
    """A document to be scored: its tokens, the end mark with them, and the bytes of its text."""

    id: str
    domain: str
    tokens: NDArray[np.int64]
    bytes: int


class Scored(NamedTuple):
    """Some documents and what M models make of them: (M, documents) each.

    `loss` is in nats a token, the end mark's included; `bits_per_byte` leaves the end mark out, and is NaN
    where a text is empty. `el2n` is the norm ‖p − y‖₂ of a prediction's error (Paul et al. 2021, Deep
    Learning on a Data Diet, definition 2.2), averaged over the tokens.
    """

    items: list[Item]
    loss: Floats
    bits_per_byte: Floats
    el2n: Floats


class DocumentLoss(NamedTuple):
    """One document under one model; see `Scored`."""

    id: str
    domain: str
    tokens: int
    bytes: int
    loss: float
    bits_per_byte: float
    el2n: float


def document_losses(
    folder: Path,
    documents: Sealed | Iterable[tuple[str, str]],
    device: str = "cpu",
    progress: Progress = silent,
) -> Iterator[DocumentLoss]:
    """Yield what a saved model makes of each document, in the documents' order.

    Each document is read from its beginning, after an end mark, and sees no other one. What is longer than
    the model's context is cut into windows that do not overlap. Memory does not grow with the documents.

    Args:
        folder: A run's folder or its `model`.
        documents: A manifest's, or (id, text); these have no domain.
        device: Where to compute.
        progress: Told of the documents done.

    Raises:
        BadInputError: The folder holds no model.
    """
    model, tokenizer = open_model(folder, device)
    triples = _of_manifest(documents) if isinstance(documents, Sealed) else _without_domain(documents)
    total = sum(file.rows for file in documents.manifest.files) if isinstance(documents, Sealed) else None
    done = 0
    for some in scored(model, tokenised(triples, tokenizer, model.end_id)):
        done += len(some.items)
        progress(done, total, "documents' losses")
        rows = zip(some.items, some.loss[0], some.bits_per_byte[0], some.el2n[0], strict=True)
        for item, loss, bits, el2n in rows:
            numbers = (len(item.tokens), item.bytes, float(loss), float(bits), float(el2n))
            yield DocumentLoss(item.id, item.domain, *numbers)


def open_model(folder: Path, device: str = "cpu") -> tuple[Model, Path]:
    """Return a saved model, as a stack of one, and its tokenizer's file.

    Raises:
        BadInputError: The folder, or its folder `model`, holds no model.
    """
    inner = folder / "model" if (folder / "model").is_dir() else folder
    shape, weights = read_model(inner)
    facts = read_json(inner / "config.json")
    context, end = int(facts["max_position_embeddings"]), int(facts["eos_token_id"])
    placed = {name: tensor[None].to(device) for name, tensor in weights.items()}
    return Model(placed, shape, rotations(shape, context, device), context, end), inner / "tokenizer.json"


def _of_manifest(sealed: Sealed) -> Iterator[tuple[str, str, str]]:
    for domain in sealed.domains:
        for identity, text in sealed.documents(domain):
            yield identity, domain, text


def _without_domain(documents: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for identity, text in documents:
        yield sound(identity), "", sound(text)


def tokenised(documents: Iterable[tuple[str, str, str]], tokenizer: Path, end_id: int) -> Iterator[Item]:
    """Yield the documents, (id, domain, text), as tokens; some megabytes of text are held at once."""
    loaded, domains = load_tokenizer(tokenizer), list[str]()

    def pairs() -> Iterator[tuple[str, str]]:
        for identity, domain, text in documents:
            domains.append(domain)
            yield identity, text

    for batch in batches(pairs()):
        tokens = encode(loaded, [text for _, text in batch])
        here, domains[:] = domains[: len(batch)], domains[len(batch) :]
        for (identity, text), domain, numbers in zip(batch, here, tokens, strict=True):
            size = len(text.encode("utf-8"))
            yield Item(identity, domain, np.asarray([*numbers, end_id], dtype=np.int64), size)


# --- scoring ----------------------------------------------------------------------------------------


def scored(model: Model, items: Iterable[Item]) -> Iterator[Scored]:
    """Yield what the models make of the documents, some of them at a time, in order."""
    held: list[Item] = []
    tokens = 0
    for item in items:
        held.append(item)
        tokens += len(item.tokens)
        if tokens >= _CHUNK:
            yield _of_chunk(model, held)
            held, tokens = [], 0
    if held:
        yield _of_chunk(model, held)


def _of_chunk(model: Model, items: list[Item]) -> Scored:
    """Score documents in windows, those of like lengths together."""
    device = model.weights[EMBEDDING].device
    most = max(1, _BATCH[device.type] // len(model.weights[EMBEDDING]))
    sums = np.zeros((3, len(model.weights[EMBEDDING]), len(items)))
    for windows in _batched(_windows(items, model.context), most):
        inputs, targets, owner = _laid_out(items, windows, model.end_id)
        nats, norms = _of_targets(model, inputs, targets)
        text = targets[targets != _NO_TARGET] != model.end_id
        for model_number in range(sums.shape[1]):
            one = nats[model_number]
            for row, values in enumerate((one, one * text, norms[model_number])):
                sums[row, model_number] += np.bincount(owner, values, len(items))
    counts = np.array([len(item.tokens) for item in items])
    sizes = np.array([item.bytes or math.nan for item in items])
    return Scored(items, sums[0] / counts, sums[1] / math.log(2) / sizes, sums[2] / counts)


Window = tuple[int, int, int]  # the item, its first target, and how many


def _windows(items: Sequence[Item], context: int) -> list[Window]:
    found = [
        (number, start, min(context, len(item.tokens) - start))
        for number, item in enumerate(items)
        for start in range(0, len(item.tokens), context)
    ]
    return sorted(found, key=lambda window: window[2])


def _batched(windows: Sequence[Window], most: int) -> Iterator[Sequence[Window]]:
    """Yield runs of windows, in order of length, that are together no larger than `most` tokens."""
    start = 0
    for end in range(1, len(windows) + 1):
        if end == len(windows) or (end + 1 - start) * windows[end][2] > most:
            yield windows[start:end]
            start = end


def _laid_out(
    items: Sequence[Item], windows: Sequence[Window], end_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return inputs and targets, (windows, longest), and the item of every target there is, in order."""
    longest = max(length for _, _, length in windows)
    inputs = np.full((len(windows), longest), end_id)
    targets = np.full((len(windows), longest), _NO_TARGET)
    for row, (number, start, length) in enumerate(windows):
        tokens = items[number].tokens
        targets[row, :length] = tokens[start : start + length]
        first = 1 if start == 0 else 0  # a document's first token follows an end mark
        inputs[row, first:length] = tokens[start + first - 1 : start + length - 1]
    owner = np.repeat([number for number, _, _ in windows], [length for _, _, length in windows])
    return inputs, targets, owner


def _of_targets(model: Model, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the loss and the error's norm of every target there is, (M, targets) each."""
    import torch

    models, device = len(model.weights[EMBEDDING]), model.weights[EMBEDDING].device
    due = torch.from_numpy(targets != _NO_TARGET).to(device)
    right = torch.from_numpy(targets[targets != _NO_TARGET]).to(device)[:, None]
    found = torch.empty(2, models, len(right), device=device)
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=model.bf16):
        tokens = torch.from_numpy(inputs).to(device).expand(models, -1, -1)
        hidden = model.forward(tokens, model.weights, model.shape, model.turn)
        head = head_of(model.weights)
        rows = max(1, _LOGITS[device.type] // head.shape[1])
        for number in range(models):
            states = hidden[number][due]
            for start in range(0, len(states), rows):
                some = slice(start, start + rows)
                logs = (states[some] @ head[number].to(states.dtype).T).float().log_softmax(-1)
                chosen = logs.gather(1, right[some]).squeeze(1)
                squares = logs.exp_().square_().sum(-1) - 2 * chosen.exp() + 1
                found[0, number, some], found[1, number, some] = -chosen, squares.clamp(min=0).sqrt()
    nats, norms = found.double().cpu().numpy()
    return nats, norms


# --- the file ---------------------------------------------------------------------------------------


def write_losses(losses: Iterable[DocumentLoss], path: Path, facts: dict[str, str]) -> int:
    """Write documents' losses as Parquet, a row each, and return how many; `facts` go into its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = (pa.string(), pa.string(), pa.int64(), pa.int64(), pa.float64(), pa.float64(), pa.float64())
    fields = list(zip(DocumentLoss._fields, kinds, strict=True))
    schema = pa.schema(fields, metadata=facts)
    rows: list[DocumentLoss] = []
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside, pq.ParquetWriter(aside, schema, compression="zstd") as writer:
        for row in losses:
            rows.append(row)
            count += 1
            if len(rows) == 65_536:
                writer.write_table(_table(rows, schema))
                rows = []
        writer.write_table(_table(rows, schema))
    return count


def _table(rows: Sequence[DocumentLoss], schema: object) -> object:
    import pyarrow as pa

    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in DocumentLoss._fields]
    columns[-2] = [None if math.isnan(value) else value for value in columns[-2]]
    return pa.table(dict(zip(DocumentLoss._fields, columns, strict=True)), schema)


def read_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of a JSON Lines file; an id that is missing is the line's number.

    Raises:
        BadInputError: There is no such file, it is empty, or a line holds no text.
    """
    empty = True
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                row = json_object(line)
                if not isinstance(row.get("text"), str):
                    rule = "holds no `text`"
                    raise BadInputError(f"{path} line {number}", rule, "write one JSON object a line")
                empty = False
                yield sound(str(row.get("id", number))), sound(row["text"])
    except OSError as error:
        rule = f"cannot be read ({error.strerror})"
        raise BadInputError(path, rule, "name a JSON Lines file of texts") from None
    if empty:
        raise BadInputError(path, "holds no texts", "write a line of JSON with `text` for each")
