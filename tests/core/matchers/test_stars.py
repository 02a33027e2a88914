"""Groups have a centre, no weak link and no pair too far apart."""

from itertools import combinations

import numpy as np
import pytest

from core.matchers import _stars


def stars(sets, threshold=0.75, floor=0.7, buckets=None):
    """Groups of sets of numbers, the best first, all in one bucket."""
    at = np.cumsum([0, *map(len, sets)])
    values = np.concatenate([np.array(sorted(one), dtype=np.uint32) for one in sets])
    found = np.zeros((len(sets), 1), dtype=np.int32) if buckets is None else np.array(buckets, dtype=np.int32)
    return _stars.Stars(found, _stars.Sets(values, at), np.arange(len(sets)), threshold, floor)


def led(sets, parts=None, **more):
    """Each one's centre inside its part and at large."""
    given = np.zeros(len(sets), dtype=np.int64) if parts is None else np.array(parts)
    return [found.tolist() for found in stars(sets, **more).led(given)]


def jaccard(one, other):
    return len(one & other) / len(one | other)


def test_the_bound_is_reached():
    """Two members that miss different parts of the centre have a Jaccard of 2t - 1, and no less is possible."""
    sets = [set(range(100)), set(range(80)), set(range(20, 100))]

    assert 0.8 == jaccard(sets[0], sets[1]) == jaccard(sets[0], sets[2])
    assert pytest.approx(0.6) == jaccard(sets[1], sets[2])


@pytest.mark.parametrize(("floor", "leaders"), [(0.0, [0, 0, 0]), (0.6, [0, 0, 0]), (0.7, [0, 0, 2])])
def test_no_pair_lies_below_the_floor(floor, leaders):
    """Members that the bound leaves in doubt are compared; floor 0 leaves that out."""
    sets = [set(range(100)), set(range(80)), set(range(20, 100))]

    assert leaders == led(sets, floor=floor)[0]


@pytest.mark.parametrize("num_parts", [1, 3])
def test_random_sets_keep_both_promises(num_parts):
    """Whatever comes: threshold with the centre, floor between any two, every local group inside a global one."""
    rng = np.random.default_rng(0)
    sets = [set(range(60)) - set(rng.choice(60, size=rng.integers(0, 15), replace=False)) for _ in range(200)]
    parts = rng.integers(num_parts, size=200)
    local, across = led(sets, parts)
    for leaders in (local, across):
        for centre in set(leaders):
            members = [i for i in range(200) if leaders[i] == centre]

            assert centre == min(members)
            assert min(jaccard(sets[centre], sets[member]) for member in members) >= 0.75
            assert min((jaccard(sets[a], sets[b]) for a, b in combinations(members, 2)), default=1) >= 0.7
    assert 1 < len(set(across)) < 100
    assert [across[leader] for leader in local] == across
    assert all(parts[i] == parts[leader] for i, leader in enumerate(local))


def test_a_group_joins_whole_or_not_at_all():
    """A group's centre is close to another's, but one of its members is not."""
    centre = set(range(100))
    sets = [centre, set(range(10, 100)), set(range(10, 80)), set(range(5, 100)), set(range(5, 98))]

    assert [[0, 1, 1, 3, 3], [0, 1, 1, 0, 0]] == led(sets, [0, 1, 1, 2, 2], floor=0.0)


def test_only_buckets_propose():
    """Equal sets that share no bucket stay apart; one that shares several meets each centre once."""
    sets = [set(range(9))] * 4

    assert [0, 1, 0, 1] == led(sets, buckets=[[0, -1], [-1, 1], [0, 2], [2, 1]])[0]


def test_a_large_group_takes_no_square_time(monkeypatch):
    """Of members in doubt, `MOST_CHECKED` are compared with one that joins, the farthest from the centre."""
    near = [set(range(80)) | {1000 + i} for i in range(40)]  # close to the centre, and to one another
    far = set(range(16, 100))
    sets = [set(range(100)), set(range(80)), *near, far]

    assert 42 == led(sets, threshold=0.7, floor=0.7)[0][42]
    monkeypatch.setattr(_stars, "MOST_CHECKED", 0)
    assert 0 == led(sets, threshold=0.7, floor=0.7)[0][42]


def test_small_buckets_are_looked_at_first(monkeypatch):
    """Of more centres than `MOST_TRIED`, those count that few others meet: there the copies are."""
    sets = [*({1000 * i + j for j in range(9)} for i in range(20)), set(range(5000, 5009))]
    buckets = [[0, -1]] * 19 + [[0, 1]] * 2
    sets[20] = sets[19] | {7}

    assert 19 == led(sets, buckets=buckets)[0][20]
    monkeypatch.setattr(_stars, "MOST_TRIED", 1)
    assert 19 == led(sets, buckets=buckets)[0][20]
    assert 20 == led(sets, buckets=[[0, -1]] * 21)[0][20]


def test_chunks_do_not_count(monkeypatch):
    """Placed a few at a time, the groups are the same, and what was read is let go each time."""
    rng = np.random.default_rng(1)
    sets = [set(range(40)) - set(rng.choice(40, size=8, replace=False)) for _ in range(60)]
    whole = led(sets, rng.integers(2, size=60).tolist())
    monkeypatch.setattr(_stars, "AT_ONCE", 7)
    rng = np.random.default_rng(1)
    _ = [rng.choice(40, size=8, replace=False) for _ in range(60)]

    assert whole == led(sets, rng.integers(2, size=60).tolist())


def test_ranks_undo_an_order():
    """The first in order has rank 0."""
    assert [2, 0, 1] == _stars.ranks_of(np.array([1, 2, 0])).tolist()


def test_first_members_name_a_group():
    """Whoever leads, the group is called by its first."""
    assert [0, 1, 1, 0] == _stars.first_members(np.array([3, 2, 2, 3])).tolist()
