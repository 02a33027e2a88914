"""Several filters at once: the waterfall, each filter's own and marginal effect, and their overlap."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import filtering
from core.errors import BadInputError
from core.filtering import FilterTable
from core.pool import make_pool
from core.threshold import outcome
from core.types import DomainCount
from tests.core.small_corpus import mixture, sized

TOKENS = np.array([1, 2, 4, 8, 16, 32])
CODES = np.array([0, 0, 0, 0, 1, 1], dtype=np.int32)
DOMAINS = ("a", "b")
LONG = np.array([False, False, False, True, True, True])
CLEAN = np.array([True, False, False, True, False, True])
SAFE = np.array([True, True, True, True, False, True])


def table(*keeps):
    return FilterTable.of([(f"f{i}", keep) for i, keep in enumerate(keeps)], TOKENS, CODES, DOMAINS)


def counted(tally):
    """Documents and tokens by domain, as plain numbers."""
    return list(zip(tally.documents.tolist(), tally.tokens.tolist(), strict=True))


@st.composite
def cases(draw, most_filters=8):
    """Some documents with domains and tokens, and some filters over them."""
    size = draw(st.integers(0, 40))
    domains = tuple(f"d{i}" for i in range(draw(st.integers(1, 4))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    num = draw(st.integers(0, most_filters))
    keeps = [(f"f{i}", rng.random(size) < rng.random()) for i in range(num)]
    codes = rng.integers(0, len(domains), size).astype(np.int32)
    return keeps, rng.integers(0, 1000, size), codes, domains


# --- by hand ----------------------------------------------------------------------------------------


def test_waterfall_in_order():
    """Each step takes from what the one before has left, by domain."""
    found = table(LONG, CLEAN, SAFE).summary()

    assert [(4, 15), (2, 48)] == counted(found.corpus)
    assert [[(1, 8), (2, 48)], [(1, 8), (1, 32)], [(1, 8), (1, 32)]] == [counted(s.left) for s in found.steps]
    assert [[(3, 7), (0, 0)], [(0, 0), (1, 16)], [(0, 0), (0, 0)]] == [counted(s.took) for s in found.steps]
    assert DomainCount(2, 40) == found.kept.total


def test_own_effect_is_all_that_a_filter_drops():
    """Whatever its place and whatever the others drop."""
    found = table(LONG, CLEAN, SAFE).summary()

    assert [[(3, 7), (0, 0)], [(2, 6), (1, 16)], [(0, 0), (1, 16)]] == [counted(e.own) for e in found.effects]


def test_marginal_effect_is_what_no_other_filter_drops():
    """Only document 0 is one filter's alone: too short, but clean and safe."""
    found = table(LONG, CLEAN, SAFE).summary()

    assert [[(1, 1), (0, 0)], [(0, 0), (0, 0)], [(0, 0), (0, 0)]] == [
        counted(e.marginal) for e in found.effects
    ]


def test_overlap_of_each_two_filters():
    """The diagonal is what each drops; Jaccard is over documents."""
    found = table(LONG, CLEAN, SAFE).summary().overlap

    assert [[3, 2, 0], [2, 3, 1], [0, 1, 1]] == found.documents.tolist()
    assert [[7, 6, 0], [6, 22, 16], [0, 16, 16]] == found.tokens.tolist()
    assert [[1, 2 / 4, 0], [2 / 4, 1, 1 / 3], [0, 1 / 3, 1]] == found.jaccard.tolist()


def test_filters_that_drop_nothing_have_no_jaccard():
    """Nothing over nothing is unknown, not zero."""
    found = table(LONG, SAFE | True).summary().overlap

    assert 0 == found.jaccard[0, 1]
    assert np.isnan(found.jaccard[1, 1])


def test_combinations_are_exact_sets_of_filters():
    """The most documents first, then the most tokens; what all keep is none of them."""
    found = table(LONG, CLEAN, SAFE).summary()

    assert [((0, 1), 2, 6), ((1, 2), 1, 16), ((0,), 1, 1)] == [
        (c.places, c.documents, c.tokens) for c in found.combinations
    ]
    assert ("f0", "f1") == found.combinations[0].names
    assert (DomainCount(0, 0), 0) == (found.other, found.num_other)


def test_combinations_beyond_the_first_are_summed():
    """Their number, documents and tokens."""
    found = table(LONG, CLEAN, SAFE).summary(num_combinations=1)

    assert [(0, 1)] == [c.places for c in found.combinations]
    assert (DomainCount(2, 17), 2) == (found.other, found.num_other)


def test_a_domain_that_loses_most_is_warned_of_with_the_filter_that_takes_it():
    """`a` loses three of four documents, three of them to f0; `b` half, which is no more than half."""
    found = table(LONG, CLEAN).summary()

    assert (
        "'a' would lose 3 of 4 documents and 7 of 15 tokens; most of it to 'f0', which drops "
        "3 documents and 7 tokens by itself.",
    ) == found.warnings


def test_filter_named_is_the_one_that_takes_the_larger_share():
    """Where tokens are the larger loss, the filter that drops most of the tokens."""
    many = np.array([False, False, True, True])  # two documents of 3 tokens
    big = np.array([True, True, True, False])  # one of 80
    keeps = [("many", many), ("big", big)]
    found = FilterTable.of(keeps, np.array([1, 2, 4, 80]), np.zeros(4, dtype=np.int32), ("a",)).summary()

    assert (
        "'a' would lose 3 of 4 documents and 83 of 87 tokens; most of it to 'big', which drops "
        "1 documents and 80 tokens by itself.",
    ) == found.warnings


# --- the edges --------------------------------------------------------------------------------------


def test_no_filters_keep_all():
    """Without a filter there is the corpus and nothing else."""
    found = table().summary()

    assert ((), (), ()) == (found.steps, found.effects, found.combinations)
    assert counted(found.corpus) == counted(found.kept)
    assert (0, 0) == found.overlap.documents.shape
    assert ["corpus"] == [row.name for row in found.waterfall]


@pytest.mark.parametrize("domains", [(), ("a",)])
def test_no_documents(domains):
    """An empty corpus has empty counts and no warning."""
    nothing = np.zeros(0)
    found = FilterTable.of(
        [("f", nothing.astype(bool))], nothing, nothing.astype(np.int32), domains
    ).summary()

    assert (DomainCount(0, 0), ()) == (found.kept.total, found.warnings)
    assert DomainCount(0, 0) == found.effects[0].own.total


def test_one_document_all_dropped():
    """The smallest corpus, and nothing of it left."""
    found = FilterTable.of(
        [("f", np.array([False]))], np.array([5]), np.array([0], dtype=np.int32), ("a",)
    ).summary()

    assert (DomainCount(1, 5), DomainCount(0, 0)) == (found.effects[0].marginal.total, found.kept.total)
    assert 1 == len(found.warnings)


def test_sixty_four_filters_fit_and_no_more():
    """The last bit is as good as the first."""
    keeps = [LONG | True] * 63 + [LONG]
    found = table(*keeps).summary()

    assert [(1, 8), (2, 48)] == counted(found.kept)
    assert [(3, 7), (0, 0)] == counted(found.effects[63].marginal)
    assert (63,) == found.combinations[0].places
    with pytest.raises(BadInputError, match=r"65 filters: at most 64.*join"):
        table(*keeps, LONG)


# --- against others ---------------------------------------------------------------------------------


def test_waterfall_is_that_of_a_mixture(tmp_path):
    """The same filters in a mixture leave the same documents and tokens at each step."""
    home = sized(tmp_path, {"a": range(1, 11), "b": [10] * 5})
    corpus = home.corpus("c")
    filters = [{"name": "long", "keep": "tokens >= 9"}, {"name": "early", "keep": "place < 3"}]
    pool = make_pool(home, mixture(filters=filters))
    names = sorted(corpus.domains)
    source = home.read(corpus, ["source"])["source"].to_pylist()
    keeps = [(one["name"], home.keep_mask(corpus, one["keep"])) for one in filters]
    tokens = home.read(corpus, ["tokens"])["tokens"].to_numpy()
    codes = np.array([names.index(domain) for domain in source], dtype=np.int32)

    assert pool.waterfall == FilterTable.of(keeps, tokens, codes, names).summary().waterfall


@given(case=cases())
def test_one_filter_is_a_threshold(case):
    """Counts and domains warned of are those of a single rule's outcome."""
    keeps, tokens, codes, domains = case
    keep = np.logical_and.reduce([np.ones(len(codes), dtype=bool), *(keep for _, keep in keeps)])
    single = outcome(keep, tokens, domains, codes)
    found = FilterTable.of([("f", keep)], tokens, codes, domains).summary()

    assert [part.kept for part in single.domains.values()] == [
        found.kept.of(place) for place in range(len(domains))
    ]
    assert [w.split(";")[0] + "." for w in found.warnings] == list(single.warnings)


@given(case=cases())
def test_counts_are_those_of_a_slow_table(case):
    """Every figure again, from one data frame a question."""
    keeps, tokens, codes, domains = case
    found = FilterTable.of(keeps, tokens, codes, domains).summary(num_combinations=100)
    drops = pd.DataFrame({name: ~keep for name, keep in keeps}, index=range(len(codes)))
    frame = pd.DataFrame({"domain": codes, "tokens": tokens})

    def expected(mask):
        groups = frame[mask.to_numpy(dtype=bool)].groupby("domain")["tokens"].agg(["count", "sum"])
        return list(groups.reindex(range(len(domains)), fill_value=0).itertuples(index=False, name=None))

    for place, (name, _) in enumerate(keeps):
        others = drops.drop(columns=name).any(axis=1)
        assert expected(~drops.iloc[:, : place + 1].any(axis=1)) == counted(found.steps[place].left)
        assert expected(drops[name]) == counted(found.effects[place].own)
        assert expected(drops[name] & ~others) == counted(found.effects[place].marginal)
        for second, (other, _) in enumerate(keeps):
            both = drops[name] & drops[other]
            assert int(both.sum()) == found.overlap.documents[place, second]
            assert int(tokens[both].sum()) == found.overlap.tokens[place, second]
    sets = [tuple(np.flatnonzero(row).tolist()) for row in drops.to_numpy(dtype=bool)]
    sizes = pd.Series([s for s in sets if s], dtype=object).value_counts()
    assert dict(sizes) == {c.places: c.documents for c in found.combinations}


# --- what must hold ---------------------------------------------------------------------------------


@given(case=cases())
def test_parts_fit_together(case):
    """Marginal within own, steps add up, the end is what all filters keep."""
    keeps, tokens, codes, domains = case
    made = FilterTable.of(keeps, tokens, codes, domains)
    found = made.summary(num_combinations=2)
    keep = np.logical_and.reduce([np.ones(len(codes), dtype=bool), *(keep for _, keep in keeps)])

    assert keep.tolist() == made.keep.tolist()
    assert DomainCount(int(keep.sum()), int(tokens[keep].sum())) == found.kept.total
    assert DomainCount(len(codes), int(tokens.sum())) == found.corpus.total
    for effect in found.effects:
        assert (effect.marginal.documents <= effect.own.documents).all()
        assert (effect.marginal.tokens <= effect.own.tokens).all()
    for unit in ("documents", "tokens"):
        lost = getattr(found.corpus.total, unit) - getattr(found.kept.total, unit)
        listed = sum(getattr(c, unit) for c in found.combinations) + getattr(found.other, unit)
        assert lost == sum(getattr(s.took.total, unit) for s in found.steps) == listed


@given(case=cases(), data=st.data())
def test_order_changes_the_steps_and_nothing_else(case, data):
    """Effects go with their filter, the end stays, whatever the order."""
    keeps, tokens, codes, domains = case
    order = data.draw(st.permutations(range(len(keeps))))
    first = FilterTable.of(keeps, tokens, codes, domains).summary()
    second = FilterTable.of([keeps[place] for place in order], tokens, codes, domains).summary()

    assert counted(first.kept) == counted(second.kept)
    for at, place in enumerate(order):
        assert counted(first.effects[place].own) == counted(second.effects[at].own)
        assert counted(first.effects[place].marginal) == counted(second.effects[at].marginal)


@given(case=cases(), data=st.data())
def test_order_of_documents_and_domains_does_not_matter(case, data):
    """A corpus stored otherwise has the same counts."""
    keeps, tokens, codes, domains = case
    rows = np.array(data.draw(st.permutations(range(len(codes)))), dtype=np.int64)
    moved = np.array(data.draw(st.permutations(range(len(domains)))), dtype=np.int32)  # old place → new
    first = FilterTable.of(keeps, tokens, codes, domains).summary()
    shuffled = [(name, keep[rows]) for name, keep in keeps]
    names = [domains[old] for old in np.argsort(moved)]
    second = FilterTable.of(shuffled, tokens[rows], moved[codes[rows]], names).summary()

    assert first.combinations == second.combinations
    assert [r.by_domain for r in first.waterfall] == [r.by_domain for r in second.waterfall]
    assert sorted(first.warnings) == sorted(second.warnings)


@given(case=cases(), limit=st.sampled_from([0, 30]))
def test_sparse_counting_is_dense_counting(case, limit):
    """Beyond the cells that one array holds, only combinations that occur are counted, to the same end."""
    keeps, tokens, codes, domains = case
    made = FilterTable.of(keeps, tokens, codes, domains)
    dense = made.cells()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filtering, "DENSE_CELLS", limit)
        sparse = made.cells()

    for field in ("domain", "drops", "documents", "tokens"):
        assert getattr(dense, field).tolist() == getattr(sparse, field).tolist()
