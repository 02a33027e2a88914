"""Whether texts were trained on, told by their least likely tokens."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypedDict

import numpy as np
from numpy.typing import NDArray

from core.backend.experiments._bench import Bench, Lot, Result
from core.backend.experiments._figures import area_under_curve, found_at
from core.backend.experiments._reading import model_folder, read_saved
from core.backend.experiments._tables import write_parquet
from core.backend.experiments._tokens import Text, TokenScores, read_texts, token_scores
from core.backend.training.setup import chosen_device
from core.errors import BadInputError
from core.types import Manifest

Floats = NDArray[np.float64]
_FALSE_RATE = 0.05
_MEMORY = 2**22  # characters read at once


class Separation(TypedDict):
    """How well a score tells members from strangers: 0.5 is chance, 1 without a mistake."""

    auc: float | None
    found_at_5_percent: float | None  # share of members found where 5 % of strangers are taken for some


class MembershipResult(Result, total=False):
    """The scores' names with, where the texts have labels, how well each separates."""

    texts: int
    members: int | None
    separation: dict[str, Separation] | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Score texts by how likely it is that a model was trained on them: higher is likelier.

    `min_k` is Min-K% Prob (Shi et al. 2024, eq. 1): the mean log-probability of the k % least likely
    tokens. `min_k_plus` is Min-K%++ (Zhang et al. 2024): each log-probability is first brought to zero mean
    and deviation 1 by those of all tokens at that place. `log_likelihood` is the mean over all tokens, the
    baseline. Short texts and models that saw much data once are hardly told apart by any of them.
    """

    name: ClassVar[str] = "membership"
    version: ClassVar[int] = 1
    needs_manifest: ClassVar[bool] = False
    model: str = field(metadata={"help": "A finished run's folder, or its model/.", "file": True})
    texts: str = field(metadata={"help": "JSONL: text, and id and label (1: trained on).", "file": True})
    k: float = field(default=20.0, metadata={"help": "Per cent of a text's tokens."})

    def __post_init__(self) -> None:
        if not 0 < self.k <= 100:
            raise BadInputError(f"k {self.k}", "is a percentage above 0, at most 100", "give 20")

    def inputs(self) -> Mapping[str, str]:
        """Return what model and texts hold, wherever they lie."""
        folder = model_folder(Path(self.model))
        read_texts(Path(self.texts))
        files = {
            "model": folder / "model.safetensors",
            "tokenizer": folder / "tokenizer.json",
            "texts": Path(self.texts),
        }
        return {name: _hash(path) for name, path in files.items()}

    def lots(self, manifest: Manifest | None) -> Sequence[Lot]:  # noqa: ARG002 nothing is trained
        """Return no lot: nothing is trained."""
        return []

    def conduct(self, bench: Bench) -> MembershipResult:
        """Score every text, write `membership.parquet`, and say how well labels are told."""
        model = read_saved(Path(self.model), chosen_device(bench.config.device))
        tokenizer = model_folder(Path(self.model)) / "tokenizer.json"
        texts = read_texts(Path(self.texts))
        scores: list[dict[str, float]] = []
        for some in _batches(texts):
            scores += [
                self._scores(one) for one in token_scores(model, tokenizer, [text.text for text in some])
            ]
            bench.progress(len(scores), len(texts), "scoring texts")
        names = ("min_k", "min_k_plus", "log_likelihood")
        columns: dict[str, Sequence[object]] = {
            "id": [text.id for text in texts],
            "tokens": [int(one["tokens"]) for one in scores],
            **{name: [one[name] for one in scores] for name in names},
        }
        labels = [text.label for text in texts]
        if labels[0] is not None:
            columns["label"] = labels
        write_parquet(bench.out / "membership.parquet", columns)
        separation = None
        if labels[0] is not None:
            member = np.array(labels, dtype=bool)
            separation = {n: _separation(np.array([one[n] for one in scores]), member) for n in names}
        return {
            "texts": len(texts),
            "members": None if labels[0] is None else sum(bool(label) for label in labels),
            "separation": separation,
            "warnings": _warnings(labels),
            "files": ["membership.parquet"],
        }

    def _scores(self, one: TokenScores) -> dict[str, float]:
        plus = (one.log_probability - one.mean) / np.maximum(one.deviation, 1e-6)
        return {
            "tokens": float(len(one.log_probability)),
            "min_k": lowest_mean(one.log_probability, self.k),
            "min_k_plus": lowest_mean(plus, self.k),
            "log_likelihood": float(one.log_probability.mean()),
        }


def lowest_mean(values: Floats, k: float) -> float:
    """Return the mean of the k % smallest values, of one at least (rounded down, as the paper's code does)."""
    count = max(1, math.floor(len(values) * k / 100))
    return float(np.sort(values)[:count].mean())


def _separation(scores: Floats, member: NDArray[np.bool_]) -> Separation:
    return {
        "auc": area_under_curve(scores, member),
        "found_at_5_percent": found_at(scores, member, _FALSE_RATE),
    }


def _warnings(labels: Sequence[bool | None]) -> list[str]:
    if labels[0] is not None and len(set(labels)) == 1:
        return ["All labels are alike: nothing says how well the scores separate."]
    return []


def _batches(texts: Sequence[Text]) -> Sequence[Sequence[Text]]:
    """Cut the texts so that a batch's characters stay bounded."""
    found: list[list[Text]] = [[]]
    size = 0
    for text in texts:
        if found[-1] and size + len(text.text) > _MEMORY:
            found.append([])
            size = 0
        found[-1].append(text)
        size += len(text.text)
    return found


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise BadInputError(path, "cannot be read", "train the model again") from None
