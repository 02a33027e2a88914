"""What every matcher promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import bricks
from core.matchers import MATCHERS

WORDS = [f"word{i}" for i in range(16)]


def texts(seed=0, count=40):
    rng = np.random.default_rng(seed)
    fresh = [" ".join(rng.choice(WORDS, size=60)) for _ in range(count)]
    return fresh + [text.upper() for text in fresh[:10]] + ["", " ", "word3"]


def given_to(brick, strings):
    """What the brick takes: the texts, or vectors that stand for them."""
    if brick.takes == "texts":
        return strings
    counts = [[text.lower().split().count(word) for word in WORDS] for text in strings]
    vectors = np.array(counts, dtype=np.float32).reshape(-1, len(WORDS))
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture(params=MATCHERS)
def brick(request):
    return bricks.make(MATCHERS, request.param)


def test_groups_are_named_by_their_first_member(brick):
    """A group's id is a position inside it, the first one, and copies share it."""
    groups = brick.groups(given_to(brick, texts()))

    assert np.int64 == groups.dtype
    assert (groups[groups] == groups).all()
    assert (groups <= np.arange(len(groups))).all()
    assert groups[:10].tolist() == groups[40:50].tolist()


def test_texts_that_say_nothing_stand_alone(brick):
    """Blank texts are nobody's duplicates."""
    groups = brick.groups(given_to(brick, texts()))

    assert groups[50:52].tolist() == [50, 51]


def test_any_order_gives_the_same_groups(brick):
    """Shuffled texts fall into the same sets."""
    strings = texts(3)
    order = np.random.default_rng(1).permutation(len(strings))
    straight = brick.groups(given_to(brick, strings))
    shuffled = np.empty_like(straight)
    shuffled[order] = order[brick.groups(given_to(brick, [strings[i] for i in order]))]
    pairs = straight[:, None] == straight[None, :]

    assert (pairs == (shuffled[:, None] == shuffled[None, :])).all()


@pytest.mark.parametrize("strings", [[], ["word1 word2 word3"], ["word1 word2 word3"] * 5])
def test_few_texts(brick, strings):
    """None, one, or copies only: defined groups."""
    assert [0] * len(strings) == brick.groups(given_to(brick, strings)).tolist()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=12))
def test_any_text_is_safe(strings):
    """No text makes a text matcher fail, and equal ones with words stay together."""
    for name in ("exact", "minhash"):
        groups = bricks.make(MATCHERS, name).groups([*strings, "a b c", "a b c"])

        assert groups[-1] == groups[-2]


def test_settings_survive_a_round_trip(brick):
    """A matcher is its name and its settings."""
    assert brick == bricks.make(MATCHERS, brick.name, bricks.settings_of(brick))
