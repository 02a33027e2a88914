"""What is held out, and what is read when: by content, by weight, by seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.holdout import held_out, text_hash
from core.backend.schedule import Schedule, stage_weights
from core.backend.sealed import open_manifest, read_manifest
from core.backend.shards import prepare
from core.types import silent


def test_validation_texts_are_never_trained_on(manifest, config, tmp_path):
    """No text that is evaluated is among those trained on, in whatever domain its copies are."""
    data = prepare(open_manifest(manifest), config, tmp_path / "data", silent)
    sealed = open_manifest(manifest)
    texts = {identity: text for domain in sealed.domains for identity, text in sealed.documents(domain)}
    trained = {
        identity
        for shard in data.train.values()
        for index in range(shard.windows(config.context))
        for identity in shard.ids(index, config.context)
    }
    hashes = {d: [text_hash(text) for _, text in sealed.documents(d)] for d in sealed.domains}
    held = held_out(hashes, config.validation_share, config.validation_documents)

    assert held
    assert not [identity for identity in trained if text_hash(texts[identity]) in held]


def test_every_domain_gives_its_share():
    """Five of a hundred, at least one, at most what is asked; a lone text stays."""
    hashes = {
        "large": [text_hash(f"l{i}") for i in range(100)],
        "small": [text_hash(f"s{i}") for i in range(3)],
        "lone": [text_hash("only")],
    }
    held = held_out(hashes, 0.05, 200)

    assert {"large": 5, "small": 1, "lone": 0} == {
        domain: len(held.intersection(found)) for domain, found in hashes.items()
    }
    assert 2 == len(held_out({"large": hashes["large"]}, 0.05, 2))


def test_choice_depends_on_texts_alone():
    """Neither their order nor repeats matter."""
    texts = [text_hash(f"t{i}") for i in range(50)]

    assert held_out({"a": texts}, 0.1, 9) == held_out({"a": texts[::-1] + texts[:7]}, 0.1, 9)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 50), min_size=2, max_size=6),
    st.data(),
    st.integers(1, 8),
    st.integers(1, 64),
)
def test_weights_hold_to_a_window(windows, data, batch, block):
    """At the end of training each domain has had its weight's share, to one window."""
    raw = data.draw(st.lists(st.floats(0.01, 1), min_size=len(windows), max_size=len(windows)))
    weights = np.array(raw) / sum(raw)
    schedule = Schedule(windows, [(60, weights)], batch, block, "key")
    drawn = schedule.drawn(60)

    assert 60 * batch == drawn.sum()
    assert np.abs(drawn - weights * 60 * batch).max() <= len(windows)


def test_weights_change_with_the_stage():
    """Before the change the first domain alone, after it the second alone."""
    schedule = Schedule([10, 10], [(8, [1.0, 0.0]), (10, [0.0, 1.0])], 4, 16, "key")

    assert {0} == {window.domain for step in range(8) for window in schedule.batch(step)}
    assert {1} == {window.domain for step in (8, 9) for window in schedule.batch(step)}


def test_every_window_is_seen_once_an_epoch():
    """And in another order the next time."""
    schedule = Schedule([12], [(6, [1.0])], 4, 16, "key")
    order = [(w.epoch, w.index) for step in range(6) for w in schedule.batch(step)]
    first, second = [i for e, i in order if e == 0], [i for e, i in order if e == 1]

    assert list(range(12)) == sorted(first) == sorted(second)
    assert first != second


def test_batches_do_not_depend_on_what_was_asked_before():
    """A resumed run asks for step 5 first and gets the same windows."""
    stages = [(10, [0.3, 0.7])]

    assert [*map(Schedule([7, 9], stages, 4, 8, "k").batch, range(10))][5] == Schedule(
        [7, 9], stages, 4, 8, "k"
    ).batch(5)


def test_capped_domain_is_capped_in_its_stages(write):
    """Where `max_epochs` cut a domain, the stages' weights are cut alike, so that it is not repeated more."""
    stages = [{"until": 0.5}, {"until": 1.0, "weights": {"sea": 0.2, "sum": 0.2, "law": 0.6}}]
    manifest = read_manifest(write(stages=stages, budget={"tokens": 6000}, max_epochs={"law": 0.5}))
    ends = stage_weights(manifest)
    average = sum(weights.get("law", 0) / len(ends) for _, weights in ends)

    assert manifest.domains["law"].weight < 0.4
    assert average == pytest.approx(manifest.domains["law"].weight, abs=0.05)
