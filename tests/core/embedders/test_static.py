"""The static embedder distils a teacher token by token and keeps what it made."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.embedders import static
from core.embedders._models import model_folder
from core.embedders.static import Static
from core.errors import BadInputError, NotFoundError
from tests.core.tiny_model import make_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def brick(model, monkeypatch):
    monkeypatch.setattr(static, "_READY", {})
    return Static(dimensions=8, model=str(model))


def test_token_vectors_follow_the_recipe(brick, model, tmp_path):
    """Teacher's mean over [CLS] t [SEP], PCA by scikit-learn up to sign, a / (a + Zipf) weights."""
    import torch
    from sklearn.decomposition import PCA
    from transformers import AutoModel

    brick.prepare(tmp_path)
    table = load_file(next(tmp_path.glob("*.safetensors")))["vectors"]
    teacher, kept = AutoModel.from_pretrained(model).eval(), range(5, len(table))
    with torch.no_grad():
        pooled = torch.stack([teacher(torch.tensor([[2, t, 3]])).last_hidden_state[0].mean(0) for t in kept])
    zipf = 1 / np.arange(2, len(kept) + 2)
    weights = 1e-4 / (1e-4 + zipf / zipf.sum())
    expected = PCA(8).fit_transform(pooled.double().numpy()) * weights[:, None]
    signs = np.sign((expected * table[5:]).sum(axis=0))

    np.testing.assert_allclose(expected * signs, table[5:], atol=1e-6)
    assert not table[:5].any()  # special and unused tokens weigh nothing


def test_text_is_the_mean_of_its_tokens(brick, tmp_path):
    """A text's vector is its tokens' sum brought to unit length; unknown ones add nothing."""
    brick.prepare(tmp_path)
    table = load_file(next(tmp_path.glob("*.safetensors")))["vectors"]
    ids = [5 + 5, 5 + 5, 5 + 6]  # whale, whale, ship
    expected = table[ids].sum(axis=0) / np.linalg.norm(table[ids].sum(axis=0))

    np.testing.assert_allclose(expected, brick.embed(["Whale whale 鯨 SHIP"])[0], atol=1e-6)


def test_only_the_first_tokens_are_read(model):
    """What lies beyond max_tokens does not count, nor does it cost time."""
    brick = Static(dimensions=8, max_tokens=3, model=str(model))
    short, long = brick.embed(["sea bank tax", "sea bank tax " + "whale " * 1_000_000])

    assert short.tobytes() == long.tobytes()


def test_text_without_a_known_token_is_zero(brick):
    """Nothing known gives no direction."""
    assert not brick.embed(["", "鯨", "☃ 🐋"]).any()


def test_distilled_vectors_are_kept_and_used_again(brick, tmp_path, monkeypatch):
    """A second process finds the file and never loads the teacher."""
    brick.prepare(tmp_path)
    before = brick.embed(["the whale"])
    monkeypatch.setattr(static, "_READY", {})
    monkeypatch.setattr(static, "_distilled", None)
    brick.prepare(tmp_path)

    assert before.tobytes() == brick.embed(["the whale"]).tobytes()


def test_unknown_models_are_refused_in_one_line(tmp_path):
    """A folder without a model is named, with what a model's folder holds."""
    with pytest.raises(NotFoundError, match="no model lies there; name a folder with"):
        model_folder(str(tmp_path))


def test_pickled_weights_are_refused(tmp_path):
    """Weights in a pickle would run code when they are read."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")

    with pytest.raises(BadInputError, match="cannot be read without running code"):
        model_folder(str(tmp_path))


def test_signature_changes_with_the_weights(tmp_path):
    """Two models under one name are told apart by their bytes."""
    signatures = set()
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        save_file({"w": np.full(3, number, dtype=np.float32)}, folder / "model.safetensors")
        signatures.add(Static(model=str(folder)).signature())

    assert len(signatures) == 2
