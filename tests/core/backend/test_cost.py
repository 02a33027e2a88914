"""What a run will take, told before it starts."""

import os

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.backend import PRESETS, estimate
from core.backend.data.sealed import read_manifest
from core.backend.model.decoder import backpropagate, initial_weights, rotations
from core.backend.model.stack import stacked


def test_estimate_counts_steps_and_takes_a_measured_rate(manifest, config):
    """At a rate that was measured, time is tokens over rate."""
    found = estimate(manifest, config, tokens_per_second=768)

    assert (12, 12 * 128, 2.0) == (found["steps"], found["tokens"], found["seconds"])
    assert "as measured" in found["rate"]


def test_estimate_says_where_its_rate_comes_from(manifest, config):
    """From this machine's cores, or from a GPU that is assumed and need not be there."""
    cpu = estimate(manifest, config)
    gpu = estimate(read_manifest(manifest), config.model_copy(update={"device": "cuda"}))

    assert f"on {len(os.sched_getaffinity(0))} cores, as assumed" in cpu["rate"]
    assert "on a GPU, as assumed" in gpu["rate"]
    assert cpu["flops"] == gpu["flops"] == pytest.approx(cpu["seconds"] * 45e9 * len(os.sched_getaffinity(0)))
    assert 0 < gpu["seconds"] < cpu["seconds"]


def test_estimate_needs_no_data_and_agrees_with_the_run(finished, manifest, config, tmp_path):
    """A manifest without its files is enough; steps, tokens and parameters are those of the run."""
    run, _ = finished
    lone = tmp_path / "manifest.json"
    lone.write_bytes(manifest.read_bytes())
    found = estimate(lone, config)

    assert (run["steps"], run["tokens"]) == (found["steps"], found["tokens"])
    assert run["parameters"]["body"] == found["parameters"]
    assert run["parameters"]["embedding"] <= found["embedding_parameters"]


def test_documents_losses_cost_a_pass_at_every_evaluation(manifest, config):
    """Five evaluations, at 0, 3, 6, 9 and 12 steps, forwards alone: a third of training on as many tokens."""
    documents = sum(file.tokens for file in read_manifest(manifest).files)
    plain = estimate(manifest, config, tokens_per_second=100)
    found = estimate(manifest, config.model_copy(update={"document_losses": True}), tokens_per_second=100)

    assert (0, 5 * documents) == (plain["scored"], found["scored"])
    assert plain["seconds"] + 5 * documents / 300 == pytest.approx(found["seconds"])
    assert plain["flops"] * found["seconds"] / plain["seconds"] == pytest.approx(found["flops"])


@pytest.mark.parametrize("preset", ["nano", "tiny"])
def test_arithmetic_is_what_torch_counts(preset):
    """Of the matrix products, to a hundredth; attention's, which torch computes otherwise, left out."""
    shape, vocabulary, context = PRESETS[preset], 256, 64
    drawn = stacked([initial_weights(shape, vocabulary, 0)])
    weights = {n: w.requires_grad_() for n, w in drawn.items()}
    tokens = torch.randint(0, vocabulary, (1, 2, context))
    with FlopCounterMode(display=False) as counter:
        backpropagate(tokens, tokens, weights, shape, rotations(shape, context, "cpu"))
    products = {"mm", "addmm", "bmm"}
    counted = sum(
        n for op, n in counter.get_flop_counts()["Global"].items() if op.__name__.split(".")[0] in products
    )
    uncounted = 2 * vocabulary * shape.width  # the head's gradient, added in place, is unknown to the counter

    assert counted / (2 * context) + uncounted == pytest.approx(
        shape.flops_per_token(vocabulary, 0), rel=0.01
    )
