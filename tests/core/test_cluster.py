"""The cluster stage hangs labels, names and a map beside documents."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cluster import by_size, cluster, layout, most_central
from core.errors import BadInputError, NotFoundError
from core.types import Document
from core.workspace import Workspace

SUBJECTS = ("whale harpoon ocean", "loan interest mortgage", "matrix vector tensor")


def corpus_of(folder, vectors):
    """Write a corpus whose embedding is `vectors`, on three subjects by turns."""
    workspace = Workspace(folder / "ws")
    documents = ((Document(f"d{i}", SUBJECTS[i % 3], "web"), 3) for i in range(len(vectors)))
    corpus = workspace.write_corpus("small", documents, rejected=[], tokenizer="words", origin=None)
    column = workspace.column(corpus, "planted", 1, {}, ("embedding",), "vectors")
    workspace.write_whole_column(corpus, column, {"embedding": vectors.astype(np.float32)})
    return workspace, corpus


def planted(n, seed=0):
    vectors = np.eye(3, 8)[np.arange(n) % 3] + np.random.default_rng(seed).normal(size=(n, 8)) * 0.05
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_clusters_are_named_counted_and_reported(tmp_path):
    """Three planted subjects come back with their words and their most central documents."""
    workspace, corpus = corpus_of(tmp_path, planted(61))
    result = cluster(workspace, "small", k=3, with_layout=False)
    table = workspace.read(corpus, ["text", "cluster", "cluster_name"]).to_pydict()
    report = workspace.report(corpus, "clusters")

    assert (result["clusters"], result["noise"], result["stability"]) == (3, 0, 1.0)
    assert [entry["cluster"] for entry in report] == [0, 1, 2]
    assert [entry["documents"] for entry in report] == [21, 20, 20]
    for text, number, name in zip(table["text"], table["cluster"], table["cluster_name"], strict=True):
        assert sorted(text.split()) == sorted(name.split(" · "))
        assert name == report[number]["name"]
    assert all(table["cluster"][row] == entry["cluster"] for entry in report for row in entry["central"])


def test_asking_again_gives_the_same_and_makes_it_current(tmp_path):
    """Another k is another clustering; the first comes back without a fit."""
    workspace, corpus = corpus_of(tmp_path, planted(30))
    first = cluster(workspace, "small", k=3, with_layout=False)
    cluster(workspace, "small", k=2, with_layout=False)
    report = workspace.report(corpus, "clusters")

    assert len(report) == 2
    assert first == cluster(workspace, "small", k=3, with_layout=False)
    assert len(workspace.report(corpus, "clusters")) == 3


@pytest.mark.parametrize("clusterer", ["kmeans", "hdbscan"])
@pytest.mark.parametrize("vectors", [planted(1), planted(2), planted(5), np.zeros((4, 8)), np.ones((20, 8))])
def test_tiny_and_uniform_corpora_have_clusters_and_a_map(tmp_path, clusterer, vectors):
    """One document, equal documents and documents without a direction are no error."""
    workspace, corpus = corpus_of(tmp_path, vectors)
    result = cluster(workspace, "small", clusterer)
    table = workspace.read(corpus, ["cluster", "cluster_name", "x", "y"]).to_pydict()

    assert result["noise"] == table["cluster"].count(-1) == table["cluster_name"].count("noise")
    assert result["clusters"] == len(set(table["cluster"]) - {-1})
    assert np.isfinite([table["x"], table["y"]]).all()


def test_without_vectors_the_remedy_is_named(tmp_path):
    """Clustering needs an embedding, and says how to get one."""
    workspace = Workspace(tmp_path)
    workspace.write_corpus("bare", [(Document("a", "x", "web"), 1)], rejected=[], tokenizer="", origin=None)

    with pytest.raises(NotFoundError, match="embed bare"):
        cluster(workspace, "bare")


def test_setting_of_another_clusterer_is_refused(tmp_path):
    """HDBSCAN finds the number of clusters itself."""
    workspace, _ = corpus_of(tmp_path, planted(5))

    with pytest.raises(BadInputError, match="no such setting"):
        cluster(workspace, "small", "hdbscan", k=3)


def test_map_puts_alike_documents_together_and_is_seeded(tmp_path):
    """Planted groups are apart on the map, whose bytes the seed decides; equal vectors share a point."""
    vectors = planted(60)
    vectors[57] = vectors[0]
    workspace, corpus = corpus_of(tmp_path, vectors)
    layout(workspace, "small")
    again, other = corpus_of(tmp_path / "again", vectors)
    layout(again, "small")
    points = workspace.read(corpus, ["x", "y"]).to_pandas().to_numpy()

    assert points.tobytes() == again.read(other, ["x", "y"]).to_pandas().to_numpy().tobytes()
    assert points[0].tolist() == points[57].tolist()
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    same = np.arange(60)[:, None] % 3 == np.arange(60)[None] % 3
    assert distances[same].max() < distances[~same].min()


def test_documents_beyond_the_sample_lie_by_their_neighbours(tmp_path, monkeypatch):
    """With 30 of 60 fitted, the others fall among their own group."""
    monkeypatch.setattr("core.cluster.MAX_LAYOUT_FIT", 30)
    workspace, corpus = corpus_of(tmp_path, planted(60))
    layout(workspace, "small")
    points = workspace.read(corpus, ["x", "y"]).to_pandas().to_numpy()
    centres = np.stack([points[group::3].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)

    assert (np.arange(60) % 3).tolist() == nearest.tolist()


@given(st.lists(st.integers(-1, 6), max_size=60))
def test_renumbering_keeps_groups_and_orders_them_by_size(labels):
    """The same documents stay together, noise stays noise, and numbers run from 0 by falling size."""
    before = np.array(labels, dtype=np.int32)
    after = by_size(before)
    sizes = [int((after == number).sum()) for number in range(after.max(initial=-1) + 1)]

    assert sorted(sizes, reverse=True) == sizes
    assert 0 not in sizes
    assert (before == -1).tolist() == (after == -1).tolist()
    assert len(set(zip(labels, after.tolist(), strict=True))) == len(set(labels))


def test_most_central_come_first():
    """The document nearest the mean direction leads."""
    angles = np.array([0.0, 0.5, 1.0, 0.45])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    central = most_central(vectors, np.zeros(4, dtype=np.int32), 2)

    assert {1, 3} == set(central[0].tolist())
