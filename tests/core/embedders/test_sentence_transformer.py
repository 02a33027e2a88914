"""The sentence transformer embeds with the packaged model, offline."""

import numpy as np
import pytest

from core.embedders.sentence_transformer import SentenceTransformer
from tests.core.tiny_model import make_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(make_tiny_model(tmp_path_factory.mktemp("model")))


def test_packaged_model_knows_what_is_alike():
    """MiniLM gives 384 dimensions, and a paraphrase is nearer than another subject."""
    texts = ["The cat sat on the mat.", "A kitten was sitting on the rug.", "Quarterly profits fell."]
    vectors = SentenceTransformer().embed(texts)

    assert vectors.shape == (3, 384)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.5 > cosines[0, 2]


def test_text_is_cut_to_the_models_length(model):
    """Beyond 32 tokens, [CLS] and [SEP] among them, the tiny model reads nothing."""
    brick = SentenceTransformer(model=model)
    texts = ["sea " * 30, "sea " * 30 + "bank " * 100_000, "sea " * 29 + "bank"]
    same, longer, other = brick.embed(texts)

    np.testing.assert_allclose(same, longer, atol=1e-6)
    assert not np.allclose(same, other, atol=1e-4)


def test_max_tokens_cuts_shorter(model):
    """A person may ask for fewer tokens than the model takes."""
    one, other = SentenceTransformer(model=model, max_tokens=4).embed(["sea ship", "sea ship bank tax"])

    np.testing.assert_allclose(one, other, atol=1e-6)
