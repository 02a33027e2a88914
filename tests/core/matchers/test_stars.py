"""Groups have a centre, no weak link and no pair too far apart."""

from itertools import combinations

import numpy as np
import pytest

from core.matchers import _stars


def stars(similar, count, threshold=0.75, floor=0.7):
    return _stars.Stars(np.arange(count), similar, threshold, floor)


def jaccard(sets):
    return lambda i, j: len(sets[i] & sets[j]) / len(sets[i] | sets[j])


def test_the_bound_is_reached():
    """Two members that miss different parts of the centre have a Jaccard of 2t - 1, and no less is possible."""
    sets = [set(range(100)), set(range(80)), set(range(20, 100))]
    similar = jaccard(sets)

    assert [0.8, 0.8, pytest.approx(0.6)] == [similar(0, 1), similar(0, 2), similar(1, 2)]


@pytest.mark.parametrize(("floor", "leaders"), [(0.0, [0, 0, 0]), (0.6, [0, 0, 0]), (0.7, [0, 0, 2])])
def test_no_pair_lies_below_the_floor(floor, leaders):
    """Members that the bound leaves in doubt are compared; floor 0 leaves that out."""
    sets = [set(range(100)), set(range(80)), set(range(20, 100))]
    groups = stars(jaccard(sets), 3, floor=floor)
    for one in range(3):
        groups.place([one], [0] if one else [])

    assert leaders == groups.leader.tolist()


def test_random_sets_keep_both_promises():
    """Whatever comes: threshold with the centre, floor between any two."""
    rng = np.random.default_rng(0)
    sets = [set(range(60)) - set(rng.choice(60, size=rng.integers(0, 15), replace=False)) for _ in range(200)]
    similar = jaccard(sets)
    groups = stars(similar, 200)
    centres = []
    for one in range(200):
        if not groups.place([one], centres):
            centres.append(one)
    for centre in centres:
        members = np.flatnonzero(groups.leader == centre).tolist()

        assert min(similar(centre, member) for member in members) >= 0.75
        assert min((similar(a, b) for a, b in combinations(members, 2)), default=1) >= 0.7
    assert 1 < len(centres) < 100


def test_a_group_joins_whole_or_not_at_all():
    """A group's centre is close to another's, but one of its members is not."""
    similar = {(1, 0): 0.9, (2, 0): 0.5, (3, 0): 0.9, (4, 0): 0.8}
    groups = stars(lambda one, other: similar[one, other], 5, floor=0.0)

    assert not groups.place([1, 2], [0], [0.9])
    assert groups.place([3, 4], [0], [0.9])
    assert [0, 1, 1, 0, 0] == groups.leader.tolist()


def test_a_large_group_takes_no_square_time():
    """Of all the members in doubt, `MOST_CHECKED` are compared with one that joins."""
    compared = []

    def similar(one, other):
        compared.append((one, other))
        return 0.76 if other == 0 else 1.0

    groups = stars(similar, 500)

    assert all(groups.place([one], [0]) for one in range(1, 500))
    assert len(compared) <= 500 * (_stars.MOST_CHECKED + 1)


def test_ranks_undo_an_order():
    """The first in order has rank 0."""
    assert [2, 0, 1] == _stars.ranks_of(np.array([1, 2, 0])).tolist()


def test_first_members_name_a_group():
    """Whoever leads, the group is called by its first."""
    assert [0, 1, 1, 0] == _stars.first_members(np.array([3, 2, 2, 3])).tolist()
