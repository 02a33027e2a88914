"""What every embedder promises."""

import dataclasses

import numpy as np
import pytest

from core.bricks import make, settings_of
from core.embedders import EMBEDDERS
from tests.core.tiny_model import make_tiny_model

TEXTS = ["the whale and the ship", "interest of the bank", "", "a loop in python code " * 9, "tax", "the sea"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(params=EMBEDDERS)
def embedder(request, model, tmp_path):
    brick = make(EMBEDDERS, request.param, {"model": str(model)})
    brick.prepare(tmp_path)
    return brick


def test_vectors_are_float32_of_unit_length_or_zero(embedder):
    """One row a text; its length is 1, or 0 where no token is known."""
    vectors = embedder.embed(TEXTS)

    assert (len(TEXTS), np.float32) == (len(vectors), vectors.dtype)
    norms = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(norms - 1) < 1e-5) | (norms == 0))


def test_no_texts_give_no_vectors_of_the_same_width(embedder):
    """An empty batch is not an error."""
    width = embedder.embed(TEXTS).shape[1]

    assert (0, width) == embedder.embed([]).shape


def test_same_texts_give_the_same_bytes(embedder):
    """Embedding is a function of the text."""
    assert embedder.embed(TEXTS).tobytes() == embedder.embed(TEXTS).tobytes()


def test_batches_and_order_do_not_matter(embedder):
    """A text's vector does not depend on its neighbours."""
    whole = embedder.embed(TEXTS)
    single = np.concatenate([embedder.embed([text]) for text in TEXTS])
    backwards = embedder.embed(TEXTS[::-1])[::-1]

    np.testing.assert_allclose(whole, single, atol=1e-5)
    np.testing.assert_allclose(whole, backwards, atol=1e-5)


def test_settings_survive_a_round_trip(embedder):
    """A brick can be made again from its settings."""
    assert embedder == make(EMBEDDERS, embedder.name, settings_of(embedder))


def test_signature_is_the_models(embedder, tmp_path):
    """The packaged model has another signature than the test's."""
    other = dataclasses.replace(embedder, model="")

    assert embedder.signature() != other.signature()
