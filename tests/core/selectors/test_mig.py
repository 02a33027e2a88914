"""MIG: the greedy choice, exactly, of what adds most information to a graph of labels."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.selectors import mig
from core.selectors.mig import InformationGain


def slope(x):
    return 0.8 * (x + 1e-6) ** -0.2


def chosen(selector, columns, budget, seed=0):
    columns = {"tokens": np.ones(len(columns["cluster"]), int), **columns}
    return np.flatnonzero(selector.select(columns, budget, np.random.default_rng(seed))[0]).tolist()


def test_labels_alone_take_turns_by_quality():
    """Of labels that nothing links, the least seen gives next, its best document first."""
    columns = {"cluster": np.array([0, 0, 0, 1, 1, -1]), "q": np.array([1.0, 3, 2, 2.9, 1, 9])}
    selector = InformationGain(quality="q", threshold=1)

    assert [[1], [1, 3], [1, 2, 3]] == [chosen(selector, columns, budget) for budget in (1, 2, 3)]
    assert 5 not in chosen(selector, columns, 5)


def test_by_hand():
    """Labels a and b half alike, c and d their opposites: after a, the gain of c or d beats that of b."""
    vectors = np.array([[1, 0], [0.5, 3**0.5 / 2]], np.float32)
    vectors = np.concatenate([vectors, -vectors])
    passing = mig._passing_on(mig._labelled(np.arange(4), "c"), vectors, 0.4).toarray()
    pair = [[2 / 3, 1 / 3], [1 / 3, 2 / 3]]

    np.testing.assert_allclose(np.kron(np.eye(2), pair), passing, atol=1e-6)
    columns = {"cluster": np.arange(4), "vectors": vectors, "q": np.array([1.1, 1.0, 0.9, 0.8])}
    assert 0.9 * slope(0) > slope(1.1 / 3) * 2 / 3 + slope(1.1 * 2 / 3) / 3
    assert [0, 2] == chosen(InformationGain(quality="q", threshold=0.4), columns, 2)


def test_what_all_documents_share_makes_no_labels_alike():
    """A direction common to all is left out of the comparison."""
    vectors = np.eye(3, 4, dtype=np.float32) + np.array([0, 0, 0, 10], np.float32)

    assert (
        np.eye(3).tolist()
        == mig._passing_on(mig._labelled(np.arange(3), "c"), vectors, 0.1).toarray().tolist()
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_lazy_choice_is_the_greedy_one(seed):
    """The same information as an exhaustive search of the best document at every step."""
    rng = np.random.default_rng(seed)
    count, quality = 40, rng.random(40)
    labels = np.array(
        [";".join(map(str, rng.integers(5, size=rng.integers(1, 4)))) for _ in range(count)], object
    )
    vectors = rng.normal(size=(count, 4)).astype(np.float32)
    columns = {"tags": labels, "q": quality, "vectors": vectors, "cluster": labels}
    found = chosen(InformationGain("tags", "q", 0.2), columns, 15)
    spread = mig._labelled(labels, "tags") @ mig._passing_on(mig._labelled(labels, "tags"), vectors, 0.2)
    spread, total, best = spread.toarray() * quality[:, None], np.zeros(spread.shape[1]), []
    for _ in range(15):
        gains = spread @ slope(total)
        gains[best] = -1
        best.append(int(gains.argmax()))
        total += spread[best[-1]]

    assert sorted(best) == found


def test_more_information_than_a_random_sample():
    """By the measure itself, which the choice maximises."""
    rng = np.random.default_rng(0)
    columns = {"cluster": np.minimum(rng.exponential(2, size=500).astype(int), 12)}
    information = [
        (np.bincount(columns["cluster"][rows], minlength=13) ** 0.8).sum()
        for rows in (chosen(InformationGain(threshold=1), columns, 50), rng.permutation(500)[:50])
    ]

    assert information[0] > 1.1 * information[1]


def test_bad_settings_and_columns(monkeypatch):
    """A cosine is from 0 to 1; a graph has a bounded number of labels."""
    with pytest.raises(BadInputError, match="threshold 2"):
        InformationGain(threshold=2)
    monkeypatch.setattr(mig, "MAX_LABELS", 3)
    with pytest.raises(BadInputError, match="4 distinct labels; a graph has at most 3"):
        chosen(InformationGain(threshold=1), {"cluster": np.arange(4)}, 1)
