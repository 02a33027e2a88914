"""Losses by document: those that transformers gives, alone and one by one."""

import math

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForCausalLM

from core.backend.data.sealed import open_manifest
from core.backend.data.vocabulary import encode, load_tokenizer
from core.backend.reading import documents
from core.backend.reading.documents import document_losses, open_model, read_texts, write_losses
from core.errors import BadInputError


@pytest.fixture(scope="module")
def reference(finished):
    """Losses and error norms of a text's tokens by transformers, a window at a time."""
    _, out = finished
    model = AutoModelForCausalLM.from_pretrained(out / "model", dtype=torch.float32)
    tokenizer, end = load_tokenizer(out / "model" / "tokenizer.json"), model.config.eos_token_id
    context = model.config.max_position_embeddings

    def of(text):
        (tokens,) = encode(tokenizer, [text])
        inputs, targets = [end, *tokens], [*tokens, end]
        nats, norms = [], []
        for start in range(0, len(targets), context):
            rows = torch.tensor([inputs[start : start + context]])
            right = torch.tensor(targets[start : start + context])
            with torch.no_grad():
                shares = model(rows).logits[0].double().softmax(-1)
            nats += (-shares.gather(1, right[:, None]).log()).flatten().tolist()
            norms += (shares - torch.nn.functional.one_hot(right, shares.shape[1])).norm(dim=1).tolist()
        return nats, norms

    return of


def test_losses_are_those_of_transformers(finished, manifest, reference):
    """Loss, bits per byte and EL2N of documents shorter and longer than a window, in the manifest's order."""
    sealed = open_manifest(manifest)
    expected = [(i, domain, text) for domain in sealed.domains for i, text in sealed.documents(domain)]
    found = [*document_losses(finished[1], sealed)]

    assert [(i, domain) for i, domain, _ in expected] == [(one.id, one.domain) for one in found]
    assert len({math.ceil(one.tokens / 32) for one in found}) > 1
    for (_, _, text), one in [*zip(expected, found, strict=True)][::9]:
        nats, norms = reference(text)

        assert (len(nats), len(text.encode())) == (one.tokens, one.bytes)
        assert np.mean(nats) == pytest.approx(one.loss, abs=1e-5)
        assert sum(nats[:-1]) / math.log(2) / one.bytes == pytest.approx(one.bits_per_byte, rel=1e-5)
        assert np.mean(norms) == pytest.approx(one.el2n, abs=1e-5)


def test_a_document_is_scored_alike_whatever_stands_beside_it(finished, monkeypatch):
    """Alone, among others, or in other batches; an empty text is an end mark alone, without bits."""
    texts = [("one", "ship whale sail"), ("none", ""), ("long", "wind " * 200), ("two", "ship whale")]
    together = [*document_losses(finished[1], texts)]
    alone = [next(document_losses(finished[1], [pair])) for pair in texts]
    monkeypatch.setattr(documents, "_CHUNK", 8)
    monkeypatch.setitem(documents._BATCH, "cpu", 1)
    apart = [*document_losses(finished[1], texts)]

    assert ["one", "none", "long", "two"] == [one.id for one in together]
    assert (1, 0) == (together[1].tokens, together[1].bytes)
    assert math.isnan(together[1].bits_per_byte)
    for other in (alone, apart):
        assert [one.loss for one in together] == pytest.approx([one.loss for one in other], rel=1e-5)
        assert [one.el2n for one in together] == pytest.approx([one.el2n for one in other], rel=1e-5)


def test_models_side_by_side_are_scored_as_alone(finished):
    """Each with its own weights, in one pass."""
    model, tokenizer = open_model(finished[1])
    other = {name: torch.cat((weight, weight * 0.5)) for name, weight in model.weights.items()}
    items = [*documents.tokenised([("a", "d", "ship whale"), ("b", "d", "wind " * 50)], tokenizer, 0)]
    (alone,), (both,) = (
        [*documents.scored(one, items)]
        for one in (model, documents.Model(other, *(getattr(model, n) for n in model.__slots__[1:])))
    )

    assert (2, 2) == both.loss.shape
    assert alone.loss[0] == pytest.approx(both.loss[0], rel=1e-5)
    assert all(np.abs(both.loss[1] - both.loss[0]) > 1e-3)


def test_the_file_tells_what_was_scored(finished, tmp_path):
    """Written whole; a document without text has no bits; the same input gives the same bytes."""
    paths = [tmp_path / name for name in ("one.parquet", "two.parquet")]
    for path in paths:
        losses = document_losses(finished[1], [("a", "ship"), ("b", "")])

        assert 2 == write_losses(losses, path, {"model": "m"})
    table = pq.read_table(paths[0])

    assert ["a", "b"] == table["id"].to_pylist()
    assert [True, False] == [value is not None for value in table["bits_per_byte"].to_pylist()]
    assert b"m" == table.schema.metadata[b"model"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert 0 == write_losses([], tmp_path / "none.parquet", {})


def test_texts_are_read_from_lines_of_json(tmp_path):
    """With their ids, or the lines' numbers; a line without a text is named."""
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "a", "id": 7}\n\n{"text": "b"}\n')

    assert [("7", "a"), ("3", "b")] == [*read_texts(path)]
    path.write_text('{"text": "a"}\n{"text": 3}\n')
    with pytest.raises(BadInputError, match="line 2: holds no `text`"):
        [*read_texts(path)]
    with pytest.raises(BadInputError, match="cannot be read"):
        [*read_texts(tmp_path / "missing")]
    path.write_text("\n")
    with pytest.raises(BadInputError, match="holds no texts"):
        [*read_texts(path)]


def test_what_holds_no_model_is_refused(tmp_path):
    """In one line that says what to name."""
    with pytest.raises(BadInputError, match="holds no Llama model"):
        next(document_losses(tmp_path, [("a", "b")]))
