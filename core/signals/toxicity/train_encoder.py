"""Train, calibrate and judge the heads on MiniLM; write `encoder.safetensors` and `ENCODER.md`.

Run as ``python -m core.signals.toxicity.train_encoder --labels DIR --out DIR [--neutral FILE]...
[--check FILE]...``. `--labels` holds ethos_binary.csv, ethos_multi_label.csv and davidson_2017.csv;
`--neutral` files (JSON Lines with `text`) are clean prose to learn from, `--check` files only to judge on.
The same files and seed give the same heads. Ten minutes on one core, most of them MiniLM's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.disk import write_text, written_aside
from core.engines.threads import one_thread
from core.signals.toxicity import _encoder, _encoder_card, _encoder_data, _passages

NETWORKS, HIDDEN, EPOCHS, BATCH, RATE = 3, 128, 20, 64, 1.5e-3
DECAY, DROPPED_IN, DROPPED = 0.05, 0.2, 0.4
DIMENSION_WEIGHT = 0.5  # of each dimension's loss beside that of toxicity
Tensors = dict[str, NDArray[Any]]


def vectors(rows: Sequence[_encoder_data.Row]) -> _encoder.Floats:
    """Return the features of each text's first passage: (n, 1536)."""
    found = []
    for row in rows:
        begin, end = _passages.spans(row.text)[0]
        found.append(_encoder.features(row.text[begin:end]))
    return np.stack(found)


def fit(rows: Sequence[_encoder_data.Row], found: _encoder.Floats, seed: int) -> Tensors:
    """Fit the networks one after another on the same features, each from a seed of its own."""
    mean, deviation = found.mean(axis=0), np.maximum(found.std(axis=0), 1e-2)
    standard = (found - mean) / deviation
    nets = [_network(rows, standard, seed + i) for i in range(NETWORKS)]
    tensors = {name: np.stack([net[name] for net in nets]).astype(np.float16) for name in nets[0]}
    # Biases are added to every row of a network's output: (networks, 1, width).
    tensors |= {name: tensors[name][:, None, :] for name in ("hidden_bias", "output_bias")}
    return tensors | {"mean": mean, "deviation": deviation, "calibration": np.array([1.0, 0.0])}


def _network(rows: Sequence[_encoder_data.Row], standard: _encoder.Floats, seed: int) -> Tensors:
    """Fit one network by AdamW on binary cross-entropy against shares; unknown shares cost nothing."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(seed)
    targets = torch.tensor([[row.toxicity, *row.levels] for row in rows], dtype=torch.float32)
    weights = torch.tensor([_encoder_data.weight(row.origin) for row in rows])[:, None]
    costs = weights * torch.tensor([1.0] + [DIMENSION_WEIGHT] * (_encoder.OUTPUTS - 1)) * ~targets.isnan()
    inputs, parameters = torch.from_numpy(standard), _started(standard.shape[1], generator)
    learner = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(rows) // BATCH)
    falling = torch.optim.lr_scheduler.LambdaLR(learner, lambda step: max(0.02, 1 - step / steps))
    for _ in range(EPOCHS):
        order = torch.randperm(len(rows), generator=generator)
        for batch in (order[i : i + BATCH] for i in range(0, len(rows), BATCH)):
            out = _forward(inputs[batch], parameters, generator)
            wanted = targets[batch].nan_to_num()
            losses = nn.functional.binary_cross_entropy_with_logits(out, wanted, reduction="none")
            learner.zero_grad()
            (losses * costs[batch]).sum(1).mean().backward()  # type: ignore[no-untyped-call]
            learner.step()
            falling.step()
    names = ("hidden", "hidden_bias", "output", "output_bias")
    return {name: p.detach().numpy() for name, p in zip(names, parameters, strict=True)}


def _started(width: int, generator: Any) -> list[Any]:
    import torch

    first = torch.randn(width, HIDDEN, generator=generator) / width**0.5
    last = torch.randn(HIDDEN, _encoder.OUTPUTS, generator=generator) / HIDDEN**0.5
    parameters = [first, torch.zeros(HIDDEN), last, torch.zeros(_encoder.OUTPUTS)]
    return [parameter.requires_grad_() for parameter in parameters]


def _forward(inputs: Any, parameters: Sequence[Any], generator: Any) -> Any:
    """Return the outputs with inputs and hidden units dropped at random."""
    import torch

    kept = torch.rand(inputs.shape, generator=generator) >= DROPPED_IN
    hidden = ((inputs * kept / (1 - DROPPED_IN)) @ parameters[0] + parameters[1]).relu()
    kept = torch.rand(hidden.shape, generator=generator) >= DROPPED
    return (hidden * kept / (1 - DROPPED)) @ parameters[2] + parameters[3]


def calibrate(tensors: Tensors, rows: Sequence[_encoder_data.Row], found: _encoder.Floats) -> Tensors:
    """Platt's scaling on labelled texts that were not fitted on, half of the mass toxic, by origin."""
    from sklearn.linear_model import LogisticRegression

    toxic = np.array([row.toxicity >= 0.5 for row in rows])
    raw = _encoder.Heads(tensors).logits(found)[:, :1]
    weights = _encoder_card.judged_weights(rows) * len(rows)
    learner = LogisticRegression(C=1e6).fit(raw, toxic, sample_weight=weights)
    return tensors | {"calibration": np.array([learner.coef_[0, 0], learner.intercept_[0]])}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--neutral", type=Path, action="append", default=[])
    parser.add_argument("--check", type=Path, action="append", default=[])
    parser.add_argument("--heads", type=Path, help="Judge these heads instead of training: the card alone.")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with one_thread():  # sums in one order, whatever the machine
        _train(options)


def _train(options: argparse.Namespace) -> None:
    from safetensors.numpy import save_file

    rows = _encoder_data.gather(options.labels, options.neutral, options.seed)
    if options.heads is not None:
        _put_card(_encoder.heads(options.heads), rows, options)
        return
    parts = {name: [row for row in rows if row.split == name] for name in ("train", "calibrate", "test")}
    tensors = fit(parts["train"], vectors(parts["train"]), options.seed)
    labelled = [row for row in parts["calibrate"] if row.origin.startswith(("ethos", "davidson"))]
    tensors = calibrate(tensors, labelled, vectors(labelled))
    with written_aside(options.out / "encoder.safetensors") as aside:
        save_file({name: np.ascontiguousarray(values) for name, values in tensors.items()}, aside)
    _put_card(_encoder.Heads(tensors), rows, options)


def _put_card(heads: _encoder.Heads, rows: Sequence[_encoder_data.Row], options: argparse.Namespace) -> None:
    card = _encoder_card.write(heads, rows, options.check, options.seed)
    write_text(options.out / "ENCODER.md", card)
    print(card)  # noqa: T201 the command's result


if __name__ == "__main__":
    main()
