"""Chunks of tokens through a network, in batches of a fixed shape, so that a chunk's numbers are its own."""

from __future__ import annotations

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines.threads import one_thread
from core.signals.classifier._labels import Reading
from core.signals.classifier._load import Model

Floats = NDArray[np.float32]
# Lengths are rounded up to a multiple of `STEP` tokens, and as many chunks run at once as `AT_ONCE` tokens
# hold: a processor gains by it with short texts only, a GPU with all.
STEP = {"cpu": 16, "cuda": 64}
AT_ONCE = {"cpu": 256, "cuda": 8_192}
DIGITS = 4  # kept: a GPU's sums differ from a processor's in the sixth


def values(model: Model, chunks: Sequence[Sequence[int]], reading: Reading, outputs: int) -> Floats:
    """Return (chunks, outputs): what the network says of each chunk of token ids, special ones among them.

    A batch has the same shape whatever is in it: a chunk is padded to the next step, and where chunks are
    short of a batch the last one is repeated. Sums then run in the same order for it, and nothing beside
    it changes a digit.
    """
    found = np.zeros((len(chunks), outputs), dtype=np.float32)
    batches = list(_batches(chunks, model))

    def read(batch: tuple[int, list[int]]) -> Floats:
        length, places = batch
        return _read(_logits(model, [chunks[place] for place in places], length), reading)

    for (_, places), rows in zip(batches, _mapped(read, batches, model.device), strict=True):
        found[places] = rows  # a place that fills the batch up is written again, the same
    return found


def _batches(chunks: Sequence[Sequence[int]], model: Model) -> Iterator[tuple[int, list[int]]]:
    """Yield each batch's length in tokens, and the places of its chunks, filled up by its last."""
    step, at_once = STEP[model.device], AT_ONCE[model.device]
    of_length: dict[int, list[int]] = defaultdict(list)
    for place, chunk in enumerate(chunks):
        of_length[min(model.max_tokens, -(-len(chunk) // step) * step)].append(place)
    for length, places in of_length.items():
        rows = max(1, at_once // length)
        for begin in range(0, len(places), rows):
            some = places[begin : begin + rows]
            yield length, some + some[-1:] * (rows - len(some))


def _mapped(read: Callable[[Any], Floats], batches: Sequence[Any], device: str) -> Iterator[Floats]:
    """Run the batches, in order; on a processor as many at once as it has cores, each batch on one of them.

    Within one core the sums' order stays the same. A worker of a pool has the others beside it, and takes
    one core.
    """
    import torch

    alone = device == "cpu" and multiprocessing.parent_process() is None
    threads = len(os.sched_getaffinity(0)) if alone else 1
    with (
        one_thread(),
        ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        yield from pool.map(read, batches)


def _logits(model: Model, chunks: Sequence[Sequence[int]], length: int) -> NDArray[np.float64]:
    import torch

    ids = np.full((len(chunks), length), model.padding, dtype=np.int64)
    mask = np.zeros((len(chunks), length), dtype=np.int64)
    for row, chunk in enumerate(chunks):
        ids[row, : len(chunk)], mask[row, : len(chunk)] = chunk, 1
    with torch.inference_mode():
        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        placed = {name: tensor.to(model.device) for name, tensor in inputs.items()}
        logits: NDArray[np.float64] = model.network(**placed).logits.double().cpu().numpy()
        return logits


def _read(logits: NDArray[np.float64], reading: Reading) -> Floats:
    """Turn logits into levels, probabilities or values."""
    found: NDArray[Any]
    if reading == "levels":
        found = logits.argmax(axis=-1)
    elif reading == "sigmoid":
        found = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
    elif reading == "softmax":
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        found = powers / powers.sum(axis=-1, keepdims=True)
    else:
        found = logits
    return np.round(found, DIGITS).astype(np.float32)
