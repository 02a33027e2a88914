"""Losses and bits per byte, by hand where they can be."""

import math

import numpy as np
import pytest
import torch

from core.backend.data.shards import Data, Shard
from core.backend.data.vocabulary import END_ID
from core.backend.model.decoder import EMBEDDING, initial_weights, rotations
from core.backend.model.shape import Shape
from core.backend.model.stack import stacked
from core.backend.reading.evaluate import examination

SHAPE, VOCABULARY, CONTEXT = Shape(16, 1, 2, 1, 24, 1e-3), 10, 8
BYTES = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])


def exam(*, most=10_000, **tokens):
    """An examination over made-up tokens by domain."""
    shards = {d: Shard(np.array(some, dtype=np.uint16), None, 1) for d, some in tokens.items()}
    return examination(Data({}, shards, VOCABULARY, BYTES, "", None), CONTEXT, most)


def score(examined, weights=None, batch_size=3):
    if weights is None:
        weights = initial_weights(SHAPE, VOCABULARY, 0)
    (found,) = examined.score(
        stacked([weights]), SHAPE, rotations(SHAPE, CONTEXT, "cpu"), batch_size, bf16=False
    )
    return found


def test_a_model_that_knows_nothing_loses_the_vocabularys_logarithm():
    """With an embedding of zeros every token is as likely as every other."""
    weights = initial_weights(SHAPE, VOCABULARY, 0) | {EMBEDDING: torch.zeros(VOCABULARY, 16)}
    scores = score(exam(a=[3, 4, END_ID, 9, END_ID], b=[1, 1, END_ID]), weights)

    assert {"a": math.log(10), "b": math.log(10)} == pytest.approx(scores.losses)
    # Three tokens of text for 3 + 4 + 9 bytes, and two for two; end marks are no text.
    assert {"a": 3 * math.log2(10) / 16, "b": 2 * math.log2(10) / 2} == pytest.approx(scores.bits_per_byte)


def test_every_target_counts_once():
    """Padding counts nothing; the last window may be short."""
    assert {"a": 19, "b": 1} == exam(a=[1] * 19, b=[2]).tokens
    assert {"a": 11, "b": 1} == exam(a=[1] * 19, b=[2], most=11).tokens


def test_first_token_follows_an_end_mark_and_windows_join():
    """Each target's input is the token before it."""
    examined = exam(a=[5, 6, 7, 8, 9, 1, 2, 3, 4])

    assert [[END_ID, 5, 6, 7, 8, 9, 1, 2], [3] + [END_ID] * 7] == examined.inputs.tolist()
    assert [[5, 6, 7, 8, 9, 1, 2, 3], [4] + [-1] * 7] == examined.targets.tolist()


def test_batches_do_not_change_the_scores():
    """Nor do other domains."""
    rng = np.random.default_rng(0)
    some = {d: rng.integers(1, VOCABULARY, 50) for d in "ab"}
    alone, small, large = score(exam(a=some["a"])), score(exam(**some), batch_size=1), score(exam(**some))

    assert small.losses == pytest.approx(large.losses, abs=1e-5)
    assert alone.losses["a"] == pytest.approx(large.losses["a"], abs=1e-5)


def test_domains_without_text_have_no_score():
    """Neither a loss without bits nor bits over no bytes."""
    scores = score(exam(a=[END_ID, END_ID], b=[1, END_ID]))

    assert ["b"] == [*scores.losses] == [*scores.bits_per_byte]
    assert {} == score(exam()).losses


def test_models_are_scored_side_by_side():
    """Each as if it were alone."""
    examined = exam(a=[1] * 19 + [END_ID], b=[2, 3, END_ID])
    models = [initial_weights(SHAPE, VOCABULARY, seed) for seed in range(3)]
    together = examined.score(stacked(models), SHAPE, rotations(SHAPE, CONTEXT, "cpu"), 2, bf16=False)

    for model, found in zip(models, together, strict=True):
        assert score(examined, model).losses == pytest.approx(found.losses, rel=1e-6)


def test_bytes_are_scaled_to_the_texts_and_any_token_may_end_them():
    """Where a tokenizer's names tell bytes wrong by a factor; the end mark counts no bits, whatever its number."""
    shards = {"a": Shard(np.array([3, 4, 7, 9, 7], dtype=np.uint16), None, 1)}
    data = Data({}, shards, VOCABULARY, BYTES * (BYTES != 7), "", None, end_id=7, byte_scale={"a": 2.0})
    weights = stacked([initial_weights(SHAPE, VOCABULARY, 0) | {EMBEDDING: torch.zeros(VOCABULARY, 16)}])
    examined = examination(data, CONTEXT, 100)
    (scores,) = examined.score(weights, SHAPE, rotations(SHAPE, CONTEXT, "cpu"), 3, bf16=False)

    assert 3 * math.log2(10) / (2 * 16) == pytest.approx(scores.bits_per_byte["a"])
    assert 7 == examined.inputs[0, 0]
