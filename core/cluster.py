"""Group a corpus's documents by meaning: labels, names, central documents, and the 2-D map."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bricks import make, settings_of
from core.clusterers import CLUSTERERS, _names, _neighbours
from core.doors import Clusterer
from core.types import Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

NUM_CENTRAL = 10  # documents shown for a cluster
NUM_NAMING = 100  # most central documents of a cluster that its name is taken from
NAMING_CHARACTERS = 2000  # read of each of those
NOISE = "noise"
LAYOUT_VERSION = 1
MAX_LAYOUT_FIT = 20_000
NUM_PLACING = 5  # fitted neighbours that place a document which was not fitted


def cluster(
    workspace: Workspace,
    name: str,
    clusterer: str = "kmeans",
    k: int | None = None,
    seed: int = 0,
    *,
    settings: Mapping[str, Scalar] | None = None,
    with_layout: bool = True,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Cluster the current embedding: writes the columns `cluster` and `cluster_name`, and the layout's.

    Clusters are numbered from 0 by falling size; -1 is noise. The report "clusters" lists them with
    names, terms and their most central documents. Returns `clusters` and `noise` (counts) and
    `stability`: the adjusted Rand index (Hubert and Arabie 1985) between these labels and those of a
    second fit with the next seed, 1 where both agree on every pair of documents, about 0 by chance.
    """
    corpus = workspace.corpus(name)
    given = {**(settings or {}), "seed": seed, **({} if k is None else {"k": k})}
    brick = make(CLUSTERERS, clusterer, given)
    inputs = (_embedding(workspace, corpus).fingerprint,)
    names = ("cluster", "cluster_name")
    column = workspace.column(corpus, brick.name, brick.version, settings_of(brick), names, "cluster", inputs)
    kept = f"clusters-{column.fingerprint[:32]}"
    report: Any = workspace.report(corpus, kept)
    values: Mapping[str, Any] = {}
    if report is None or not workspace.has_column(corpus, column):
        report, values = _clustered(workspace, corpus, brick, progress)
        workspace.write_report(corpus, kept, report)
    workspace.write_whole_column(corpus, column, values)
    workspace.write_report(corpus, "clusters", report["clusters"])
    if with_layout:
        layout(workspace, name, seed=seed, progress=progress)
    return {**report, "clusters": len(report["clusters"])}


def layout(workspace: Workspace, name: str, seed: int = 0, progress: Progress = silent) -> Column:
    """Place every document on a plane by UMAP, as columns `x` and `y`: near means alike.

    Documents of the same vector share a point. Beyond 20,000 distinct vectors UMAP sees a seeded sample
    of that many, and every other vector lies at the mean of its five nearest sampled ones, weighted by
    1 / cosine distance. Fewer than 16 distinct vectors, too few for UMAP's neighbours, lie on their
    two leading principal axes.
    """
    corpus = workspace.corpus(name)
    inputs = (_embedding(workspace, corpus).fingerprint,)
    column = workspace.column(corpus, "umap", LAYOUT_VERSION, {"seed": seed}, ("x", "y"), "layout", inputs)
    values = {}
    if not workspace.has_column(corpus, column):
        progress(0, corpus.documents, "laying out the map")
        points = _points(workspace.vectors(corpus), seed)
        values = {"x": points[:, 0], "y": points[:, 1]}
    workspace.write_whole_column(corpus, column, values)
    progress(corpus.documents, corpus.documents, "laying out the map")
    return column


def _embedding(workspace: Workspace, corpus: Corpus) -> Column:
    for column in workspace.columns(corpus):
        if column.kind == "vectors":
            return column
    workspace.vectors(corpus)  # says what to do
    raise AssertionError


def _clustered(
    workspace: Workspace, corpus: Corpus, brick: Clusterer, progress: Progress
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fit twice, name and rank; returns the report and the columns' values."""
    from sklearn.metrics import adjusted_rand_score

    steps = (f"clustering by {brick.name}", "clustering again with another seed", "naming clusters")
    progress(0, len(steps), steps[0])
    vectors = workspace.vectors(corpus)
    labels = by_size(brick.fit(vectors))
    progress(1, len(steps), steps[1])
    other: Any = brick  # a frozen dataclass with a seed, as the contract tests see to
    again = dataclasses.replace(other, seed=other.seed + 1).fit(vectors)
    progress(2, len(steps), steps[2])
    central = most_central(vectors, labels, NUM_NAMING)
    terms = _terms(workspace, corpus, central)
    names = _names.cluster_names(terms)
    clusters = [
        {
            "cluster": number,
            "name": names[number],
            "terms": terms[number],
            "documents": int((labels == number).sum()),
            "central": rows[:NUM_CENTRAL].tolist(),
        }
        for number, rows in central.items()
    ]
    progress(3, len(steps), steps[2])
    report = {
        "clusters": clusters,
        "noise": int((labels == -1).sum()),
        "stability": round(float(adjusted_rand_score(labels, again)), 6),
    }
    named = np.array([names.get(number, NOISE) for number in labels.tolist()], dtype=object)
    return report, {"cluster": labels, "cluster_name": named}


def by_size(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Renumber clusters from 0 by falling size, then by first member; empty numbers vanish, -1 stays."""
    found, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    real = found >= 0
    found, first, sizes = found[real], first[real], sizes[real]
    new = np.full(int(labels.max(initial=-1)) + 2, -1, dtype=np.int32)  # the last entry is for -1
    new[found[np.lexsort((first, -sizes))]] = np.arange(len(found), dtype=np.int32)
    return new[labels]


def most_central(
    vectors: NDArray[np.float32], labels: NDArray[np.int32], num: int
) -> dict[int, NDArray[np.int64]]:
    """Return for each cluster its `num` rows of highest cosine with the cluster's mean, best first."""
    central = {}
    for number in range(int(labels.max(initial=-1)) + 1):
        rows = np.flatnonzero(labels == number)
        closeness = vectors[rows] @ vectors[rows].mean(axis=0)
        central[number] = rows[np.argsort(-closeness, kind="stable")[:num]]
    return central


def _terms(
    workspace: Workspace, corpus: Corpus, central: Mapping[int, NDArray[np.int64]]
) -> dict[int, list[str]]:
    if not central:
        return {}
    rows = np.concatenate(list(central.values()))
    of = np.concatenate([np.full(len(own), number, dtype=np.int32) for number, own in central.items()])
    texts = workspace.read(corpus, ["text"], rows)["text"].to_pylist()
    return _names.cluster_terms([text[:NAMING_CHARACTERS] for text in texts], of)


def _points(vectors: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    first, inverse = _neighbours.distinct(vectors)
    unique = vectors[first]
    if len(unique) < _neighbours.LEAST_FOR_UMAP:
        return _neighbours.principal(unique, 2)[inverse]
    fitted = _neighbours.sample(len(unique), MAX_LAYOUT_FIT, seed)
    points = _neighbours.umap(unique[fitted], 2, seed, min_dist=0.1)
    if len(fitted) < len(unique):
        nearest, cosines = _neighbours.nearest(unique, unique[fitted], NUM_PLACING)
        weights = 1 / (np.clip(1 - cosines, 0, None) + 1e-4)
        placed = np.einsum("nk,nkd->nd", weights / weights.sum(axis=1, keepdims=True), points[nearest])
        placed[fitted] = points
        points = placed.astype(np.float32)
    return points[inverse]
