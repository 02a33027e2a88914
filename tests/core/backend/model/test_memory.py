"""How much a model takes is known before it is tried, and said when it was too much."""

import pytest
import torch

from core.backend import Config, Member, train, train_stack
from core.backend.model import memory
from core.backend.model.decoder import hidden_states, initial_weights, rotations
from core.backend.model.memory import model_bytes, models_that_fit
from core.backend.model.stack import Stack, stacked
from core.backend.training.loop import Training
from core.errors import BadInputError


def kept_bytes(shape, batch, context):
    """What torch keeps of a forward pass for the way back, beside the weights."""
    stack = Stack(stacked([initial_weights(shape, 300, 0)]), [1e-3], shape, 0.1)
    own = {weight.untyped_storage().data_ptr() for weight in stack.weights.values()}
    found, alive = {}, []

    def pack(tensor):
        alive.append(tensor)  # else its place in memory is used again
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    tokens = torch.zeros(1, batch, context, dtype=torch.int64)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        hidden_states(tokens, stack.weights, shape, rotations(shape, context, "cpu"))
    return sum(found.values())


@pytest.mark.parametrize("preset", ["nano", "tiny", "small"])
def test_activations_are_those_that_torch_keeps(preset):
    """To a quarter, on the safe side."""
    config = Config(preset=preset, batch_size=4, context=64)
    kept = kept_bytes(config.shape, 4, 64)

    assert kept < model_bytes(config, bf16=False)[1] < 1.25 * kept


def test_numbers_are_four_a_weight():
    """The weight, its gradient and two moments; micro-batches make activations small."""
    shape = Config().shape
    fixed, activations = model_bytes(Config(), bf16=False, vocabulary=300)

    assert 16 * (shape.parameters + 300 * shape.width) == fixed
    assert activations == 4 * model_bytes(Config(accumulate=4), bf16=False)[1]


def test_as_many_train_together_as_fit(monkeypatch):
    """By what is free, a checkpoint's copy counted; one at least, and no more than asked."""
    fixed, activations = model_bytes(Config(), bf16=False)
    monkeypatch.setattr(memory, "_cores", lambda: 2)
    room = (2**28 + 20 * 1.75 * fixed + 2 * activations) / memory._SHARE
    monkeypatch.setattr(memory, "free_bytes", lambda device: round(room) + 100)

    assert 20 == models_that_fit(Config(), "cpu", bf16=False)
    assert 3 == models_that_fit(Config(stack_most=3), "cpu", bf16=False)
    monkeypatch.setattr(memory, "free_bytes", lambda device: 0)
    assert 1 == models_that_fit(Config(), "cpu", bf16=False)


@pytest.fixture
def full(monkeypatch):
    """A memory of 384 MiB that is full at the first step."""

    def backpropagated(training, tokens):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Training, "_backpropagate", backpropagated)
    monkeypatch.setattr(memory, "whole_bytes", lambda device: 3 * 2**27)


def test_out_of_memory_says_what_fits(manifest, config, tmp_path, full):
    """In one line: what a model takes, what there is, and what to set."""
    members = [Member(f"m{i}") for i in range(12)]
    with pytest.raises(BadInputError, match="GiB") as caught:
        train_stack(manifest, config.model_copy(update={"stack_most": 12}), members, tmp_path / "s")

    said = str(caught.value)
    assert "12 models, each of 11 MiB (weights, gradients, moments, a checkpoint's copy) and" in said
    assert "did not fit into 0.4 GiB; set stack_most to " in said
    with pytest.raises(BadInputError, match=r"the model, of .* raise accumulate, lower batch_size"):
        train(manifest, config, tmp_path / "run")


def test_memory_may_be_full_before_the_first_step(manifest, config, tmp_path, monkeypatch):
    """At the first evaluation, in torch's words for the processor; the process's own limit is what there is."""

    def evaluated(training):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(Training, "_evaluate", evaluated)
    monkeypatch.setattr(memory.resource, "getrlimit", lambda kind: (2**30, 2**30))

    with pytest.raises(BadInputError, match=r"did not fit into 1\.0 GiB; raise accumulate"):
        train(manifest, config, tmp_path / "run")
    assert memory.free_bytes("cpu") <= 2**30
