"""Tokens on disk: every training text, no held-out text, and built once."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.data.holdout import held_out, text_hash
from core.backend.data.sealed import open_manifest
from core.backend.data.shards import Shard, check_lengths, prepare
from core.backend.data.vocabulary import END_ID, load_tokenizer
from core.errors import BadInputError
from core.types import silent


def texts_of(shard, tokenizer):
    """Decode a shard's documents."""
    ends = np.flatnonzero(shard.tokens == END_ID)
    return [tokenizer.decode(some[some != END_ID]) for some in np.split(shard.tokens, ends + 1)[:-1]]


@pytest.fixture
def data(manifest, config, tmp_path):
    return prepare(open_manifest(manifest), config, tmp_path / "data", silent)


def test_every_text_is_trained_on_or_held_out_and_never_both(manifest, config, data):
    """Decoded from the very files that training maps: the hold-out comes before anything is sampled."""
    sealed = open_manifest(manifest)
    tokenizer = load_tokenizer(data.tokenizer)
    texts = {domain: [text for _, text in sealed.documents(domain)] for domain in sealed.domains}
    hashes = {domain: map(text_hash, some) for domain, some in texts.items()}
    held = held_out({d: [*h] for d, h in hashes.items()}, config.validation_share, 200).held

    assert {"law", "sea", "sum"} == set(data.train) == set(data.validation)
    for domain, some in texts.items():
        trained = texts_of(data.train[domain], tokenizer)
        validated = texts_of(data.validation[domain], tokenizer)

        assert [text for text in some if text_hash(text) not in held] == trained
        assert {text for text in some if text_hash(text) in held} == set(validated)
        assert 1 <= len(validated) == data.validation[domain].documents


def test_copies_of_a_held_out_text_are_trained_on_nowhere(seal, config, tmp_path):
    """In no domain, however often the text is repeated; it is validated on once a domain."""
    shared = [f"text number {i} of both" for i in range(6)]
    manifest = seal({"a": [*shared * 3, "only in a"], "b": [*shared, "only in b"]})
    config = config.model_copy(update={"validation_share": 0.5})
    data = prepare(open_manifest(manifest), config, tmp_path / "data", silent)
    tokenizer = load_tokenizer(data.tokenizer)
    trained = {text for shard in data.train.values() for text in texts_of(shard, tokenizer)}
    validated = [text for shard in data.validation.values() for text in texts_of(shard, tokenizer)]

    assert set() == trained & set(validated)
    assert 2 == max(map(validated.count, validated))


def test_built_once_and_again_only_when_a_setting_asks_for_it(manifest, config, tmp_path):
    """Steps, weights and seeds leave the tokens alone; another vocabulary does not."""
    sealed, folder = open_manifest(manifest), tmp_path / "data"

    def steps(**update):
        seen = []
        changed = config.model_copy(update=update)
        prepare(sealed, changed, folder, lambda done, total, message="": seen.append(message))
        return set(seen)

    assert {"looking for near copies", "training the tokenizer", "tokenising"} == steps()
    assert set() == steps(tokens=999, seed=3, batch_size=9)
    assert {"training the tokenizer", "tokenising"} == steps(vocabulary=280, near_copies=False)


def test_a_build_that_was_cut_short_is_built_again(manifest, config, tmp_path):
    """Either the folder is whole or it is not there; what a killed process left is cleared away."""
    sealed, folder = open_manifest(manifest), tmp_path / "data"

    def stop(done, total, message=""):
        if message == "tokenising" and done > 45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(sealed, config, folder, stop)
    assert [] == [*tmp_path.iterdir()]
    (tmp_path / ".data.99.dead").mkdir()
    prepare(sealed, config, folder, silent)

    assert [folder] == [*tmp_path.iterdir()]
    assert "key" in json.loads((folder / "data.json").read_text())


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 33))
def test_windows_cover_every_token(size, context):
    """An epoch's windows hold each token once, but for the last, which begins again at the first."""
    shard = Shard(np.arange(size, dtype=np.uint16), None, 1)
    windows = [shard.window(index, context) for index in range(shard.windows(context))]
    seen = np.concatenate([window[:-1] for window in windows])

    assert {context + 1} == {len(window) for window in windows}
    assert (np.arange(len(seen)) % size).tolist() == seen.tolist()
    assert size <= len(seen) < size + context
    assert all(((window[:-1] + 1) % size == window[1:]).all() for window in windows)


def test_a_window_knows_its_documents(seal, config, tmp_path):
    """By id, so that a batch that goes wrong can be looked at."""
    manifest = seal({"a": [f"{i}" for i in range(10)]})
    data = prepare(open_manifest(manifest), config, tmp_path / "data", silent)
    shard, tokenizer = data.train["a"], load_tokenizer(data.tokenizer)

    assert [f"a-{tokenizer.decode(shard.tokens[:1])}"] == shard.ids(0, 1)
    assert shard.documents == len(shard.ids(0, 64))


def test_near_copies_of_validation_texts_are_not_trained_on(seal, config, tmp_path):
    """Where other texts are free of them, these are validated on; else the copies are left out, and counted."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.integers(0, 999, 40).astype(str)) for _ in range(70)]
    pairs = [f"{text} {end}" for text in texts[:40] for end in ("once", "again")]  # 36 of 37 5-grams shared
    manifest = seal({"mixed": [*texts[40:], *pairs[60:]], "pairs": pairs[:60]})
    data = prepare(open_manifest(manifest), config, tmp_path / "data", silent)
    tokenizer = load_tokenizer(data.tokenizer)

    def starts(some):
        return {text[:100] for shard in some.values() for text in texts_of(shard, tokenizer)}

    assert not starts(data.train) & starts(data.validation)
    assert 3 == data.near_copies["pairs"]["left_out"] == data.validation["pairs"].documents
    assert 0 == data.near_copies["mixed"]["close"] + data.near_copies["mixed"]["left_out"]
    assert 3 * 100 < data.near_copies["pairs"]["left_out_bytes"] < 3 * 200


def test_a_domain_shorter_than_a_sequence_is_refused():
    """Where it has a weight; one that is not trained on may be as short as it likes."""
    train = {"short": Shard(np.zeros(31, dtype=np.uint16), None, 1)}
    check_lengths(train, {"short": 0.0}, 32)
    check_lengths(train, {"short": 1.0}, 31)

    with pytest.raises(BadInputError, match="short: its 31 tokens are fewer than one sequence of 32; lower"):
        check_lengths(train, {"short": 0.5, "long": 0.5}, 32)
