"""Whom a policy removes: shares, intervals, and which groups are flagged."""

import numpy as np

from core.policies.effects import Grouping, effects, sentence


def grouping(*sizes):
    """Groups a, b, … of these sizes, one after another."""
    names = tuple("abcdef"[: len(sizes)])
    return Grouping("source", names, np.repeat(np.arange(len(sizes)), sizes))


def found(removed, totals, *sizes):
    """Effects by name, every document of ten tokens."""
    rows = effects(
        [grouping(*sizes)], np.array(removed), np.array(totals, dtype=float), np.full(sum(sizes), 10)
    )
    return {one.group: one for one in rows}


def test_shares_are_of_each_group():
    """Removed documents and tokens, the share over that of all, the mean of what goes."""
    rows = found([True, False, False, True] + [False] * 4, [4, 0, 0, 8, 0, 0, 0, 0], 4, 4)

    assert [4, 40, 2, 20] == [
        rows["a"].documents,
        rows["a"].tokens,
        rows["a"].removed,
        rows["a"].removed_tokens,
    ]
    assert [0.5, 2.0, 6.0] == [rows["a"].share, rows["a"].ratio, rows["a"].mean_total]
    assert [0.0, 0.0, None] == [rows["b"].share, rows["b"].ratio, rows["b"].mean_total]


def test_mild_documents_of_one_group_are_flagged():
    """Far above the base rate, at lower scores than elsewhere: not so open hatred, nor few documents."""
    dialect, hatred, rest = 40, 40, 320
    removed = [True] * 30 + [False] * 10 + [True] * 30 + [False] * 10 + [False] * rest
    totals = [4.0] * dialect + [9.0] * hatred + [0.0] * rest
    rows = found(removed, totals, dialect, hatred, rest)

    assert {"a": True, "b": False, "c": False} == {name: one.flagged for name, one in rows.items()}
    assert "source 'a' loses 30 of 40 documents (75.0%, against 15.0% of all)" in sentence(rows["a"], 0.15)
    few = found([True] * 15 + [False] * 385, [4.0] * 15 + [9.0] * 385, 15, 385)
    assert not few["a"].flagged


def test_nothing_removed_and_everything_removed():
    """No base rate to be above; and all at the base rate."""
    assert found([False] * 30, [0] * 30, 30)["a"].ratio is None
    everything = found([True] * 60, [5] * 60, 30, 30)
    assert [1.0, 1.0] == [one.ratio for one in everything.values()]
    assert not any(one.flagged for one in everything.values())


def test_unscored_documents_count_without_a_score():
    """A document that is dropped for want of a score has none to average."""
    rows = found([True, True, False, False], [np.nan, 5, 0, 0], 2, 2)

    assert [2, 5.0] == [rows["a"].removed, rows["a"].mean_total]
