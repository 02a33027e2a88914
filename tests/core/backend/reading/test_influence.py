"""Influence: what a step on a document does to a target, made and measured."""

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForCausalLM

from core.backend.data.vocabulary import END_ID
from core.backend.reading import influence
from core.backend.reading.asked import open_for
from core.backend.reading.documents import open_model, tokenised
from core.backend.reading.influence import influences, summed, write_influences
from core.errors import BadInputError

TEXTS = [
    ("d1", "sea", "ship whale sail " * 4),
    ("d2", "sea", "storm " * 90),
    ("d3", "sum", "add seven"),
    ("d4", "", ""),
]
TARGET = [("t1", "", "captain wave ship"), ("t2", "", "whale mast " * 30)]


@pytest.fixture(scope="module")
def opened(finished):
    model, tokenizer = open_model(finished[1])
    return model, [*tokenised(TEXTS, tokenizer, END_ID)], [*tokenised(TARGET, tokenizer, END_ID)]


@pytest.fixture
def reference(finished):
    """The model as transformers has it, in double precision."""
    return AutoModelForCausalLM.from_pretrained(finished[1] / "model", dtype=torch.float64)


def nats(model, item):
    """The sum of a document's losses, window by window."""
    before, total = np.concatenate([[END_ID], item.tokens[:-1]]), 0.0
    for start in range(0, len(before), 32):
        logits = model(torch.from_numpy(before[None, start : start + 32])).logits[0]
        right = torch.from_numpy(item.tokens[start : start + 32])
        total = total + torch.nn.functional.cross_entropy(logits, right, reduction="sum")
    return total


def target_loss(model, target):
    return sum(nats(model, item) for item in target) / sum(len(item.tokens) for item in target)


@pytest.mark.parametrize("layers", [None, 1])
def test_a_step_changes_the_targets_loss_by_rate_times_influence(opened, reference, layers):
    """Measured: small steps on each document and back, by the named weights alone, and the target's loss."""
    model, items, target = opened
    found = [*influences(model, items, target, layers=layers)]
    rate, start = 1e-3, {name: w.detach().clone() for name, w in reference.named_parameters()}
    for item, one in zip(items, found, strict=True):
        reference.zero_grad()
        (nats(reference, item) / len(item.tokens)).backward()
        losses = []
        with torch.no_grad():
            for step in (rate, -rate):
                for name, weight in reference.named_parameters():
                    moved = (
                        layers is None or name.startswith("model.layers.1.") or name == "model.norm.weight"
                    )
                    weight.copy_(start[name] - step * weight.grad * moved)
                losses.append(float(target_loss(reference, target)))
            for name, weight in reference.named_parameters():
                weight.copy_(start[name])

        assert (item.id, len(item.tokens)) == (one.id, one.tokens)
        assert (losses[0] - losses[1]) / 2 == pytest.approx(-rate * one.influence, rel=0.02, abs=1e-7)


def test_cosines_are_products_over_norms(opened):
    """A document's cosine with itself is 1, whatever its length; none is beyond."""
    model, items, _ = opened
    (itself,) = influences(model, items[1:2], items[1:2], mode="cosine")
    others = [one.influence for one in influences(model, items, items[1:2], mode="cosine")]

    assert 1 == pytest.approx(itself.influence, abs=1e-5)
    assert all(-1 <= value <= 1 for value in others)
    assert 1 == others.index(max(others))


def test_less_takes_the_steps_that_adam_would_make(finished, opened):
    """From the checkpoint's moments; an AdamW that goes on from them makes that very step."""
    _, items, target = opened
    model, _, moments = open_for(finished[1], "less", "cpu")
    (found,) = influences(model, items[:1], target, mode="less", moments=moments)
    (to_target,) = (influence._target_gradient(influence._Copies(model, sorted(model.weights), 1), target),)
    gradient = influence._Copies(model, sorted(model.weights), 1).gradients(items[:1])
    weights = {name: w.clone().requires_grad_() for name, w in model.weights.items()}
    adam = torch.optim.AdamW(weights.values(), lr=1.0, betas=(0.9, 0.95), weight_decay=0.0)
    for name, weight in weights.items():
        weight.grad = gradient[name].clone()
        adam.state[weight] = {
            "step": torch.tensor(float(moments.steps)),
            "exp_avg": moments.first[name].clone(),
            "exp_avg_sq": moments.second[name].clone(),
        }
    adam.step()
    step = torch.cat([(model.weights[n] - w.detach()).flatten() for n, w in sorted(weights.items())])
    wanted = torch.cat([to_target[n].flatten() for n in sorted(weights)])

    assert torch.cosine_similarity(step, wanted, dim=0).item() == pytest.approx(found.influence, abs=1e-4)


def test_checkpoints_are_summed_by_their_learning_rates(kept):
    """TracInCP by hand, in double precision: rates times products of gradients, over three checkpoints."""
    _, tokenizer = open_model(kept)
    items, target = ([*tokenised(some, tokenizer, END_ID)] for some in (TEXTS[:3], TARGET))
    rates = {"checkpoints/step-000000005": 0.003, "checkpoints/step-000000010": 0.002, "model": 0.001}
    models = ((open_model(kept / folder)[0], rate) for folder, rate in rates.items())
    found = summed(models, lambda: items, target)
    expected = np.zeros(len(items))
    for folder, rate in rates.items():
        model = AutoModelForCausalLM.from_pretrained(kept / folder, dtype=torch.float64)
        weights = [*model.parameters()]
        towards = torch.autograd.grad(target_loss(model, target), weights)
        for number, item in enumerate(items):
            slopes = torch.autograd.grad(nats(model, item) / len(item.tokens), weights)
            expected[number] += rate * sum(float((a * b).sum()) for a, b in zip(slopes, towards, strict=True))

    assert [item.id for item in items] == [one.id for one in found]
    assert expected == pytest.approx([one.influence for one in found], rel=1e-3)


def test_documents_side_by_side_do_not_touch(opened, monkeypatch):
    """One at a time or many, in one round of windows or several: the same influences."""
    model, items, target = opened
    together = [one.influence for one in influences(model, items, target)]
    monkeypatch.setattr(influence, "_WEIGHTS", 1)
    monkeypatch.setitem(influence._TOKENS, "cpu", 1)
    monkeypatch.setattr(influence, "_SORTED", 2)
    alone = [one.influence for one in influences(model, items, target)]

    assert together == pytest.approx(alone, rel=1e-3, abs=1e-6)


def test_what_cannot_be_asked_is_refused(opened, tmp_path):
    """No layer, more layers than there are, no target, and a run without moments."""
    model, items, target = opened
    with pytest.raises(BadInputError, match="layers 3: the model has 2 layers; give 1 to 2"):
        next(influences(model, items, target, layers=3))
    with pytest.raises(BadInputError, match="the target: holds no text"):
        next(influences(model, items, []))
    with pytest.raises(BadInputError, match="holds neither a run"):
        open_for(tmp_path, "less", "cpu")


def test_the_file_holds_a_row_a_document(tmp_path):
    """With what it is about in its metadata."""
    path = tmp_path / "influence.parquet"

    assert 1 == write_influences([influence.Influence("a", "d", 3, 0.5)], path, {"mode": "dot"})
    table = pq.read_table(path)
    assert [{"id": "a", "domain": "d", "tokens": 3, "influence": 0.5}] == table.to_pylist()
    assert b"dot" == table.schema.metadata[b"mode"]
