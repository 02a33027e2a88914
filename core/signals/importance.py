"""DSIR's importance weight: how much more a text is like a target than like the raw pool."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.errors import BadInputError
from core.signals._features import BUCKETS, features
from core.signals.ngrams import reference
from core.types import ColumnKind, Columns, Progress, silent

FLOOR = 1e-8  # added to each probability
TEXTS_HELD = 1024  # of a file that is streamed
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Importance:
    r"""The log importance weight of hashed n-grams, in whole and by word.

    Xie et al. (2023), "Data Selection for Language Models via Importance Resampling", section 4: features
    are the words and pairs of words of the lower-cased text (`\w+|[^\w\s]+`; a pair joined by one
    space), hashed by SHA-256 modulo 10,000; the weight is counts · (log(p_target + 1e-8) −
    log(p_raw + 1e-8)), p being the share of each bucket among all features of a file. To select with it,
    add Gumbel noise and keep the highest (`importance` is no probability, and grows with length;
    `importance_per_word` does not).

    `target` and `raw` are files of text, one a line, or JSON Lines with the field `text`. Texts of fewer
    than `min_words` words have nulls: the reference's selection leaves those under 100 out.
    """

    name: ClassVar[str] = "importance"
    version: ClassVar[int] = 2
    kind: ClassVar[ColumnKind] = "quality"
    target: str = field(default="", metadata={"file": True})
    raw: str = field(default="", metadata={"file": True})
    min_words: int = 100
    compiled: str = field(default="", compare=False, metadata={"private": True})

    def __post_init__(self) -> None:
        """Refuse texts of fewer words than none."""
        if self.min_words < 0:
            raise BadInputError(f"{self.name}.min_words = {self.min_words}", "is at least 0", "set 100")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return ("importance", "importance_per_word")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The hashes of both files: the same contents under any path sign the same."""
        return tuple(reference.signed(path, setting) for setting, path in self._files())

    def prepared(self, folder: Path, progress: Progress = silent) -> Importance:
        """Return a brick whose weights lie ready in `folder`; both files are read where they do not.

        The stage calls this once before the workers start. Equal to, and signed like, the brick itself.
        """
        key = disk.fingerprint([self.version, *self.inputs])[:32]
        path = folder / f"importance-{key}.npy"
        with disk.locked(folder / f".{path.stem}.lock"):
            if not path.exists():
                progress(0, None, f"{self.name}: reading target and raw")
                with disk.written_aside(path) as aside, aside.open("wb") as file:
                    np.save(file, self._weights())
        return replace(self, compiled=str(path))

    def score(self, texts: Sequence[str]) -> Columns:
        """Return both columns."""
        if self.compiled:
            weights = _loaded(self.compiled)
        else:
            times = [Path(path).stat().st_mtime_ns for _, path in self._files() if Path(path).is_file()]
            weights = _in_memory(self, tuple(times))
        found = weigh(texts, weights, self.min_words)
        return {name: found[:, i].copy() for i, name in enumerate(self.columns)}

    def _files(self) -> tuple[tuple[str, str], ...]:
        return ((f"{self.name}.target", self.target), (f"{self.name}.raw", self.raw))

    def _weights(self) -> Floats:
        """Return each bucket's weight."""
        for setting, path in self._files():
            reference.check(path, setting)
        target, raw = (
            log_shares(counted(reference.texts(path, setting)), path) for setting, path in self._files()
        )
        return target - raw


def counted(texts: Iterable[str]) -> NDArray[np.int64]:
    """Return how many of the texts' words and pairs of words fall into each bucket."""
    counts = np.zeros(BUCKETS, dtype=np.int64)
    for some in _held(texts):
        counts += np.bincount(features(some).buckets, minlength=BUCKETS)
    return counts


def _held(texts: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield texts that may be streamed, some at a time."""
    if isinstance(texts, Sequence):
        yield texts
        return
    stream = iter(texts)
    while some := list(itertools.islice(stream, TEXTS_HELD)):
        yield some


def log_shares(counts: NDArray[np.int64], where: str) -> Floats:
    """Return each bucket's log share of all; `where` names the texts where they hold no word."""
    if not counts.any():
        raise BadInputError(where, "holds no word", "name a file of text")
    shares: Floats = np.log(counts / counts.sum() + FLOOR)
    return shares


def weigh(texts: Sequence[str], weights: Floats, min_words: int) -> Floats:
    """Return (texts, 2): each text's weight in whole and by word; NaN where it has too few words, or none."""
    found, of = np.full((len(texts), 2), math.nan), features(texts)
    enough = np.flatnonzero(of.counts >= max(1, min_words))
    found[enough, 0] = of.summed(weights)[enough]
    found[enough, 1] = found[enough, 0] / of.counts[enough]
    return found


@functools.lru_cache(maxsize=4)
def _loaded(path: str) -> Floats:
    try:
        weights: Floats = np.load(path)
    except (OSError, ValueError):
        raise BadInputError(path, "holds no weights", "remove it, and score again") from None
    return weights


@functools.lru_cache(maxsize=4)
def _in_memory(brick: Importance, changed: tuple[int, ...]) -> Floats:  # noqa: ARG001 files' times tell them anew
    return brick._weights()
