"""Perplexity under an n-gram model of reference text, and CCNet's buckets of it."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.engines.batches import runs
from core.errors import BadInputError
from core.signals import ngrams
from core.signals.ngrams import arpa
from core.signals.ngrams import reference as references
from core.signals.ngrams.reference import Cut
from core.types import ColumnKind, Columns, Progress, silent

PART_CHARACTERS = 500_000  # scored at once
WORDS_AT_ONCE = 200_000  # of a longer text's lines


@dataclass(frozen=True, slots=True)
class Perplexity:
    """How surprising a text is to an n-gram model: 10^(−log10 P / words), each line's end a word (CCNet).

    The model is estimated from the text file `reference` (interpolated modified Kneser-Ney, as KenLM's
    lmplz), or read from the file `model`: an ARPA file (`.arpa`, `.arpa.gz`), or a binary of KenLM's,
    which needs the package `kenlm`. A line is a sentence; lines without a word are passed over, and a
    text without any has no perplexity. Words are cut as `cut` says (see `ngrams.reference.cutter`): the
    same rule for the reference and the texts; a model from elsewhere needs the rule it was made with,
    `spaces` for lmplz on text as it stands. CCNet's own models want its SentencePiece pieces.

    Wenzek et al. (2020), "CCNet", section 3.3 puts the 30 % of a language's documents with the lowest
    perplexity in the bucket `head`, the next 30 % in `middle`, the rest in `tail`. Those are shares of a
    whole corpus, and a signal sees one text, so here as there thresholds are fixed numbers: score without
    them, take the column's 30th and 60th percentile (`quantile_cont(perplexity, [0.3, 0.6])` in SQL), and
    set `head` and `tail` to those. Without both the bucket is null.
    Held-out parts of the reference would give thresholds too, but shares of the reference, not of a corpus.

    Of a longer reference only the first `max_tokens` words are read: 20 million take a minute and 1.2 GB
    at order 3. Scored on one core: 5,000 texts of 1.7 kB a second.
    """

    name: ClassVar[str] = "perplexity"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "quality"
    reference: str = field(default="", metadata={"file": True})
    model: str = field(default="", metadata={"file": True})
    order: int = 3
    cut: Cut = "words"
    min_count: int = 1
    max_words: int = 1_000_000
    max_tokens: int = 20_000_000
    head: float | None = None
    tail: float | None = None
    compiled: str = field(default="", compare=False, metadata={"private": True})

    def __post_init__(self) -> None:
        if not 2 <= self.order <= 5:
            raise BadInputError(f"{self.name}.order = {self.order}", "is from 2 to 5", "choose one of them")
        for setting in ("min_count", "max_words", "max_tokens"):
            if (value := getattr(self, setting)) < 1:
                raise BadInputError(f"{self.name}.{setting} = {value}", "is at least 1", "give a larger one")
        if (self.head is None) is not (self.tail is None):
            raise BadInputError(f"{self.name}.head, tail", "go together", "give both, or neither")
        if self.head is not None and self.tail is not None and not 0 <= self.head <= self.tail < math.inf:
            given = f"{self.name}.head = {self.head}, tail = {self.tail}"
            raise BadInputError(given, "are finite, head not above tail", "give the column's percentiles")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return ("perplexity", "perplexity_bucket")

    @property
    def inputs(self) -> tuple[str, ...]:
        """What is read and its hash: the same contents under any path sign the same."""
        self._check()
        kind = "reference" if self.reference else "model"
        return (kind, references.signed(self.reference or self.model, f"{self.name}.{kind}"))

    def _check(self) -> None:
        if bool(self.reference) is bool(self.model):
            remedy = f"name one of the two: {self.name}.reference=PATH or {self.name}.model=PATH"
            raise BadInputError(self.name, "needs a reference text or a model", remedy)
        references.check(
            self.reference or self.model, f"{self.name}.{'reference' if self.reference else 'model'}"
        )

    def prepared(self, folder: Path, progress: Progress = silent) -> Perplexity:
        """Return a brick that finds its model ready in `folder`; estimate or read it where it is not there.

        The stage calls this once before the workers start; they only load arrays. The file's name holds
        the hash of the reference and of the settings that shape the model, so nothing is made twice. A
        model estimated here also lies there as an ARPA file, for KenLM. Equal to, and signed like, the
        brick itself.
        """
        self._check()
        if self._is_binary:
            _binary(self.model)  # says at once what is missing
            return self
        path = folder / f"perplexity-{self._key()}.npz"
        with disk.locked(folder / f".{path.stem}.lock"):
            if not path.exists():
                progress(0, None, f"{self.name}: making the model")
                made = self._made()
                if self.reference:
                    arpa.write(made, path.with_suffix(".arpa"))
                made.save(path)
        return replace(self, compiled=str(path))

    def score(self, texts: Sequence[str]) -> Columns:
        """Return the perplexity, null for a text without a word, and its bucket."""
        if not self.compiled:
            self._check()
        found = [self._perplexities(part) for part in runs(texts, PART_CHARACTERS)]
        values = np.concatenate([np.zeros(0), *found])
        return {"perplexity": values, "perplexity_bucket": self._buckets(values)}

    def _buckets(self, values: NDArray[np.float64]) -> Any:
        import pyarrow as pa

        buckets = np.full(len(values), None, dtype=object)
        if self.head is not None and self.tail is not None:
            buckets[values < self.head] = "head"
            buckets[(values >= self.head) & (values < self.tail)] = "middle"
            buckets[values >= self.tail] = "tail"
        return pa.array(buckets, pa.string())  # typed, for a shard may hold nulls alone

    def _perplexities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        sizes, counts = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
        joined = np.concatenate([self._log10_scores(some) for some in self._lines(texts, sizes, counts)])
        values = np.full(len(texts), math.nan)
        some = np.flatnonzero(counts)
        if len(some):
            begins = np.cumsum(counts[some]) - counts[some]
            with np.errstate(over="ignore"):
                values[some] = 10.0 ** (-np.add.reduceat(joined, begins) / sizes[some])
        return values

    def _lines(
        self, texts: Sequence[str], sizes: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> Iterator[list[list[str]]]:
        """Yield the lines' words, some lines at a time; count each text's words and ends, and its lines."""
        cut = references.cutter(self.cut)
        lines: list[list[str]] = []
        held = 0
        for i, text in enumerate(texts):
            for line in text.split("\n"):
                if not (words := cut(line)):
                    continue
                lines.append(words)
                sizes[i] += len(words) + 1
                counts[i] += 1
                held += len(words) + 1
                if held > WORDS_AT_ONCE:
                    yield lines
                    lines, held = [], 0
        yield lines

    def _log10_scores(self, lines: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        if self._is_binary:
            model = _binary(self.model)
            return np.array([model.score(" ".join(words), bos=True, eos=True) for words in lines], np.float64)
        found = (
            _loaded(self.compiled)
            if self.compiled
            else _in_memory(self, Path(self.reference or self.model).stat().st_mtime_ns)
        )
        return found.log10_scores(lines)

    @property
    def _is_binary(self) -> bool:
        return bool(self.model) and not self.model.lower().removesuffix(".gz").endswith(".arpa")

    def _key(self) -> str:
        shape = (
            [self.order, self.cut, self.min_count, self.max_words, self.max_tokens] if self.reference else []
        )
        return disk.fingerprint([self.version, *self.inputs, shape])[:32]

    def _made(self) -> ngrams.Model:
        if self.model:
            return arpa.read(Path(self.model))
        made = ngrams.fit(self._reference_lines(), self.order, self.min_count, self.max_words)
        if len(made.orders[1].word) == 0:
            raise BadInputError(self.reference, "holds no word", f"name a text: {self.name}.reference=PATH")
        return made

    def _reference_lines(self) -> Iterator[list[str]]:
        cut, left = references.cutter(self.cut), self.max_tokens
        for text in references.texts(self.reference, f"{self.name}.reference"):
            for line in text.split("\n"):
                if words := cut(line)[:left]:
                    yield words
                    left -= len(words)
            if not left:
                return


@functools.lru_cache(maxsize=2)
def _loaded(path: str) -> ngrams.Model:
    return ngrams.load(Path(path))


@functools.lru_cache(maxsize=2)
def _in_memory(brick: Perplexity, changed: int) -> ngrams.Model:  # noqa: ARG001 a file's time tells it anew
    return brick._made()


@functools.lru_cache(maxsize=2)
def _binary(path: str) -> Any:
    try:
        kenlm: Any = importlib.import_module("kenlm")  # no requirement: only KenLM's binaries need it
    except ImportError:
        remedy = "install the package kenlm, or name the model's ARPA file (.arpa)"
        raise BadInputError(path, "a binary of KenLM's needs a package that is not here", remedy) from None
    try:
        return kenlm.Model(path)
    except OSError:
        raise BadInputError(path, "is no model that KenLM reads", "build it with KenLM's lmplz") from None
