"""Each setting of training does what it says, and a run that leaves it out is what it was."""

import math

import pytest
import torch

from core.backend import Config, read_metrics, read_run, train
from core.backend.data.sealed import read_manifest
from core.backend.model.decoder import (
    EMBEDDING,
    HEAD,
    backpropagate,
    head_of,
    hidden_states,
    initial_weights,
    rotations,
    token_losses,
)
from core.backend.model.folder import read_model, write_model
from core.backend.model.shape import PRESETS, Shape
from core.backend.model.stack import Stack, one, stacked
from core.backend.training.loop import DivergedError, Training
from core.errors import BadInputError

VOCABULARY, CONTEXT = 50, 16


def changed(config, **settings):
    return Config.model_validate({**config.model_dump(), **settings})


# --- the learning rate ------------------------------------------------------------------------------


def test_warm_up_stable_decay(config):
    """A rise, a plateau, and in the last share a straight fall to 0 after the last step."""
    wsd = changed(config, schedule="wsd", warmup=0.25, decay=0.25, tokens=12 * 128)

    assert [1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1, 1, 1, 2 / 3, 1 / 3] == pytest.approx([*map(wsd.rate, range(12))])


def test_settings_that_came_later_leave_fingerprints_alone():
    """Unset they are not in it; set they are; what changes no loss never is."""
    plain = Config()

    assert "tied" not in plain.model_dump(exclude={"tied"})
    assert plain.fingerprint() == Config(accumulate=4, compile=True, spike=5.0, stack_most=2).fingerprint()
    for other in ({"schedule": "wsd"}, {"scaling": "mup"}, {"tied": False}, {"documents_apart": True}):
        assert plain.fingerprint() != Config(**other).fingerprint()


# --- the gradient -----------------------------------------------------------------------------------


def test_micro_batches_add_up_to_the_batch(finished, manifest, config, tmp_path):
    """The same losses, but for rounding; more parts than rows are refused."""
    run, _ = finished
    parts = train(manifest, changed(config, accumulate=3), tmp_path / "run")

    assert run["losses"] == pytest.approx(parts["losses"], rel=1e-5)
    with pytest.raises(BadInputError, match="accumulate 5: is more than batch_size 4"):
        changed(config, accumulate=5).settled(read_manifest(manifest))


def test_a_compiled_forward_is_the_forward(finished, manifest, config, tmp_path, monkeypatch):
    """Whatever compiles it: here nothing is gained, and nothing may change."""
    run, _ = finished
    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f, **keys: compile_(f, backend="eager", **keys))
    compiled = train(manifest, changed(config, compile=True, tokens=12 * 128), tmp_path / "run")

    assert run["losses"] == pytest.approx(compiled["losses"], rel=1e-4)


# --- documents apart --------------------------------------------------------------------------------


def losses_of(tokens, shape):
    weights = stacked([initial_weights(shape, VOCABULARY, 0)])
    turn = rotations(shape, CONTEXT, "cpu")
    seen = torch.tensor([[tokens]])
    with torch.no_grad():
        states = hidden_states(seen[..., :-1], weights, shape, turn).flatten(1, 2)
        return token_losses(states, head_of(weights), seen[..., 1:].flatten(1))[0]


def test_a_documents_loss_does_not_depend_on_its_neighbours():
    """With documents apart: what stands before its end mark may be anything; else it counts."""
    one_before, other_before = [5, 6, 7, 0], [9, 9, 1, 0]
    document = [11, 12, 13, 14, 15, 0, 21, 22]
    for apart, same in ((0, True), (None, False)):
        shape = Shape(32, 2, 4, 2, 48, 1e-3, apart=apart)
        first, second = (losses_of(before + document, shape)[3:] for before in (one_before, other_before))

        assert same == torch.allclose(first, second, atol=1e-5)


def test_documents_apart_train(finished, manifest, config, tmp_path):
    """Other losses than where they see one another, and evaluation is apart, too."""
    run, _ = finished
    apart = train(manifest, changed(config, documents_apart=True), tmp_path / "run")

    assert run["first_losses"] != apart["first_losses"]
    assert apart["first_losses"]["sea"] > apart["losses"]["sea"]


# --- a head of its own ------------------------------------------------------------------------------


def test_an_untied_head_trains_and_loads(manifest, config, tmp_path):
    """Transformers has the run's own losses for it; its gradients are transformers', too."""
    from transformers import AutoModelForCausalLM

    run = train(manifest, changed(config, tied=False), tmp_path / "run")
    shape, weights = read_model(tmp_path / "run/model")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "run/model").eval()
    seen = torch.randint(0, 300, (1, 2, 33), generator=torch.Generator().manual_seed(1))
    logits = model(seen[0, :, :-1]).logits
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), seen[0, :, 1:].flatten()).backward()
    ours = {name: w.requires_grad_() for name, w in stacked([weights]).items()}
    backpropagate(seen[..., :-1], seen[..., 1:], ours, shape, rotations(shape, 32, "cpu"))

    assert not shape.tied
    assert not torch.equal(weights[HEAD], weights[EMBEDDING])
    assert 2 * 300 * 128 == run["parameters"]["embedding"]
    torch.testing.assert_close(model.lm_head.weight.grad, ours[HEAD].grad[0], rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(
        model.model.embed_tokens.weight.grad, ours[EMBEDDING].grad[0], rtol=1e-3, atol=1e-6
    )


# --- µP ---------------------------------------------------------------------------------------------


def wide(width, mup):
    """A decoder of two layers whose heads stay 32 wide: only their number grows with the width."""
    return Shape(width, 2, width // 32, width // 32, 2 * width, 4e-3, mup=mup)


def coordinates(width, mup, steps=4):
    """How far the logits and the last states move in some steps, as a root mean square."""
    shape = wide(width, mup)
    stack = Stack(stacked([initial_weights(shape, VOCABULARY, 0)]), [0.01], shape, 0.0)
    turn = rotations(shape, CONTEXT, "cpu")
    seen = torch.randint(0, VOCABULARY, (1, 8, CONTEXT + 1), generator=torch.Generator().manual_seed(1))

    def outputs():
        with torch.no_grad():
            states = hidden_states(seen[..., :-1], stack.weights, shape, turn)
            return states @ head_of(stack.weights)[:, None].mT

    before = outputs()
    for _ in range(steps):
        stack.set_rate(1.0)
        stack.zero_grad()
        backpropagate(seen[..., :-1], seen[..., 1:], stack.weights, shape, turn)
        stack.step(1e9)
    return float((outputs() - before).pow(2).mean().sqrt())


def test_coordinates_move_alike_at_every_width_with_mup():
    """The coordinate check (Tensor Programs V, appendix D.1): flat with µP, growing with the width without."""
    widths = (128, 256, 512)
    flat, growing = ([coordinates(width, mup) for width in widths] for mup in (True, False))

    assert max(flat) / min(flat) < 1.5
    assert growing == sorted(growing)
    assert growing[-1] / growing[0] > 2 * max(flat) / min(flat)


def test_at_the_base_width_mup_is_the_fixed_parametrisation():
    """All multipliers are 1 there."""
    shape, plain = wide(128, True), wide(128, False)

    assert (1.0, 1.0) == (shape.output_scale, shape.hidden_rate)
    assert plain.attention_scale == pytest.approx(shape.attention_scale)
    assert 32**-0.5 == pytest.approx(plain.attention_scale)


def test_mup_sets_rates_by_kind_of_weight(manifest):
    """Hidden matrices' fall with the width; the embedding's and the norms' do not; the default is one for all."""
    shape = wide(512, True)
    stack = Stack(stacked([initial_weights(shape, VOCABULARY, 0)]), [0.01], shape, 0.1)
    stack.set_rate(0.5)
    rates = {
        tuple(weight.shape[1:]): group["lr"]
        for group in stack.optimiser.param_groups
        for weight in group["params"]
    }

    assert {0.005} == {rates[VOCABULARY, 512], rates[512,]}
    assert 0.00125 == rates[512, 512] == rates[1024, 512]
    found = Config(preset="small", scaling="mup", context=32, batch_size=4).settled(read_manifest(manifest))
    assert PRESETS["nano"].learning_rate == found.learning_rate


def test_a_mup_model_loads_to_the_same_logits(tmp_path, finished):
    """Its multipliers are folded into the saved weights, for which transformers has no place."""
    from transformers import AutoModelForCausalLM

    _, out = finished
    shape = Shape(256, 2, 4, 2, 300, 1e-3, mup=True)
    weights = stacked([initial_weights(shape, 300, 0)])
    write_model(
        tmp_path / "model", one(weights, 0), shape, CONTEXT, out / "data/tokenizer.json", ("<|endoftext|>", 0)
    )
    seen = torch.randint(0, 300, (1, 2, CONTEXT), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        states = hidden_states(seen, weights, shape, rotations(shape, CONTEXT, "cpu"))
        (expected,) = states @ head_of(weights)[:, None].mT
        found = AutoModelForCausalLM.from_pretrained(tmp_path / "model").eval()(seen[0]).logits

    assert 1.0 != shape.output_scale
    torch.testing.assert_close(expected, found, rtol=1e-4, atol=1e-6)


# --- spikes -----------------------------------------------------------------------------------------


@pytest.fixture
def jumping(monkeypatch):
    """The eighth step's loss is twenty nats above what it is."""
    backpropagated, calls = Training._backpropagate, []

    def jumped(training, tokens):
        calls.append(tokens)
        return backpropagated(training, tokens) + (20 if len(calls) == 8 else 0)

    monkeypatch.setattr(Training, "_backpropagate", jumped)


def test_a_spike_stops_the_run_and_names_the_batch(manifest, config, tmp_path, jumping):
    """A loss far above the last ones; the last checkpoint stays."""
    with pytest.raises(
        DivergedError, match=r"step 8: the loss is .*, a spike above the last 6 steps'.*sea-\d+"
    ):
        train(manifest, changed(config, spike=4.0, spike_window=6), tmp_path / "run")

    assert ("failed", 6) == (read_run(tmp_path / "run")["state"], read_run(tmp_path / "run")["step"])


def test_without_the_setting_a_spike_is_only_seen(manifest, config, tmp_path, jumping):
    """The run goes on."""
    assert "done" == train(manifest, config, tmp_path / "run")["state"]


def test_an_ordinary_run_has_no_spike(manifest, config, tmp_path):
    """Nor does it end elsewhere for being watched."""
    assert "done" == train(manifest, changed(config, spike=6.0, spike_window=4), tmp_path / "run")["state"]
    assert all(math.isfinite(line["train_loss"]) for line in read_metrics(tmp_path / "run")[1:])
