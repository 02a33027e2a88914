"""The fast toxicity model: linear over hashed words and letters."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.signals.toxicity import _features

MODEL = Path(__file__).with_name("model.safetensors")
_CACHED_WORDS = 300_000


class Model:
    """A linear model over hashed words and letters; a word's share of the sum is computed once."""

    def __init__(self, weights: NDArray[np.float32], bias: float, scale: float, shift: float) -> None:
        self.weights, self.bias, self.scale, self.shift = weights, bias, scale, shift
        self._known: dict[str, tuple[float, int]] = {}

    def windows(self, text: str) -> NDArray[np.float64]:
        """Return the raw score of each window, none for a text without words."""
        cut = _features.split(text)
        if not cut.words:
            return np.empty(0)
        if len(self._known) > _CACHED_WORDS:
            self._known = {}
        pairs = [self._known.get(word) or self._learn(word) for word in cut.words]
        single = np.array([value for value, _ in pairs])
        double = np.zeros(len(pairs))
        hashes = np.array([number for _, number in pairs], dtype=np.uint64)
        double[1:] = self.weights[_features.pair_features(hashes)]
        double[cut.starts] = 0  # the pair that reaches into the window before
        sums = np.add.reduceat(single + double, cut.starts)
        result: NDArray[np.float64] = sums / np.sqrt(cut.stops - cut.starts) + self.bias
        return result

    def _learn(self, word: str) -> tuple[float, int]:
        features = _features.word_features(word)
        value = float(np.dot(self.weights[features], _features.word_values(len(features))))
        self._known[word] = (value, _features.word_hash(word))
        return self._known[word]

    def probability(self, text: str) -> float:
        """Return the calibrated score of the worst window; NaN for a text without words."""
        scores = self.windows(text)
        if not len(scores):
            return float("nan")
        return float(1 / (1 + np.exp(-(self.scale * scores.max() + self.shift))))


@lru_cache(maxsize=1)
def load(path: Path = MODEL) -> Model:
    """Read a model's weights, once a process."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    bias, scale, shift = (float(value) for value in tensors["calibration"])
    return Model(tensors["weights"].astype(np.float32), bias, scale, shift)
