"""A selector run by itself: a share of a corpus's tokens, as a mask over all its rows."""

import numpy as np
import pytest

from core.errors import BadInputError, NotFoundError
from core.select import compare, select
from core.types import Document
from core.workspace import Workspace
from tests.core.small_corpus import sized


@pytest.fixture
def home(tmp_path):
    """A hundred documents of ten tokens in two domains, each with its `place`."""
    return sized(tmp_path, {"a": [10] * 50, "b": [10] * 50})


@pytest.mark.parametrize("method", ["random", "top_k", "quality_sampling"])
def test_half_the_tokens_by_default(home, method):
    """Whatever the selector, and the same again under the same seed."""
    settings = {} if method == "random" else {"column": "place"}
    mask, rule = select(home, "c", method, settings)

    assert (100, 50) == (len(mask), mask.sum())
    assert mask.tolist() == select(home, "c", method, settings)[0].tolist()
    assert rule.startswith("Documents ")


def test_only_the_pool_is_chosen_from(home):
    """`where` narrows the pool, and the share is of its tokens."""
    mask, rule = select(
        home, "c", "top_k", {"column": "place"}, share=0.1, where="source = 'b' AND place < 40"
    )

    assert [86, 87, 88, 89] == np.flatnonzero(mask).tolist()
    assert rule == "Documents of the highest place."


def test_seeds_differ(home):
    """Another seed, another sample."""
    assert select(home, "c", "random", seed=1)[0].tolist() != select(home, "c", "random", seed=2)[0].tolist()


@pytest.mark.parametrize(
    ("expected", "arguments", "named"),
    [
        ("a share is above 0", ("random",), {"share": 1.5}),
        ("no such method; did you mean 'random'", ("randon",), {}),
        ("no such column", ("top_k",), {}),
        ("no column 'nope'", ("random",), {"where": "nope > 1"}),
        ("tokens < 0: leaves no document to select from", ("random",), {"where": "tokens < 0"}),
    ],
    ids=["share", "method", "column", "where", "nothing left"],
)
def test_bad_input(home, expected, arguments, named):
    """Each is the person's error, in a line."""
    with pytest.raises(BadInputError, match=expected):
        select(home, "c", *arguments, **named)


def test_an_unknown_corpus(home):
    """The error lists those there are."""
    with pytest.raises(NotFoundError, match="there are: c"):
        select(home, "d", "random")


# --- the order of the corpus ------------------------------------------------------------------------

METHODS = [
    ("random", {}),
    ("rs2", {"epochs": 2}),
    ("top_k", {"column": "good"}),
    ("quality_sampling", {"column": "good"}),
    ("kmeans_quality", {"column": "good", "clusters": 4}),
    ("mig", {"labels": "kind", "threshold": 1}),
    ("cluster_bandit", {"influence": "good", "clusters": "kind", "samples": 3}),
    ("s2l", {"losses": "good, bad", "clusters": 3}),
    ("el2n", {"column": "good"}),
    ("paser", {"column": "good", "clusters": 3}),
]


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory):
    """The same sixty documents with their vectors, in two orders."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 6)).astype(np.float32)
    fields = [{"good": i % 7, "bad": i % 5, "kind": i % 4} for i in range(60)]
    homes = []
    for name, order in (("one", np.arange(60)), ("two", rng.permutation(60))):
        home = Workspace(tmp_path_factory.mktemp(name))
        documents = [(Document(f"d{i}", f"text {i}", "ab"[i % 2], fields[i]), int(i % 9) + 1) for i in order]
        corpus = home.write_corpus("c", documents)
        column = home.column(corpus, "test", 1, {}, ("vector",), "vectors")
        home.write_whole_column(corpus, column, {"vector": vectors[order]})
        homes.append((home, corpus))
    return homes


@pytest.mark.parametrize(("method", "settings"), METHODS)
def test_the_order_of_the_corpus_changes_nothing(shuffled, method, settings):
    """The same documents under the same seed, ties and clusters included."""
    taken = []
    for home, corpus in shuffled:
        mask, _ = select(home, "c", method, settings, share=0.3, seed=5)
        ids = home.read(corpus, ["id"])["id"].to_pylist()
        taken.append({one for one, kept in zip(ids, mask, strict=True) if kept})

    assert 0 < len(taken[0]) < 60
    assert taken[0] == taken[1]


def test_a_column_of_lists(home):
    """Lists hung beside the documents are trajectories; a null is one that nobody knows."""
    import pyarrow as pa

    corpus = home.corpus("c")
    losses = pa.array([[3.0, 2.0, 1.0]] * 80 + [[1.0, 2.0, 3.0]] * 10 + [None] * 10)
    column = home.column(corpus, "test", 1, {}, ("losses",), "other")
    home.write_whole_column(corpus, column, {"losses": losses})
    mask, _ = select(home, "c", "s2l", {"clusters": 2}, share=0.15)

    assert [5, 5, 5] == [mask[:80].sum(), mask[80:90].sum(), mask[90:].sum()]


# --- beside another, and as a column ----------------------------------------------------------------


def test_a_selection_beside_random(shuffled):
    """What each takes by source, the means of what the method reads, and how much they share."""
    found = compare(shuffled[0][0], "c", "top_k", {"column": "good"}, share=0.1)
    chosen, other = found["selected"], found["beside"]

    assert {"documents": 60, "tokens": 291} == {k: found["pool"][k] for k in ("documents", "tokens")}
    assert 6 == chosen["means"]["good"] > other["means"]["good"]
    assert chosen["tokens"] == sum(count["tokens"] for count in chosen["domains"].values())
    assert ("top_k", {"column": "good", "descending": True}) == (chosen["method"], chosen["settings"])
    assert ("random", None, None) == (other["method"], chosen["clusters"], found["column"])
    assert 0 <= found["overlap"] < 1


def test_clusters_covered(home):
    """Noise is none of them."""
    corpus = home.corpus("c")
    labels = np.r_[np.zeros(50, np.int32), np.full(49, 1, np.int32), np.int32(-1)]
    home.write_whole_column(
        corpus, home.column(corpus, "test", 1, {}, ("cluster",), "cluster"), {"cluster": labels}
    )
    found = compare(home, "c", "top_k", {"column": "place"}, share=0.02, where="source = 'b'")

    assert (2, 1) == (compare(home, "c", "random")["pool"]["clusters"], found["pool"]["clusters"])
    assert 0 == found["selected"]["clusters"]


def test_as_a_column(home):
    """True for what is selected; the same again is the same column, another seed another."""
    for seed in (0, 0, 1):
        found = compare(home, "c", "random", called="selected_random", seed=seed)
        corpus = home.corpus("c")
        values = home.read(corpus, ["selected_random"])["selected_random"].to_pylist()

        assert sum(values) == found["selected"]["documents"] == 50
    made = [c for c in home.columns(corpus) if c.names == ("selected_random",)]
    assert [("random", {"share": 0.5, "seed": 1})] == [(c.maker, dict(c.settings)) for c in made]


@pytest.mark.parametrize("name", ["place", "text", "no name"])
def test_a_name_that_is_taken_is_refused(home, name):
    """Neither a field nor a name that no file may have is replaced."""
    with pytest.raises(BadInputError):
        compare(home, "c", "random", called=name)


def test_what_is_missing_is_named_with_the_way_to_it(home):
    """Trajectories, clusters, vectors, a target: each error is one line with the remedy."""
    remedies = {
        "s2l": "losses: 'c' has no such column; train a small model",
        "mig": "cluster: 'c' has no such column; for `cluster` run `python -m core cluster",
        "dsir": "set target=FILE",
        "betr": r"target: is no file; name a file: target=PATH",
        "paser": "degradation: 'c' has no such column; run both models",
    }
    for method, expected in remedies.items():
        with pytest.raises(BadInputError, match=expected):
            select(home, "c", method)
    with pytest.raises(NotFoundError, match="run `python -m core embed c` first"):
        select(home, "c", "kmeans_quality", {"column": "place", "clusters": 2})
