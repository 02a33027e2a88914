"""Near copies are found at the Jaccard that was asked for, and nothing below it."""

import numpy as np
import pytest

from core.matchers import _shingles, _stars
from core.matchers._leading import jaccard
from core.matchers.minhash import MinHash

VOCABULARY = [f"word{i}" for i in range(5000)]


def text(rng, size=400):
    return list(rng.choice(VOCABULARY, size=size))


def true_jaccard(one, other, n=5):
    a, b = ({tuple(t[i : i + n]) for i in range(len(t) - n + 1)} for t in (one.split(), other.split()))
    return len(a & b) / len(a | b)


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(300):
        original = text(rng)
        copy = list(original)
        for at in rng.integers(0, len(copy), size=rng.integers(1, 25)):
            copy[at] = "changed"
        pairs.append((" ".join(original), " ".join(copy)))
    return pairs


def test_recall_and_precision_on_planted_pairs(planted):
    """0.99 of the pairs of Jaccard 0.9 or more are found; no group holds one below the threshold."""
    strings = [half for pair in planted for half in pair]
    groups = MinHash().groups(strings)
    found = groups[1::2] == groups[::2]
    true = np.array([true_jaccard(*pair) for pair in planted])

    assert (true >= 0.9).sum() > 20
    assert found[true >= 0.9].mean() >= 0.99
    assert true[found].min() >= 0.7
    assert len(planted) >= len(strings) - len(np.unique(groups))


def test_shingles_give_the_true_jaccard(planted):
    """Hashed shingles intersect as the word n-grams do."""
    for one, other in planted[:20]:
        made, at = _shingles.Shingler(5).sets([one, other])

        assert true_jaccard(one, other) == pytest.approx(jaccard(made[: at[1]], made[at[1] :], 0.0))


def test_band_keys_are_met_as_the_curve_says(planted):
    """With one minimum a band, the share of equal bands is an unbiased estimate of the Jaccard."""
    signed = MinHash(bands=112, rows=1).sign([half for pair in planted for half in pair])
    estimate = (signed[1::2] == signed[::2]).mean(axis=1)
    true = np.array([true_jaccard(*pair) for pair in planted])
    error = np.sqrt((true * (1 - true) / 112).sum()) / len(true)

    assert 3 * error > abs((estimate - true).mean())


def test_keys_are_those_of_the_minima():
    """A band's key is zero for a text without words only, and depends on nothing beside the text."""
    signed = MinHash().sign(["one two three", "", "?!", "ONE, two three"])

    assert [True, False, False, True] == signed.all(axis=1).tolist()
    assert (signed[0] == signed[3]).all()
    assert (MinHash().sign(["ONE, two three"]) == signed[3:]).all()


def test_buckets_of_one_are_none():
    """Keys that stand twice are numbered band by band, in order of coming; zeros are no key."""
    keys = np.array([[7, 5], [9, 5], [7, 0], [8, 5], [0, 0]], dtype=np.uint64)

    assert [[0, 1], [-1, 1], [0, -1], [-1, 1], [-1, -1]] == MinHash(bands=2).buckets(keys).tolist()


def test_groups_do_not_chain():
    """A text that drifts step by step does not end in the group of where it began."""
    rng = np.random.default_rng(1)
    drift, words = [], text(rng)
    for step in range(40):
        words = list(words)
        words[step * 10 : step * 10 + 4] = ["drifted"] * 4
        drift.append(" ".join(words))
    groups = MinHash().groups(drift)

    assert len(np.unique(groups)) >= 2
    for group in np.unique(groups):
        members = [drift[i] for i in np.flatnonzero(groups == group)]
        longest = max(members, key=len)
        assert min(true_jaccard(longest, member) for member in members) >= 0.7 or len(members) == 1


def test_texts_shorter_than_a_shingle():
    """They are duplicates where all their words agree."""
    assert MinHash().groups(["one two", "two one", "One, two!", "one"]).tolist() == [0, 1, 0, 3]


def test_a_large_group_takes_no_square_time():
    """Thousands of copies are one group, at once."""
    groups = MinHash().groups(["the same boilerplate text stands here again"] * 5000)

    assert {0} == set(groups.tolist())


def test_texts_from_one_template_take_no_square_time(monkeypatch):
    """Compared with a few of those they meet, they still find their copies."""
    head = "all of these letters say one thing in the same words but for the name of"
    texts = [f"{head} {i} and {i + 7} or {i + 9}" for i in range(300)]
    monkeypatch.setattr(_stars, "MOST_TRIED", 8)
    groups = MinHash(threshold=0.9).groups(texts + texts)

    assert list(range(300)) * 2 == groups.tolist()


def test_a_family_of_near_copies_is_not_broken_up():
    """Copies of one text with a few words changed each are one group, but for those that differ most."""
    rng = np.random.default_rng(2)
    original, found = text(rng), []
    for _ in range(600):
        words = list(original)
        for at in rng.integers(0, len(words), size=rng.integers(1, 6)):
            words[at] = f"new{rng.integers(1_000_000)}"
        found.append(" ".join(words))
    sizes = np.bincount(MinHash().groups(found))

    assert 0.9 * len(found) < sizes.max()
