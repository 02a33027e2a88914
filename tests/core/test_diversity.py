"""Diversity of a corpus and its domains, from whatever evidence there is."""

import numpy as np
import pytest

from core.diversity import diversity
from core.metrics import METRICS
from core.types import Document
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(3000)]
    fresh = [(" ".join(rng.choice(words, size=200)), "varied") for _ in range(40)]
    stale = [(" ".join(words[:200]), "copies") for _ in range(40)]
    home.write_corpus("c", [(Document(f"d{i}", t, s), 1) for i, (t, s) in enumerate(fresh + stale)])
    return home


def hang(workspace, kind, **values):
    corpus = workspace.corpus("c")
    column = workspace.column(corpus, "test", 1, {}, tuple(values), kind)
    workspace.write_whole_column(corpus, column, values)


def test_texts_alone_give_what_texts_can(workspace):
    """Without embedding, clusters and duplicates their metrics are null, the others are there."""
    result = diversity(workspace, "c")["metrics"]
    there = {name for name, value in result["corpus"].items() if value is not None}

    assert list(METRICS) == list(result["corpus"])
    assert {"distinct_2", "ngram_diversity", "compression_ratio"} == there
    assert result["domains"]["varied"]["distinct_2"] > 20 * result["domains"]["copies"]["distinct_2"]
    assert result == workspace.report(workspace.corpus("c"), "diversity")


def test_full_evidence_by_domain(workspace):
    """Each domain is judged on its own rows."""
    hang(workspace, "vectors", vector=np.concatenate([np.eye(40), np.ones((40, 40))]).astype(np.float32))
    hang(workspace, "cluster", cluster=np.repeat([0, 1, 2], [20, 20, 40]).astype(np.int32))
    hang(workspace, "duplicates", is_duplicate=np.arange(80) > 40)
    domains = diversity(workspace, "c")["metrics"]["domains"]

    assert pytest.approx(domains["varied"]["vendi_score"]) == 40
    assert pytest.approx(domains["copies"]["vendi_score"]) == 1
    assert pytest.approx(domains["varied"]["effective_clusters"]) == 2
    assert domains["copies"]["cluster_entropy"] == 0
    assert domains["copies"]["near_duplicate_share"] == 39 / 40
