"""Train, calibrate and judge the toxicity model; write `model.safetensors` and `CARD.md`.

Run as ``python -m core.signals.toxicity.train --labels DIR --out DIR [--neutral FILE]... [--check FILE]...``.
`--labels` holds davidson_2017.csv and ethos_binary.csv; `--neutral` files (JSON Lines with `text`) are
clean prose to learn from, `--check` files only to judge on. The same files and seed give the same model.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.disk import write_text, written_aside
from core.signals.toxicity import _card, _data, _features
from core.signals.toxicity.brick import Model

STRENGTH = 8.0  # inverse of the L2 penalty, chosen on the calibration split
# What share of the loss each origin carries; its own examples share it evenly.
TRAIN_MASS = {
    "ethos": 0.8, "davidson hate": 0.2, "davidson offensive": 0.25, "davidson neither": 0.25,
    "standard library": 0.35, "identity": 0.25, "prose": 0.8,
}  # fmt: skip


def _matrix(windows: list[tuple[list[str], NDArray[np.uint64]]]) -> Any:
    from scipy.sparse import csr_matrix

    indices, values, ends, known = [], [], [0], {}
    for words, hashes in windows:
        scale = len(words) ** -0.5
        for word in words:
            if word not in known:
                features = _features.word_features(word)
                known[word] = features, np.array(_features.word_values(len(features)))
            features, worth = known[word]
            indices.append(np.array(features))
            values.append(worth * scale)
        pairs = _features.pair_features(hashes)
        indices.append(pairs)
        values.append(np.full(len(pairs), scale))
        ends.append(ends[-1] + sum(len(known[word][0]) for word in words) + len(pairs))
    data = (np.concatenate(values), np.concatenate(indices), np.array(ends))
    matrix = csr_matrix(data, shape=(len(windows), _features.MASK + 1))
    matrix.sum_duplicates()
    return matrix


def fit(examples: Sequence[_data.Example]) -> Model:
    """Fit the linear model on windows, each with its text's label and its share of the text's weight."""
    from sklearn.linear_model import LogisticRegression

    windows, labels, masses = [], [], []
    origins = Counter(_kind(e.origin) for e in examples)
    for example in examples:
        cut = _features.split(example.text)
        for start, stop in zip(cut.starts, cut.stops, strict=True):
            words = cut.words[start:stop]
            windows.append((words, np.array([_features.word_hash(w) for w in words], dtype=np.uint64)))
            labels.append(example.toxic)
            kind = _kind(example.origin)
            masses.append(TRAIN_MASS[kind] / origins[kind] / (len(cut.starts) if example.toxic else 1))
    weights = np.array(masses) * (len(masses) / sum(masses))
    learner = LogisticRegression(C=STRENGTH, solver="lbfgs", max_iter=300)
    learner.fit(_matrix(windows), np.array(labels), sample_weight=weights)
    return Model(
        learner.coef_[0].astype(np.float16).astype(np.float32), float(learner.intercept_[0]), 1.0, 0.0
    )


def _kind(origin: str) -> str:
    return origin if origin in TRAIN_MASS else "prose"


def calibrate(model: Model, examples: Sequence[_data.Example]) -> Model:
    """Platt's scaling on texts the model was not fitted on: one slope and one shift of the worst window."""
    from sklearn.linear_model import LogisticRegression

    usable = [e for e in examples if len(model.windows(e.text))]
    worst = np.array([model.windows(e.text).max() for e in usable])
    learner = LogisticRegression(C=1e6)
    weights = _data.judged_weights(usable) * len(usable)
    learner.fit(worst[:, None], [e.toxic for e in usable], sample_weight=weights)
    return Model(model.weights, model.bias, float(learner.coef_[0, 0]), float(learner.intercept_[0]))


def gather(labels: Path, neutral: Sequence[Path], seed: int) -> list[_data.Example]:
    """Collect every example that may be trained, calibrated or judged on; equal texts once."""
    identity = [_data.Example(s, False, "identity", "train") for _, s in _data.identity_sentences(False)]
    found = [
        *_data.labelled(labels),
        *_data.documentation(8000, seed),
        *_data.prose(neutral, 3000, seed),
        *identity,
    ]
    return list({" ".join(e.text.lower().split()): e for e in reversed(found)}.values())[::-1]


def save(model: Model, path: Path) -> None:
    """Write weights in half precision, and bias, slope and shift, as safetensors."""
    from safetensors.numpy import save_file

    tensors = {
        "weights": model.weights.astype(np.float16),
        "calibration": np.array([model.bias, model.scale, model.shift], dtype=np.float64),
    }
    with written_aside(path) as aside:
        save_file(tensors, aside)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--neutral", type=Path, action="append", default=[])
    parser.add_argument("--check", type=Path, action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    examples = gather(options.labels, options.neutral, options.seed)
    model = fit([e for e in examples if e.split == "train"])
    model = calibrate(model, [e for e in examples if e.split == "calibrate"])
    save(model, options.out / "model.safetensors")
    held_out = [e for e in examples if e.split == "test"]
    checked = list(_data.prose(options.check, 4000, options.seed))
    card = _card.write(model, Counter((e.origin, e.split) for e in examples), held_out, checked)
    write_text(options.out / "CARD.md", card)
    print(card)  # noqa: T201 the command's result


if __name__ == "__main__":
    main()
