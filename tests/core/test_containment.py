"""Containment says which domain is inside which: exactly where all is looked at, else within its interval."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import containment as stage
from core.errors import BadInputError
from core.overlap import inside, presence
from core.overlap.ngrams import ngrams
from core.overlap.words import words
from core.repeated import tallies
from core.types import Document
from core.workspace import Workspace


def corpus(folder, domains, name="c"):
    """Return a workspace whose corpus holds each domain's texts, a token a word."""
    home = Workspace(folder)
    documents = [
        (Document(f"{domain}-{i}", text, domain), len(text.split()))
        for domain, texts in domains.items()
        for i, text in enumerate(texts)
    ]
    home.write_corpus(name, documents, tokenizer="words")
    return home


def prose(seed, size):
    """Return words of a vocabulary so large that no n-gram stands twice."""
    rng = random.Random(seed)
    return " ".join(f"w{rng.getrandbits(40):x}" for _ in range(size))


def pairs(result):
    """Return the pairs by A and B."""
    return {(pair["of"], pair["inside"]): pair for pair in result["pairs"]}


def definition(domains, n, threshold):
    """Documents, tokens and n-grams of A in B, by sets of words."""
    grams = {d: [held(text, n) for text in texts] for d, texts in domains.items()}
    union = {d: set().union(*some) for d, some in grams.items()}
    found = {}
    for a, texts in domains.items():
        for b in domains:
            if a != b and union[a] & union[b]:
                hit = [bool(g) and len(g & union[b]) / len(g) >= threshold for g in grams[a]]
                tokens = sum(len(text.split()) for text, is_in in zip(texts, hit, strict=True) if is_in)
                found[a, b] = (sum(hit), tokens, len(union[a] & union[b]) / len(union[a]))
    return found


def held(text, n):
    """The n-grams of a text; a shorter one is one n-gram."""
    found = words(text)
    return {tuple(found[i : i + n]) for i in range(max(1, len(found) - n + 1))} if found else set()


def test_a_subset_is_inside_and_not_the_other_way(tmp_path):
    """All of the small source stands in the large one; a third source shares nothing and is in no pair."""
    shared = [prose(i, 40) for i in range(5)]
    domains = {
        "big": [*shared, *(prose(10 + i, 40) for i in range(5))],
        "small": shared,
        "own": [prose(99, 40)],
    }
    result = stage.containment(corpus(tmp_path, domains), "c")
    found = pairs(result)

    assert {("big", "small"), ("small", "big")} == set(found)
    assert (5, 1.0, 200, 1.0, 1.0) == tuple(
        found["small", "big"][key]
        for key in ("documents", "documents_share", "tokens", "tokens_share", "ngrams_share")
    )
    assert (5, 0.5, 0.5) == tuple(
        found["big", "small"][key] for key in ("documents", "documents_share", "ngrams_share")
    )
    assert {"big": 280, "small": 140, "own": 28} == {d: f["ngrams"] for d, f in result["domains"].items()}
    assert {"big": 5, "small": 5, "own": 0} == {
        d: f["documents_elsewhere"] for d, f in result["domains"].items()
    }
    assert result["exact"]


@given(
    st.dictionaries(
        st.sampled_from("abc"), st.lists(st.text("xy !", max_size=14), min_size=1, max_size=4), min_size=2
    ),
    st.integers(1, 4),
    st.sampled_from([0.3, 0.5, 2 / 3, 0.8, 1.0]),
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_the_definition(tmp_path_factory, domains, n, threshold):
    """Sets on disk, read in ranges, give what sets of words give."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "AT_ONCE", 5)
        patch.setattr(inside, "NGRAMS_AT_ONCE", 3)
        patch.setattr(inside, "PART_CHARACTERS", 10)
        patch.setattr(presence, "_CELLS", 4)
        home = corpus(tmp_path_factory.mktemp("ws"), domains)
        found = pairs(stage.containment(home, "c", n=n, threshold=threshold, workers=1))

    assert definition(domains, n, threshold) == {
        pair: (facts["documents"], facts["tokens"], facts["ngrams_share"]) for pair, facts in found.items()
    }


def test_a_document_may_be_inside_a_source_and_in_none_of_its_documents(tmp_path):
    """Its halves stand in two of them; its border does not: 28 - 12 of 28 n-grams."""
    one, other = prose(1, 20), prose(2, 20)
    home = corpus(tmp_path, {"a": [f"{one} {other}"], "b": [one, other]})
    low = pairs(stage.containment(home, "c", threshold=16 / 28))
    high = pairs(stage.containment(home, "c", threshold=17 / 28))

    assert [1, 0] == [found["a", "b"]["documents"] for found in (low, high)]
    assert 16 / 28 == low["a", "b"]["ngrams_share"]


def test_all_other_domains_together(tmp_path):
    """A document of which each other source holds a half is elsewhere, though in none of them."""
    one, other = prose(1, 20), prose(2, 20)
    home = corpus(tmp_path, {"a": [f"{one} {other}"], "b": [one], "c": [other]})
    result = stage.containment(home, "c", threshold=16 / 28)

    assert 1 == result["domains"]["a"]["documents_elsewhere"]
    assert 40 == result["domains"]["a"]["tokens_elsewhere"]
    assert [0, 0] == [pairs(result)["a", b]["documents"] for b in "bc"]


def test_estimates_lie_within_their_intervals(tmp_path):
    """Of 24 domains with one n-gram in 16 looked at, nearly all true shares, from 0.1 to 0.9."""
    domains = {"all": [], **{f"{i:02d}": [] for i in range(24)}}
    for i in range(24):
        domains[f"{i:02d}"] = [prose(100 * i + j, 304) for j in range(10)]
        domains["all"] += domains[f"{i:02d}"][: 1 + i % 9]
    home = corpus(tmp_path, domains)
    result = stage.containment(home, "c", n=5, scale=16)
    found = [pairs(result)[f"{i:02d}", "all"] for i in range(24)]
    hit = [one["ngrams_low"] <= (1 + i % 9) / 10 <= one["ngrams_high"] for i, one in enumerate(found)]

    assert 21 <= sum(hit)
    assert 0.15 > max(one["ngrams_high"] - one["ngrams_low"] for one in found)
    assert {0, 1} >= {1 + i % 9 - one["documents"] for i, one in enumerate(found)}  # one may be unjudged
    assert 24 * 3000 == pytest.approx(
        sum(result["domains"][f"{i:02d}"]["ngrams"] for i in range(24)), rel=0.03
    )
    assert not result["exact"]
    assert (0.5, 0.5, 0.5) == exact_share(home)


def exact_share(home):
    """The share of one of those domains, looked at whole, and its bounds."""
    pair = pairs(stage.containment(home, "c", n=5))["04", "all"]
    return tuple(pair[f"ngrams_{name}"] for name in ("share", "low", "high"))


def test_one_corpus_in_another(tmp_path):
    """Domains A are the one's, B the other's, of whatever name."""
    shared = [prose(i, 30) for i in range(3)]
    home = corpus(tmp_path, {"web": [*shared, prose(7, 30)], "news": [shared[0]]})
    corpus(tmp_path, {"web": shared, "books": [prose(8, 30)]}, "d")
    result = stage.containment(home, "c", other="d")

    assert {("web", "web"): 0.75, ("news", "web"): 1.0} == {
        pair: facts["documents_share"] for pair, facts in pairs(result).items()
    }
    assert {"web": 3, "news": 1} == {d: f["documents_elsewhere"] for d, f in result["domains"].items()}
    assert ["source in d"] == list(home.report(home.corpus("c"), "containment"))


def test_documents_too_short_or_without_words(tmp_path):
    """A short document is one n-gram of all its words; one without words is not judged."""
    home = corpus(tmp_path, {"a": ["two words", "...", ""], "b": ["Two  WORDS!", "two words more"]})
    result = stage.containment(home, "c")

    assert {"documents": 3, "judged": 1, "tokens": 2} == {
        key: result["domains"]["a"][key] for key in ("documents", "judged", "tokens")
    }
    assert [1.0, 0.5] == [pairs(result)[pair]["documents_share"] for pair in (("a", "b"), ("b", "a"))]


def test_no_words_at_all(tmp_path):
    """No pair, and nothing judged."""
    result = stage.containment(corpus(tmp_path, {"a": ["..."], "b": [""]}), "c")

    assert [] == result["pairs"]
    assert [0, 0] == [facts["judged"] for facts in result["domains"].values()]


def test_workers_and_order_do_not_matter(tmp_path, monkeypatch):
    """One process and two, and the documents turned round, give the same figures."""
    domains = {d: [prose(i * (j + 1), 30) for i in range(12)] for j, d in enumerate("abc")}
    alone = stage.containment(corpus(tmp_path / "a", domains), "c", workers=1)
    turned = {d: texts[::-1] for d, texts in reversed(domains.items())}
    monkeypatch.setattr(stage, "SHARD_ROWS", 5)
    other = stage.containment(corpus(tmp_path / "b", turned), "c", workers=2)

    assert alone.pop("fingerprint") != other.pop("fingerprint")
    assert alone == other


def test_asking_again_costs_nothing(tmp_path, monkeypatch):
    """The report is kept by column, and nothing is left behind in the workspace."""
    home = corpus(tmp_path, {"a": [prose(1, 30)], "b": [prose(1, 30)]})
    first = stage.containment(home, "c")
    monkeypatch.setattr(stage, "_found", None)

    assert first == stage.containment(home, "c")
    assert {"source": first} == home.report(home.corpus("c"), "containment")
    assert [] == list(home.folder.glob(".containment-*"))


def test_very_large_corpora_are_sampled():
    """By the least power of two that keeps the bound."""
    assert [1, 1, 2, 16] == [stage._scale(tokens) for tokens in (0, 1 << 28, (1 << 28) + 1, 1 << 32)]


def test_ngrams_are_the_same_in_any_company():
    """A text's set does not depend on its neighbours; short texts differ from what they begin."""
    texts = ["a b", "", "a b c d", "c d a b c d", "日本語", "a b c"]
    together, starts = ngrams(texts, 3)
    alone = [ngrams([text], 3)[0].tolist() for text in texts]

    assert alone == [together[a:b].tolist() for a, b in itertools.pairwise(starts)]
    assert [1, 0, 2, 4, 1, 1] == [len(some) for some in alone]
    assert set(alone[2]) < set(alone[3])
    assert set(alone[5]) < set(alone[2])


@pytest.mark.parametrize(
    ("given_", "rule"),
    [
        ({"n": 0}, "n = 0: must be 1 to 64 words"),
        ({"threshold": 0}, "threshold = 0: is a share above 0"),
        ({"scale": 0}, "scale = 0: must be 1 or more"),
        ({"other": "c"}, "in c: is the corpus itself"),
        ({"by": "id"}, "id: has 300 values; domains compared are at most 256"),
        ({"by": "place"}, "place: has one value"),
        ({"by": "nothing"}, "no such column"),
    ],
)
def test_bad_settings_are_named(tmp_path, given_, rule):
    """The value, the rule and the remedy."""
    home = Workspace(tmp_path)
    home.write_corpus(
        "c", [(Document(f"{i}", "text", "s", {"place": 1}), 1) for i in range(300)], tokenizer="w"
    )
    with pytest.raises(BadInputError, match=rule):
        stage.containment(home, "c", **given_)
