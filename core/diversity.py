"""Say how varied a corpus and each of its domains are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import bricks
from core.doors import Evidence, Metric
from core.metrics import METRICS
from core.types import JSON, Corpus, Progress, silent
from core.workspace import Workspace

Values = dict[str, float | None]


def diversity(workspace: Workspace, name: str, progress: Progress = silent) -> dict[str, JSON]:
    """Measure a corpus and each of its domains.

    Returns:
        `{"metrics": {"corpus": {metric: value}, "domains": {domain: {metric: value}}}}`; a value is None
        where the evidence is not there yet (no embedding, no clusters, no search for duplicates) or too
        little. The inner map is kept as the report `diversity`.
    """
    corpus = workspace.corpus(name)
    everything = _evidence(workspace, corpus)
    sources = np.array(workspace.read(corpus, ["source"])["source"].to_pylist(), dtype=object)
    steps = len(corpus.domains) + 1
    progress(0, steps, "diversity")
    result: dict[str, JSON] = {"corpus": measure(everything), "domains": {}}
    for done, domain in enumerate(corpus.domains, start=1):
        progress(done, steps, f"diversity of {domain}")
        result["domains"][domain] = measure(_part(everything, np.flatnonzero(sources == domain)))
    progress(steps, steps, "diversity")
    workspace.write_report(corpus, "diversity", result)
    return {"metrics": result}


def measure(evidence: Evidence, metrics: Mapping[str, type[Metric]] = METRICS) -> Values:
    """Return every metric's value by name; None where the evidence does not suffice."""
    values = {name: bricks.make(metrics, name).measure(evidence) for name in metrics}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class _Texts:
    """Some rows of a column of texts; a text becomes a Python string only when it is asked for."""

    column: Any
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        return self.column[int(self.rows[at])].as_py()


def _evidence(workspace: Workspace, corpus: Corpus) -> Evidence:
    known = {name for column in workspace.columns(corpus) for name in column.names}
    kinds = {column.kind for column in workspace.columns(corpus)}
    clusters = duplicate = None
    if "cluster" in known:
        clusters = workspace.read(corpus, ["cluster"])["cluster"].to_numpy().astype(np.int32)
    if "is_duplicate" in known:
        duplicate = workspace.read(corpus, ["is_duplicate"])["is_duplicate"].to_numpy().astype(np.bool_)
    return Evidence(
        texts=_texts(workspace, corpus),
        vectors=workspace.vectors(corpus) if "vectors" in kinds else None,
        clusters=clusters,
        num_clusters=0 if clusters is None else int(clusters.max(initial=-1)) + 1,
        duplicate=duplicate,
    )


def _texts(workspace: Workspace, corpus: Corpus) -> Any:
    column = workspace.read(corpus, ["text"])["text"].combine_chunks()
    return _Texts(column, np.arange(corpus.documents))


def _part(evidence: Evidence, rows: NDArray[np.int64]) -> Evidence:
    texts: Any = evidence.texts
    part: Any = _Texts(texts.column, texts.rows[rows])
    return Evidence(
        texts=part,
        vectors=None if evidence.vectors is None else evidence.vectors[rows],
        clusters=None if evidence.clusters is None else evidence.clusters[rows],
        num_clusters=evidence.num_clusters,
        duplicate=None if evidence.duplicate is None else evidence.duplicate[rows],
    )
