"""What the encoder's heads are trained and judged on: labelled files, sentences from templates, prose."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.signals.toxicity import _data, _encoder, _passages, _templates

UNKNOWN = (float("nan"),) * 5
NEITHER_SHARE = 0.35  # of Davidson's "neither": enough tweets of everyday kind
PROSE_SHARE = 0.5
_SETS = {"race_origin": ("race", "national_origin"), "gender_sex": ("gender", "sexual_orientation"),
         "religion": ("religion",), "ability": ("disability",), "violence": ("violence",)}  # fmt: skip
MADE = "templates: "
_WEIGHTS = {"ethos": 2.0, "davidson hate": 0.7}


@dataclass(frozen=True, slots=True)
class Row:
    """A text, its toxicity and share of each dimension (NaN: unknown), origin and split."""

    text: str
    toxicity: float
    levels: tuple[float, ...]
    origin: str
    split: str  # train 65 %, calibrate 15 %, test 20 %, by the hash of the folded text


def weight(origin: str) -> float:
    """Return what an example of this origin weighs in the loss."""
    return 0.5 if origin.startswith(MADE) else _WEIGHTS.get(origin, 1.0)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def split(text: str) -> str:
    """Return the split a text belongs to; equal texts of two files share it."""
    number = int.from_bytes(hashlib.sha256(_folded(text).encode("utf-8", "replace")).digest()[:4], "big")
    share = number / 2**32
    return "train" if share < 0.65 else "calibrate" if share < 0.8 else "test"


def ethos(folder: Path) -> Iterator[Row]:
    """Yield ETHOS: the annotators' share for "hate", and for each dimension among the hateful ones."""
    found: dict[str, tuple[float, ...]] = {}
    with (folder / "ethos_multi_label.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            found[_folded(row["comment"])] = tuple(
                max(float(row[name]) for name in _SETS[dimension]) for dimension in _encoder.DIMENSIONS
            )
    with (folder / "ethos_binary.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            text, share = row["comment"], float(row["isHate"])
            otherwise = _templates.NONE if share < 0.5 else UNKNOWN
            yield Row(text, share, found.get(_folded(text), otherwise), "ethos", split(text))


def davidson(folder: Path, rng: np.random.Generator) -> Iterator[Row]:
    """Yield Davidson's "hate" and a share of "neither"; "offensive" to judge on only."""
    with (folder / "davidson_2017.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text, part = row["tweet"], split(row["tweet"])
            if row["class"] == "0":
                yield Row(text, 0.9, UNKNOWN, "davidson hate", part)
            elif rng.random() >= NEITHER_SHARE:
                continue
            elif row["class"] == "2":
                yield Row(text, 0.0, _templates.NONE, "davidson neither", part)
            elif part == "test" and rng.random() < 0.2:
                yield Row(text, 1.0, UNKNOWN, "davidson offensive", part)


def made(seed: int, each: int) -> Iterator[Row]:
    """Yield the templated sentences; all are for training."""
    for text, toxicity, levels, category in _templates.sentences(seed, each):
        yield Row(text, toxicity, levels, MADE + category, "train")


def clean(files: Sequence[Path], count: int, rng: np.random.Generator, seed: int) -> Iterator[Row]:
    """Yield one passage of 8 to 40 words from texts of the standard library and of neutral files."""
    for example in [*_data.documentation(2 * count, seed), *_data.prose(files, count, seed)]:
        words = example.text.split()
        begin = int(rng.integers(max(1, len(words) - 30)))
        text = " ".join(words[begin : begin + int(rng.integers(8, 40))])
        if rng.random() < PROSE_SHARE:
            yield Row(text, 0.0, _templates.NONE, example.origin, split(text))


def gather(labels: Path, neutral: Sequence[Path], seed: int, each: int = 4) -> list[Row]:
    """Collect every text that may be trained, calibrated or judged on; equal texts once."""
    rng = np.random.default_rng(seed)
    rows = [*ethos(labels), *davidson(labels, rng), *clean(neutral, 700, rng, seed), *made(seed, each)]
    unique = list({_folded(row.text): row for row in reversed(rows)}.values())[::-1]
    return [row for row in unique if _passages.spans(row.text)]
