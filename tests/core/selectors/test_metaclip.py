"""MetaCLIP's balancing: t / max(count, t) for each entry matched."""

import numpy as np
import pytest

from core.selectors.metaclip import EntryBalance, _keys


def lists(rows):
    found = np.empty(len(rows), dtype=object)
    for at, row in enumerate(rows):
        found[at] = np.array(row, dtype=np.int32)
    return found


def test_a_document_stays_as_the_paper_says():
    """At t = 5: with 5/20 for a common entry, surely for a rare one, and by either where it matches both."""
    matches = lists([[0]] * 17 + [[1]] * 3 + [[0, 2]] * 3 + [[2]] * 7 + [[]])
    rng = np.random.default_rng(0)
    kept = np.mean([_keys(matches, rng) < 5 for _ in range(3000)], axis=0)

    assert pytest.approx(5 / 20, abs=0.03) == kept[:17].mean()
    assert 1 == kept[17:20].mean()
    assert pytest.approx(1 - (1 - 5 / 20) * (1 - 5 / 10), abs=0.03) == kept[20:23].mean()
    assert pytest.approx(5 / 10, abs=0.03) == kept[23:30].mean()
    assert 0 == kept[30]


def test_t_meets_the_budget():
    """A larger budget is a larger t; those that match nothing come after all others."""
    columns = {"tokens": np.ones(12, int), "target_matches": lists([[0]] * 8 + [[1]] * 2 + [[]] * 2)}
    few, told = EntryBalance().select(columns, 4, np.random.default_rng(0))
    most, last = EntryBalance().select(columns, 11, np.random.default_rng(0))

    assert (4, 0) == (few.sum(), few[10:].sum())
    assert (11, 1) == (most.sum(), most[10:].sum())
    assert told.startswith("Documents balanced over the entries at t = ")
    assert last.endswith(", and 1 that match none.")
