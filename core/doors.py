"""The doors: one method each, which is all that a stage knows of its bricks.

A brick is a frozen dataclass whose fields are its settings; its name and version sign what it makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.types import ColumnKind, Columns, Document, Progress, Rejected, silent


class Source(Protocol):
    """Reads documents from somewhere; a record that cannot be read is a `Rejected`, never an exception."""

    name: ClassVar[str]
    version: ClassVar[int]

    def read(self) -> Iterator[Document | Rejected]:
        """Yield documents in a stable order."""


class Signal(Protocol):
    """Scores texts, each by itself: the same value whatever stands beside it in the batch."""

    name: ClassVar[str]
    version: ClassVar[int]
    kind: ClassVar[ColumnKind]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that `score` returns."""

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one array of `len(texts)` values per column; NaN (or None in an object array) is a null.

        A column of lists, such as one value a line, is an Arrow list array.
        """


class Prepared(Signal, Protocol):
    """A signal that rests on a model fitted on a file of the user's."""

    def prepared(self, folder: Path, progress: Progress = silent) -> Signal:
        """Return an equal signal whose model lies ready in the folder, fitted where it was not there yet.

        Called once, before workers start; the model's file is named after what it was fitted on.
        """


class Embedder(Protocol):
    """Turns texts into vectors of unit length."""

    name: ClassVar[str]
    version: ClassVar[int]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an (n, d) float32 array; a text with no known token is the zero vector."""


class Clusterer(Protocol):
    """Groups vectors."""

    name: ClassVar[str]
    version: ClassVar[int]

    def fit(self, vectors: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return n labels from 0; -1 is noise."""


class Matcher(Protocol):
    """Finds documents that say the same."""

    name: ClassVar[str]
    version: ClassVar[int]

    def groups(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return n group ids: the position of the group's first member; a lone text is its own group."""


class Streamed(Matcher, Protocol):
    """A matcher of texts that holds no more of a corpus than a signature a text.

    `signing` names the settings that a signature depends on. Where it `verifies`, it is a `Verifying`. It
    `threads` where it leaves the interpreter's lock alone. Texts come as strings or as an Arrow array.
    """

    signing: ClassVar[tuple[str, ...]]
    verifies: ClassVar[bool]
    threads: ClassVar[bool]

    def sign(self, texts: Any) -> NDArray[Any]:
        """Return an (n, width) array: each text's signature, whatever stands beside it."""

    def buckets(self, signatures: NDArray[Any]) -> NDArray[np.int32]:
        """Return an (n, bands) array of numbers; texts that share one are compared, -1 is shared by none."""

    def group(
        self,
        buckets: NDArray[np.int32],
        evidence: Any,
        ranks: NDArray[np.int64],
        parts: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return each text's centre inside its part, and at large; it is the lowest in rank of a group."""


class Verifying(Streamed, Protocol):
    """A streamed matcher that compares the texts that share a bucket."""

    def evidence(self, texts: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return what texts are compared by, one after another, and where each one's begins."""


class Ranker(Protocol):
    """Orders documents by how well they answer a query."""

    name: ClassVar[str]
    version: ClassVar[int]

    def rank(self, query: str, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return at most k document positions and their scores, best first."""


Need = Literal[
    "words", "tags", "vectors", "reference", "clusters", "centroids", "domains", "duplicate"
]  # what a metric looks at; "words" and "tags" are found in the texts
Cost = Literal["whole", "sample", "tagged"]  # cheap at any size; for a sample; for a few texts


class Metric(Protocol):
    """One number for the variety of a set of documents, whatever their order beyond what is drawn by it."""

    name: ClassVar[str]
    version: ClassVar[int]
    needs: ClassVar[tuple[Need, ...]]
    cost: ClassVar[Cost]
    span: ClassVar[tuple[float, float]]  # the least and the most that it can be

    def measure(self, evidence: Evidence) -> float:
        """Return the value, or NaN where the evidence does not suffice."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a diversity metric may look at: texts and, row for row, vectors, clusters, sources, groups.

    `reference` and `centroids` are of the whole corpus that the set is part of.
    """

    texts: Sequence[str]
    vectors: NDArray[np.float32] | None = None  # (n, d), unit length
    clusters: NDArray[np.int32] | None = None  # (n,), -1 is noise
    num_clusters: int = 0
    duplicate: NDArray[np.bool_] | None = None  # (n,), True for all but one of a group
    domains: NDArray[np.int32] | None = None  # (n,), positions in the corpus's list of sources
    reference: NDArray[np.float32] | None = None  # (m, d), vectors of documents drawn from the corpus
    centroids: NDArray[np.float32] | None = None  # (num_clusters, d)
    # what one metric found and the next may use; it does not go with a copy
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


class Selector(Protocol):
    """Chooses documents from a pool within a budget of tokens.

    It may have a sentence `obtain`: how a person comes by a column that it needs. One that needs something
    of a target has a setting `target`, a file of text; where its vectors are not of the texts themselves,
    it also has `phrases(texts)`, which returns what to embed.
    """

    name: ClassVar[str]
    version: ClassVar[int]

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that `select` reads beside `tokens`.

        Some names are no columns, and `core.needs` says what they are: `vectors`, `target_texts`,
        `target_vectors`, `target_importance`, `target_matches`.
        """

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence.

        The same documents in the same order, budget and state of `rng` give the same mask.
        """
