"""What is asked about: a run's documents, some of them, and a target."""

import json

import pytest
from safetensors.torch import load_file

from core.backend import PRESETS, train
from core.backend.data.sealed import Sealed, open_manifest
from core.backend.data.vocabulary import load_tokenizer
from core.backend.reading.asked import checkpoints_of, documents_of, sample, target_items
from core.backend.training.checkpoint import read_state
from core.errors import BadInputError


def test_samples_grow_and_keep_their_order(manifest):
    """A larger sample holds a smaller one; the manifest's order stays; another seed draws others."""
    sealed = open_manifest(manifest)
    small, large = sample(sealed, 5, 0), sample(sealed, 20, 0)

    assert set(small) < set(large)
    assert sorted(large, key=lambda row: row[1]) == large
    assert small != sample(sealed, 5, 1)
    assert sum(file.rows for file in sealed.manifest.files) == len(sample(sealed, 999, 0))


def test_documents_are_the_runs_own_where_none_are_named(finished, manifest, tmp_path):
    """Else a manifest's or a file's, and not of both."""
    texts = tmp_path / "texts.jsonl"
    texts.write_text(json.dumps({"id": "a", "text": "b"}))

    assert isinstance(documents_of(finished[1], None, None), Sealed)
    assert isinstance(documents_of(tmp_path, manifest, None), Sealed)
    assert [("a", "b")] == [*documents_of(tmp_path, None, texts)]
    with pytest.raises(BadInputError, match="does not go with a manifest"):
        documents_of(tmp_path, manifest, texts)
    with pytest.raises(BadInputError, match="holds no run whose manifest is known"):
        documents_of(tmp_path, None, None)


def test_a_target_is_a_file_or_a_domain(finished, tmp_path):
    """A domain's is what it validates on, token by token."""
    run, out = finished
    texts = tmp_path / "texts.jsonl"
    texts.write_text(json.dumps({"text": "ship"}))
    path = out / "model" / "tokenizer.json"
    (of_file,) = target_items(out, str(texts), path, 0)
    of_domain = target_items(out, "sea", path, 0)

    assert "ship" == load_tokenizer(path).decode(of_file.tokens[:-1].tolist())
    assert run["domains"]["sea"]["validation_documents"] == len(of_domain)
    assert all(item.tokens[-1] == 0 and item.domain == "sea" for item in of_domain)
    with pytest.raises(BadInputError, match="target sky: is neither a file nor of law, sea, sum"):
        target_items(out, "sky", path, 0)
    with pytest.raises(BadInputError, match="target sea: is no file, and the run's data are not there"):
        target_items(tmp_path, "sea", path, 0)


def test_checkpoints_are_the_kept_models_and_the_last(kept, config, finished):
    """With the mean learning rate of the steps up to each; a run that kept none, or has not ended, is refused."""
    found = checkpoints_of(kept)
    rates = [PRESETS["nano"].learning_rate * config.rate(step) for step in range(12)]

    assert [(5, "step-000000005"), (10, "step-000000010"), (12, "model")] == [
        (c.step, c.folder.name) for c in found
    ]
    assert [sum(rates[:5]) / 5, sum(rates[5:10]) / 5, sum(rates[10:]) / 2] == pytest.approx(
        [one.learning_rate for one in found]
    )
    with pytest.raises(BadInputError, match=r"kept no models of earlier steps.*keep_every: STEPS"):
        checkpoints_of(finished[1])
    with pytest.raises(BadInputError, match="holds no finished run"):
        checkpoints_of(kept.parent)


def test_keeping_models_changes_nothing_else(kept, finished, manifest, config, tmp_path):
    """The last model is that of a run that kept none; a kept one is what a run that stops there has reached."""
    train(manifest, config, tmp_path / "half", until=5 / 12)
    weights, _ = read_state(tmp_path / "half/checkpoint.safetensors")
    early = load_file(kept / "checkpoints/step-000000005/model.safetensors")

    assert (finished[1] / "model/model.safetensors").read_bytes() == (
        kept / "model/model.safetensors"
    ).read_bytes()
    assert set(early) == set(weights)
    assert all(weights[name][0].equal(tensor) for name, tensor in early.items())
