"""Each token of given texts under a saved model: how likely it was, beside how likely tokens were there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backend.data.lines import json_object, sound
from core.backend.data.vocabulary import encode, load_tokenizer
from core.backend.model.decoder import head_of, hidden_states
from core.backend.reading.documents import Model
from core.errors import BadInputError, NotFoundError

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
_ROWS = 16  # windows computed at once
_LOGITS = 2**22  # held at once, in fp32


@dataclass(frozen=True, slots=True)
class Text:
    """A line of the file: an id, a text, and whether it was trained on, where the file says."""

    id: str
    text: str
    label: bool | None


@dataclass(frozen=True, slots=True)
class TokenScores:
    """A text's tokens: log-probability, and mean and deviation of all log-probabilities at that place.

    Mean and deviation are over the vocabulary, by the model's own distribution.
    """

    log_probability: Floats
    mean: Floats
    deviation: Floats


def read_texts(path: Path) -> list[Text]:
    """Read a JSONL file of texts: `text`, and where they are there `id` and `label` (0 or 1).

    Raises:
        NotFoundError: There is no such file.
        BadInputError: A line holds no text, or some lines have labels and others none.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        raise NotFoundError(path, "no such file", "name a JSONL file of texts") from None
    found = [_text(line, number, path) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise BadInputError(path, "holds no texts", "write a line of JSON with `text` for each")
    labelled = [text.label is not None for text in found]
    if any(labelled) and not all(labelled):
        number = labelled.index(False) + 1
        raise BadInputError(f"{path} text {number}", "has no label, others have", "label all or none")
    return found


def _text(line: bytes, number: int, path: Path) -> Text:
    row = json_object(line)
    text, label = row.get("text"), row.get("label")
    if not isinstance(text, str) or not text:
        raise BadInputError(f"{path} line {number}", "holds no `text`", "write one JSON object a line")
    if label is not None and label not in (0, 1):
        raise BadInputError(f"{path} line {number}: label", "is neither 0 nor 1", "1 says: was trained on")
    return Text(sound(str(row.get("id", number))), sound(text), None if label is None else bool(label))


def token_scores(model: Model, tokenizer: Path, texts: Sequence[str]) -> list[TokenScores]:
    """Return the scores of every token of every text, the first one after an end mark.

    A text longer than the model's context is read in windows that do not overlap. Memory grows with the
    texts' tokens, 24 bytes each.

    Raises:
        BadInputError: A text has no tokens.
    """
    tokens = encode(load_tokenizer(tokenizer), texts)
    for number, numbers in enumerate(tokens):
        if not numbers:
            raise BadInputError(
                f"text {number + 1}", "has no tokens under the model's tokenizer", "remove it"
            )
    flat = [np.empty((3, len(numbers))) for numbers in tokens]
    windows = sorted(_windows(tokens, model.context), key=lambda window: window[2] - window[1])
    for first in range(0, len(windows), _ROWS):
        some = windows[first : first + _ROWS]
        scores = _scored(model, [_window(tokens[text], a, b, model.end_id) for text, a, b in some])
        for (text, start, end), row in zip(some, scores, strict=True):
            flat[text][:, start:end] = row[:, : end - start]
    return [TokenScores(*rows) for rows in flat]


def _windows(tokens: Sequence[Sequence[int]], context: int) -> Iterator[tuple[int, int, int]]:
    for number, numbers in enumerate(tokens):
        for start in range(0, len(numbers), context):
            yield number, start, min(start + context, len(numbers))


def _window(tokens: Sequence[int], start: int, end: int, end_id: int) -> tuple[list[int], list[int]]:
    before = end_id if start == 0 else tokens[start - 1]
    return [before, *tokens[start : end - 1]], list(tokens[start:end])


def _scored(model: Model, pairs: Sequence[tuple[list[int], list[int]]]) -> Floats:
    """Return (windows, 3, longest): what stands behind a window's end is nothing."""
    import torch

    longest = max(len(targets) for _, targets in pairs)
    both = np.zeros((2, len(pairs), longest), dtype=np.int64)
    for row, (inputs, targets) in enumerate(pairs):
        both[0, row, : len(inputs)], both[1, row, : len(targets)] = inputs, targets
    head = head_of(model.weights)[0]
    inputs_, targets_ = torch.from_numpy(both).to(head.device)
    with torch.no_grad():
        hidden = hidden_states(inputs_[None], model.weights, model.shape, model.turn).flatten(0, 2)
        rows = max(1, _LOGITS // len(head))
        parts = [
            _statistics(hidden[i : i + rows] @ head.T, targets_.flatten()[i : i + rows])
            for i in range(0, len(hidden), rows)
        ]
    found = torch.cat(parts, dim=1).view(3, len(pairs), longest).transpose(0, 1)
    return np.asarray(found.cpu().numpy())


def _statistics(logits: Tensor, targets: Tensor) -> Tensor:
    import torch

    logs = torch.log_softmax(logits.float(), dim=-1)
    chosen = logs.gather(1, targets[:, None]).squeeze(1)
    shares = logs.exp()
    mean = (shares * logs).sum(-1)
    variance = (shares * (logs - mean[:, None]).square()).sum(-1)
    return torch.stack((chosen, mean, variance.sqrt())).double()
