"""Diversity of a corpus, its parts, a selection and a mixture, from whatever evidence there is."""

import numpy as np
import pytest

from core.diversity import diversity, kept
from core.errors import BadInputError, NotFoundError
from core.metrics import METRICS
from core.types import Document, Mixture
from core.workspace import Workspace

TEXTS_ALONE = {
    "distinct_2", "ngram_diversity", "compression_ratio", "self_bleu", "heaps_exponent", "lexical_diversity",
    "clauses_per_sentence", "template_rate", "effective_domains",
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(3000)]
    fresh = [(" ".join(rng.choice(words, size=200)), "varied") for _ in range(40)]
    stale = [(" ".join(words[:200]), "copies") for _ in range(40)]
    home.write_corpus(
        "c", [(Document(f"d{i}", t, s, {"kind": i % 2}), 10) for i, (t, s) in enumerate(fresh + stale)]
    )
    return home


def hang(workspace, kind, **values):
    corpus = workspace.corpus("c")
    column = workspace.column(corpus, "test", 1, {}, tuple(values), kind)
    workspace.write_whole_column(corpus, column, values)


def embedded(workspace):
    hang(workspace, "vectors", vector=np.concatenate([np.eye(40), np.ones((40, 40))]).astype(np.float32))


def test_texts_alone_give_what_texts_can(workspace):
    """Without embedding, clusters and duplicates their metrics are null with a reason, the others are there."""
    result = diversity(workspace, "c", repeats=3)["metrics"]
    there = {name for name, value in result["corpus"].items() if value is not None}
    reasons = {one["reason"] for one in result["measured"]["corpus"].values()}

    assert list(METRICS) == list(result["corpus"])
    assert there == TEXTS_ALONE - {"clauses_per_sentence"} | there & {"clauses_per_sentence"}
    assert {"no embedding yet: run `embed`", "no clusters yet: run `cluster`"} <= reasons
    assert result["domains"]["varied"]["distinct_2"] > 20 * result["domains"]["copies"]["distinct_2"]
    assert result == kept(workspace, workspace.corpus("c"))


def test_full_evidence_by_domain(workspace):
    """Each domain is judged on its own rows, and says on how many."""
    embedded(workspace)
    hang(workspace, "cluster", cluster=np.repeat([0, 1, 2], [20, 20, 40]).astype(np.int32))
    hang(workspace, "duplicates", is_duplicate=np.arange(80) > 40)
    result = diversity(workspace, "c", repeats=3)["metrics"]
    domains = result["domains"]

    assert pytest.approx(domains["varied"]["vendi_score"]) == 40
    assert pytest.approx(domains["copies"]["vendi_score"]) == 1
    assert pytest.approx(domains["varied"]["effective_clusters"]) == 2
    assert domains["copies"]["cluster_entropy"] == 0
    assert domains["copies"]["near_duplicate_share"] == 39 / 40
    assert (100, 3, "source") == (result["size"], result["repeats"], result["by"])
    assert (40, True) == tuple(
        result["measured"]["domains"]["varied"]["vendi_score"][k] for k in ("n", "small")
    )


def test_every_value_lies_in_its_interval(workspace):
    """Samples of a given size: value, interval, and the whole where it is cheap."""
    embedded(workspace)
    found = diversity(workspace, "c", size=20)["metrics"]["measured"]

    for one in [*found["corpus"].values(), *found["domains"]["varied"].values()]:
        assert one["value"] is None or one["low"] <= one["value"] <= one["high"]
    assert (20, False) == tuple(found["corpus"]["vendi_score"][key] for key in ("n", "small"))
    assert found["corpus"]["vendi_score"]["full"] > found["corpus"]["vendi_score"]["value"]
    assert found["corpus"]["distinct_2"]["full"] is None


def test_parts_by_any_column_and_a_selection(workspace):
    """The parts are a column's values among what the condition selects; the corpus stays whole."""
    embedded(workspace)
    result = diversity(workspace, "c", by="kind", where="source = 'varied'", size=20, repeats=3)["metrics"]

    assert {"0", "1"} == set(result["domains"])
    assert pytest.approx(result["selection"]["vendi_score"]) == 20
    assert result["selection"]["vendi_score"] > result["corpus"]["vendi_score"]
    assert workspace.report(workspace.corpus("c"), "diversity") is None


def test_what_was_measured_by_a_column_is_kept_as_long_as_the_column_is(workspace):
    """By source and by another column side by side; columns made anew are another matter."""
    corpus = workspace.corpus("c")
    halves = workspace.column(corpus, "halver", 1, {}, ("half",), "other")
    workspace.write_whole_column(corpus, halves, {"half": np.arange(corpus.documents) % 2})
    by_source = diversity(workspace, "c", repeats=2)["metrics"]
    by_half = diversity(workspace, "c", by="half", repeats=2)["metrics"]

    assert by_source == kept(workspace, corpus)
    assert by_half["domains"] == kept(workspace, corpus, "half")["domains"]
    thirds = workspace.column(corpus, "halver", 2, {}, ("half",), "other")
    workspace.write_whole_column(corpus, thirds, {"half": np.arange(corpus.documents) % 3})
    assert kept(workspace, corpus, "half") is None
    assert kept(workspace, corpus) is not None


def test_what_was_measured_of_other_evidence_is_not_kept(workspace):
    """Clusters, vectors and copies that came later are not those that the values speak of."""
    corpus = workspace.corpus("c")
    diversity(workspace, "c", repeats=2)
    embedded(workspace)

    assert kept(workspace, corpus) is None


def test_a_selection_of_nothing_has_no_value(workspace):
    """Every metric is null, with the reason."""
    result = diversity(workspace, "c", where="tokens > 99", repeats=3)["metrics"]

    assert {None} == set(result["selection"].values())
    assert {"no documents"} == {one["reason"] for one in result["measured"]["selection"].values()}


def test_a_mixture_is_as_varied_as_what_the_trainer_sees(workspace):
    """Weight on copies lowers the variety, weight on the varied domain raises it."""
    embedded(workspace)

    def mixed(varied):
        weights = {"varied": varied, "copies": 1 - varied}
        mixture = Mixture(name="m", corpus="c", weights=weights, budget={"tokens": 300})
        return diversity(workspace, "c", mixture=mixture, size=20, repeats=5)["metrics"]

    mostly, hardly = mixed(0.9), mixed(0.1)

    assert (
        mostly["mixture"]["vendi_score"] > mostly["corpus"]["vendi_score"] > hardly["mixture"]["vendi_score"]
    )
    assert {"varied", "copies"} == set(mostly["domains"])


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"by": "kin"}, "no such column"),
        ({"where": "nothing > 1"}, "nothing"),
        ({"where": "tokens > 1", "mixture": Mixture(name="m", corpus="c")}, "at once"),
        ({"mixture": Mixture(name="m", corpus="other")}, "not of 'c'"),
        ({"size": 1}, "at least 2 documents"),
        ({"repeats": 1}, "at least 2 samples"),
    ],
)
def test_bad_input(workspace, options, rule):
    """The error names the value and the rule."""
    with pytest.raises((BadInputError, NotFoundError), match=rule):
        diversity(workspace, "c", **options)


def test_zero_and_nan_vectors_do_not_count(workspace):
    """What has no direction is left out; a domain of nothing else has a reason."""
    vectors = np.eye(80, dtype=np.float32)
    vectors[0], vectors[1, 1], vectors[40:] = 0, np.nan, 0
    hang(workspace, "vectors", vector=vectors)
    hang(workspace, "cluster", cluster=np.repeat([0, 1], 40).astype(np.int32))
    result = diversity(workspace, "c", repeats=3)["metrics"]

    assert pytest.approx(result["domains"]["varied"]["vendi_score"]) == 38
    reason = result["measured"]["domains"]["copies"]["vendi_score"]["reason"]
    assert reason == "no vector is finite and other than zero"


@pytest.mark.parametrize("texts", [["alone"], ["same words", "same words"]], ids=["one", "two equal"])
def test_the_smallest_corpora(tmp_path, texts):
    """One document, and two equal ones: defined values, or null with a reason."""
    home = Workspace(tmp_path)
    corpus = home.write_corpus("c", [(Document(f"d{i}", text, "s"), 2) for i, text in enumerate(texts)])
    values = {"vector": np.ones((len(texts), 3), dtype=np.float32)}
    home.write_whole_column(corpus, home.column(corpus, "test", 1, {}, ("vector",), "vectors"), values)
    found = diversity(home, "c")["metrics"]["measured"]["corpus"]

    assert found["vendi_score"]["value"] == pytest.approx(1)
    assert all((one["value"] is None) == (one["reason"] is not None) for one in found.values())


def test_a_corpus_tells_more_than_one_of_its_topics(tmp_path):
    """By MIG's information, though all documents share most of their direction."""
    rng, topics, home = (
        np.random.default_rng(0),
        np.repeat(np.arange(4, dtype=np.int32), 60),
        Workspace(tmp_path),
    )
    home.write_corpus(
        "c", [(Document(f"d{i}", f"text {i}", f"s{t}"), 2) for i, t in enumerate(topics.tolist())]
    )
    hang(
        home, "vectors", vector=(3 + np.eye(4, 8)[topics] + rng.normal(0, 0.01, (240, 8))).astype(np.float32)
    )
    hang(home, "cluster", cluster=topics)
    found = diversity(home, "c", size=40, repeats=2)["metrics"]
    single = [one["mig_information"] for one in found["domains"].values()]

    assert pytest.approx(4**0.2 * 40**0.8, rel=0.05) == found["corpus"]["mig_information"]
    assert [pytest.approx(40**0.8, rel=1e-4)] * 4 == single
