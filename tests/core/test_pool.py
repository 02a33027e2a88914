"""A pool is what filters, deduplication and selection leave, in an order that the seed decides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dedup import dedup
from core.errors import BadInputError, NotFoundError
from core.mix import plan_json, resolve
from core.pool import depends_on, make_pool, one_per_group
from core.sharing import Shared
from core.types import Document, DomainCount
from tests.core.small_corpus import mixture, sized, write


@pytest.fixture
def home(tmp_path):
    """Ten documents of `a` with 1 to 10 tokens, five of `b` with 10 each."""
    return sized(tmp_path, {"a": range(1, 11), "b": [10] * 5})


def falls(pool):
    return [(row.name, row.documents, row.tokens) for row in pool.waterfall]


def ids(home, pool):
    corpus = home.corpus("c")
    return {d: home.read(corpus, ["id"], rows)["id"].to_pylist() for d, rows in pool.rows.items()}


# --- filters ----------------------------------------------------------------------------------------


def test_each_filter_is_a_row_of_the_waterfall(home):
    """Filters apply in their order, each to what the one before has left."""
    filters = [{"name": "long", "keep": "tokens >= 9"}, {"name": "early", "keep": "place < 3"}]
    pool = make_pool(home, mixture(filters=filters))
    backwards = make_pool(home, mixture(filters=filters[::-1]))

    assert [("corpus", 15, 105), ("long", 7, 69), ("early", 3, 30)] == falls(pool)
    assert [("corpus", 15, 105), ("early", 6, 36), ("long", 3, 30)] == falls(backwards)
    assert {"a": DomainCount(2, 19), "b": DomainCount(5, 50)} == pool.waterfall[1].by_domain
    assert {"a": 0, "b": 30} == pool.available == backwards.available


def test_a_filter_that_is_not_true_does_not_keep(tmp_path):
    """Null is not true."""
    home = write(tmp_path, [(Document(f"d{i}", str(i), "s", {"score": i or None}), 1) for i in range(3)])
    pool = make_pool(home, mixture(filters=[{"name": "f", "keep": "score < 2"}]))

    assert ["d1"] == ids(home, pool)["s"]


@pytest.mark.parametrize(
    ("expected", "keep"),
    [
        ("no column 'tokns'; did you mean tokens", "tokns > 3"),
        ("not true or false", "tokens"),
        ("syntax error", "tokens >"),
        ("only one SELECT", "true; DROP VIEW documents"),
        ("not one boolean expression", "true FROM documents"),
        ("file system operations are disabled", "(SELECT count(*) FROM read_text('/etc/hostname')) > 0"),
    ],
    ids=["unknown column", "number", "broken", "two statements", "from", "file"],
)
def test_bad_sql_is_one_line(home, expected, keep):
    """The line names the expression, what is wrong with it, and what to do."""
    with pytest.raises(BadInputError, match=expected) as caught:
        make_pool(home, mixture(filters=[{"name": "f", "keep": keep}]))

    assert "\n" not in str(caught.value)
    assert keep in str(caught.value)


def test_another_corpus_fingerprint_is_refused(home):
    """A mixture that was made for these very documents goes with no others."""
    fingerprint = home.corpus("c").fingerprint

    assert make_pool(home, mixture(corpus_fingerprint=fingerprint)).available == {"a": 55, "b": 50}
    with pytest.raises(BadInputError, match="the mixture is of other documents than 'c' now holds"):
        make_pool(home, mixture(corpus_fingerprint="0" * 64))


# --- domains ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "values"),
    [
        ({"-1": 1, "0": 1, "10": 1, "2": 1}, [2, 10, -1, 0]),
        ({"False": 1, "True": 2, "(none)": 1}, [True, None, False, True]),
        ({"(none)": 2, "x": 2}, ["x", "", None, "x"]),
    ],
    ids=["whole numbers", "booleans", "texts"],
)
def test_any_column_of_categories_gives_domains(tmp_path, expected, values):
    """Null and empty text are a domain of their own."""
    home = write(tmp_path, [(Document(str(i), str(i), "s", {"kind": v}), 1) for i, v in enumerate(values)])

    assert expected == {d: len(rows) for d, rows in make_pool(home, mixture(domain="kind")).rows.items()}


def test_clusters_may_be_domains_and_vectors_may_not(home):
    """A column that came later counts as one that came with the documents."""
    corpus = home.corpus("c")
    labels = {"cluster": np.arange(15, dtype=np.int32) % 3}
    home.write_whole_column(corpus, home.column(corpus, "k", 1, {}, ("cluster",), "cluster"), labels)
    vectors = {"vector": np.ones((15, 4), dtype=np.float32)}
    home.write_whole_column(corpus, home.column(corpus, "v", 1, {}, ("vector",), "vectors"), vectors)

    assert list("012") == list(make_pool(home, mixture(domain="cluster")).rows)
    with pytest.raises(BadInputError, match="its values are no categories"):
        make_pool(home, mixture(domain="vector"))


def test_an_unknown_domain_column_gets_the_nearest_names(home):
    """The remedy is the column that was meant."""
    with pytest.raises(NotFoundError, match="sourc: 'c' has no such column; did you mean source"):
        make_pool(home, mixture(domain="sourc"))


def test_domains_are_crossed(tmp_path):
    """Each combination that is there, in the order of its name; a null is `(none)`."""
    values = [("web", "en"), ("web", "de"), ("book", "en"), ("web", None), ("web", "en")]
    home = write(
        tmp_path,
        [(Document(f"d{i}", str(i), s, {"language": tongue}), 1) for i, (s, tongue) in enumerate(values)],
    )
    pool = make_pool(home, mixture(cross=["language"]))

    assert {"book × en": 1, "web × (none)": 1, "web × de": 1, "web × en": 2} == pool.available


def test_crossed_domains_that_read_alike_are_refused(tmp_path):
    """A value may hold the sign between the values."""
    values = [("a × b", "c"), ("a", "b × c")]
    home = write(tmp_path, [(Document(s, s, s, {"k": k}), 1) for s, k in values])
    with pytest.raises(BadInputError, match="source × k: have combinations that read alike"):
        make_pool(home, mixture(cross=["k"]))


def test_a_pool_depends_on_no_weight():
    """A page that moves faders keeps it; a column to order by is a new one."""
    one = mixture(weights={"a": 1.0}, stages=[{"until": 1.0, "order": {"by": "place"}}])
    other = mixture(budget={"tokens": 9}, stages=[{"until": 0.5}, {"until": 1.0, "order": {"by": "place"}}])

    assert depends_on(one) == depends_on(other)
    assert depends_on(one) != depends_on(mixture())


# --- what domains share -----------------------------------------------------------------------------


def copied(home):
    """Mark b's first two documents as copies of a's first two."""
    corpus = home.corpus("c")
    groups = np.arange(15)
    groups[10:12] = [0, 1]
    column = home.column(corpus, "exact", 1, {}, ("duplicate_group", "is_duplicate"), "duplicates")
    home.write_whole_column(
        corpus, column, {"duplicate_group": groups, "is_duplicate": np.arange(15) != groups}
    )


def test_near_copies_across_domains_are_found(home):
    """By the tokens of the documents that are left; less than a tenth is not worth a word."""
    assert () == make_pool(home, mixture()).shared
    copied(home)

    assert (Shared("b", "a", 0.4, "copies"),) == make_pool(home, mixture()).shared
    some = [{"name": "f", "keep": "source = 'b' OR tokens <= 2"}]
    assert (Shared("a", "b", 1.0, "copies"), Shared("b", "a", 0.4, "copies")) == make_pool(
        home, mixture(filters=some)
    ).shared
    assert () == make_pool(home, mixture(dedup={"method": "exact"})).shared


def test_containment_is_read_where_it_has_been_run(home):
    """The larger share of the two ways counts; a column that a stage made may have changed since."""
    pairs = [
        {"of": "b", "inside": "a", "tokens_share": 0.9},
        {"of": "a", "inside": "b", "tokens_share": None},
    ]
    home.write_report(home.corpus("c"), "containment", {"source": {"pairs": pairs}})
    assert () == make_pool(home, mixture(cross=["place"])).shared
    copied(home)

    assert (Shared("b", "a", 0.9, "contained"),) == make_pool(home, mixture()).shared


def test_too_many_domains_are_refused(tmp_path, monkeypatch):
    """A column of distinct texts is no column of categories."""
    monkeypatch.setattr("core.domains.MAX_DOMAINS", 14)
    with pytest.raises(BadInputError, match="has 15 distinct values; domains are at most 14"):
        make_pool(sized(tmp_path, {"a": [1] * 15}), mixture(domain="id"))


# --- duplicates -------------------------------------------------------------------------------------


@pytest.fixture
def copies(tmp_path):
    """Three copies of one text, two of another, across two sources."""
    texts = [("one", "a"), ("two", "a"), ("one", "a"), ("one", "b"), ("two", "b"), ("three", "b")]
    return write(tmp_path, [(Document(f"d{i}", text, s), 5) for i, (text, s) in enumerate(texts)])


@pytest.mark.parametrize(
    ("expected", "scope"),
    [({"a": {"d0", "d1"}, "b": {"d5"}}, "global"), ({"a": {"d0", "d1"}, "b": {"d3", "d4", "d5"}}, "local")],
    ids=["global", "local"],
)
def test_one_of_each_group_of_duplicates_stays(copies, expected, scope):
    """Local scope keeps one in each source."""
    dedup(copies, "c", "exact", scope)
    pool = make_pool(copies, mixture(dedup={"method": "exact", "scope": scope}))

    assert expected == {d: set(found) for d, found in ids(copies, pool).items()}
    assert f"dedup (exact, {scope})" == pool.waterfall[-1].name


def test_a_copy_stays_where_a_filter_took_its_representative(copies):
    """A filter before deduplication never loses the whole group."""
    dedup(copies, "c", "exact")
    filters = [{"name": "no a", "keep": "source <> 'a'"}]
    pool = make_pool(copies, mixture(filters=filters, dedup={"method": "exact"}))

    assert {"d3", "d4", "d5"} == set(ids(copies, pool)["b"])


def test_deduplication_that_has_not_been_run(copies):
    """The remedy is the command to run; another method's result does not stand in."""
    asked = mixture(dedup={"method": "minhash"})
    with pytest.raises(
        BadInputError, match="has not been run on 'c'; run `python -m core dedup c --method minhash"
    ):
        make_pool(copies, asked)
    dedup(copies, "c", "exact")
    with pytest.raises(BadInputError, match=r"is not the one last run \(exact\)"):
        make_pool(copies, asked)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30), st.randoms())
def test_exactly_one_of_every_group_with_one_left(members, random):
    """Whatever was filtered and whichever member represents its group."""
    labels = [label for label, _ in members]
    kept = np.array([stays for _, stays in members])
    groups = np.array([labels.index(label) for label in labels])
    duplicate = np.ones(len(labels), dtype=bool)
    for group in set(groups.tolist()):
        duplicate[random.choice(np.flatnonzero(groups == group).tolist())] = False
    result = one_per_group(groups, duplicate, kept)

    assert not (result & ~kept).any()
    assert sorted(set(groups[kept].tolist())) == sorted(groups[result].tolist())
    assert result[kept & ~duplicate].all()


# --- order ------------------------------------------------------------------------------------------


def test_order_is_the_seeds_not_the_corpuss(tmp_path):
    """The same documents ingested backwards are seen in the same order; another seed gives another."""
    documents = [(Document(f"d{i}", f"text {i % 40}", "s"), 1) for i in range(50)]
    home, back = write(tmp_path / "1", documents), write(tmp_path / "2", documents[::-1])
    order = ids(home, make_pool(home, mixture(seed=1)))["s"]

    assert order == ids(back, make_pool(back, mixture(seed=1)))["s"]
    assert sorted(order) == sorted(document.id for document, _ in documents)
    assert order != ids(home, make_pool(home, mixture(seed=2)))["s"]
    assert order != sorted(order)


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(30)), st.integers(0, 3))
def test_the_plan_is_the_same_for_any_order_of_input(tmp_path_factory, order, seed):
    """Filters, copies whose representative is gone, selection, crossed domains and a curriculum included."""
    documents = [
        (
            Document(
                f"d{i}", f"text {i // 2 * 2 % 26}", "ab"[i % 2], {"q": i * 7 % 11, "kind": "xy"[i // 15]}
            ),
            1 + i % 4,
        )
        for i in range(30)
    ]
    asked = mixture(
        cross=["kind"],
        filters=[{"name": "f", "keep": "q <> 3"}],
        dedup={"method": "exact"},
        selection={"method": "quality_sampling", "column": "q", "share": 0.7},
        stages=[{"until": 0.5, "order": {"by": "q"}}, {"until": 1.0}],
        seed=seed,
    )
    found = []
    for places in (range(30), order):
        home = write(tmp_path_factory.mktemp("home"), [documents[place] for place in places])
        corpus = home.corpus("c")
        texts = home.read(corpus, ["text"])["text"].to_pylist()
        ids_ = home.read(corpus, ["id"])["id"].to_pylist()
        first = [min((i for i in range(30) if texts[i] == text), key=ids_.__getitem__) for text in texts]
        column = home.column(corpus, "exact", 1, {}, ("duplicate_group", "is_duplicate"), "duplicates")
        flags = np.array([first[i] != i for i in range(30)])
        home.write_whole_column(corpus, column, {"duplicate_group": np.array(first), "is_duplicate": flags})
        plan = resolve(home, asked)
        rows = {d: [ids_[row] for row in found_rows] for d, found_rows in plan.rows.items()}
        found.append((rows, plan_json(plan)))

    assert found[0] == found[1]


def test_a_filter_changes_no_order(home):
    """What is left stands as it stood before."""
    whole = make_pool(home, mixture()).rows["a"]
    some = make_pool(home, mixture(filters=[{"name": "odd", "keep": "tokens % 2 = 1"}])).rows["a"]

    assert [row for row in whole if row in set(some)] == some.tolist()


def test_order_is_uniform():
    """Over many seeds, each of four documents comes first about as often, and first and last are unrelated."""
    from core.pool import _mixed, _seeded

    keys = np.array([1, 2, 3, 2**63], dtype=np.uint64)
    orders = [tuple(np.argsort(_mixed(keys ^ np.uint64(_seeded(s, "d"))))) for s in range(2400)]
    counts = [orders.count(order) for order in sorted(set(orders))]

    assert len(counts) == 24
    assert 60 < min(counts) <= max(counts) < 150


# --- selection --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "selection"),
    [
        ({9, 8, 7, 6}, {"method": "top_k", "column": "place", "share": 0.6}),
        ({0, 1, 2, 3, 4, 5}, {"method": "top_k", "column": "place", "descending": False, "share": 0.3}),
        ({9, 8, 7, 6}, {"method": "quality_sampling", "column": "place", "temperature": 0}),
    ],
    ids=["top", "bottom", "half by default"],
)
def test_selection_takes_a_share_of_each_domain(home, expected, selection):
    """Domain `a` has 55 tokens; the document that crosses the share is the last."""
    pool = make_pool(home, mixture(selection=selection))
    places = home.read(home.corpus("c"), ["place"])["place"].to_numpy()

    assert expected == set(places[pool.rows["a"]].tolist())
    assert f"selection ({selection['method']})" == pool.waterfall[-1].name
    assert sum(len(rows) for rows in pool.rows.values()) == pool.waterfall[-1].documents


@pytest.mark.parametrize("method", ["random", "quality_sampling"])
def test_chance_is_the_seeds(home, method):
    """Selections at random are the same again, and others under another seed."""
    selection = {"method": method} | ({} if method == "random" else {"column": "place"})
    found = [
        [rows.tolist() for rows in make_pool(home, mixture(selection=selection, seed=s)).rows.values()]
        for s in (1, 1, 2)
    ]

    assert found[0] == found[1]
    assert [sorted(rows) for rows in found[0]] != [sorted(rows) for rows in found[2]]


@pytest.mark.parametrize(
    ("expected", "selection"),
    [
        ("no such method", {"method": "topk"}),
        ("'random' has no such setting", {"method": "random", "column": "place"}),
        ("must be float", {"method": "quality_sampling", "column": "place", "temperature": "hot"}),
        ("must be 0 or above", {"method": "quality_sampling", "column": "place", "temperature": -1}),
        ("no such column", {"method": "top_k", "column": "plaice"}),
        ("holds numbers", {"method": "top_k", "column": "text"}),
        ("a share is above 0", {"method": "random", "share": 0}),
        ("a share is above 0", {"method": "random", "share": "half"}),
        ("a share is above 0", {"method": "random", "share": True}),
    ],
    ids=["method", "setting", "kind", "range", "column", "texts", "share 0", "share in words", "share yes"],
)
def test_bad_selections(home, expected, selection):
    """Each says what is wrong, in a line."""
    with pytest.raises(BadInputError, match=expected) as caught:
        make_pool(home, mixture(selection=selection))

    assert "\n" not in str(caught.value)


def test_weights_budget_and_epochs_do_not_matter(home):
    """A moved fader needs no new pool."""
    one = make_pool(home, mixture())
    other = make_pool(
        home, mixture(weights={"a": 1.0}, budget={"tokens": 5}, max_epochs=1, stages=[{"until": 1.0}])
    )

    assert {d: rows.tolist() for d, rows in one.rows.items()} == {
        d: rows.tolist() for d, rows in other.rows.items()
    }
