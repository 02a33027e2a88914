"""What the metrics of variety look at, gathered from a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from core.doors import Evidence
from core.errors import BadInputError
from core.metrics._texts import Texts
from core.metrics._vectors import unit
from core.pool import check_column, domain_codes
from core.types import Corpus
from core.workspace import Workspace

NUM_REFERENCE = 1000  # documents that stand for the corpus
EVIDENCE = ("vectors", "cluster", "is_duplicate")  # the columns that are looked at where they are there


class _Column(Sequence[str]):
    """A column of texts; a text becomes a Python string only when it is asked for."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        """Return a text, or the column of some."""
        if isinstance(at, slice):
            return _Column(self._column[at])
        text: str = self._column[at].as_py()
        return text


def gather(workspace: Workspace, corpus: Corpus, seed: int = 0) -> Evidence:
    """Return the evidence that is there, of every document of the corpus, in its order."""
    kinds = {name: column.kind for column in workspace.columns(corpus) for name in column.names}
    clusters = duplicate = vectors = reference = centroids = None
    num_clusters = 0
    if "cluster" in kinds:
        clusters = workspace.read(corpus, ["cluster"])["cluster"].to_numpy().astype(np.int32)
        num_clusters = int(clusters.max(initial=-1)) + 1
    if "is_duplicate" in kinds:
        duplicate = workspace.read(corpus, ["is_duplicate"])["is_duplicate"].to_numpy().astype(np.bool_)
    if "vectors" in kinds.values():
        vectors = workspace.vectors(corpus)
        size = min(NUM_REFERENCE, len(vectors))
        reference = vectors[np.sort(np.random.default_rng(seed).choice(len(vectors), size, replace=False))]
    if vectors is not None and clusters is not None:
        centroids = _centroids(vectors, clusters, num_clusters)
    return Evidence(
        texts=Texts(_Column(workspace.read(corpus, ["text"])["text"].combine_chunks())),
        vectors=vectors,
        clusters=clusters,
        num_clusters=num_clusters,
        duplicate=duplicate,
        domains=domain_codes(workspace, corpus, "source")[1],
        reference=reference,
        centroids=centroids,
    )


def _centroids(
    vectors: NDArray[np.float32], clusters: NDArray[np.int32], num_clusters: int
) -> NDArray[np.float32]:
    """The mean direction of each cluster less that of all: what all share would make any two alike.

    Vectors without a direction do not count; zero where a cluster has no other.
    """
    found = np.zeros((num_clusters, vectors.shape[1]))
    sizes = np.zeros(num_clusters)
    for cluster in range(num_clusters):
        members = unit(vectors[clusters == cluster])
        found[cluster], sizes[cluster] = members.sum(axis=0, dtype=np.float64), len(members)
    common = found.sum(axis=0) / max(1, sizes.sum())
    found[sizes > 0] = found[sizes > 0] / sizes[sizes > 0, None] - common
    return found.astype(np.float32)


def numbers(workspace: Workspace, corpus: Corpus, column: str) -> NDArray[np.float64]:
    """Return a column of numbers (or of true and false), nulls as NaN.

    Raises:
        BadInputError: no such column, or none of numbers.
    """
    import pyarrow as pa

    check_column(workspace, corpus, column)
    values = workspace.read(corpus, [column])[column]
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise BadInputError(column, f"holds {kind}, no numbers", "name a column of scores")
    if pa.types.is_boolean(kind):
        values = values.cast(pa.uint8())
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
