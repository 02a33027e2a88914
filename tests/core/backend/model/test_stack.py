"""Models that train together end as they would alone."""

import json
import math
from pathlib import Path

import pytest
import torch

from core.backend import Config, Member, read_metrics, read_run, train, train_serial, train_stack
from core.backend.model.decoder import (
    EMBEDDING,
    backpropagate,
    head_of,
    hidden_states,
    initial_weights,
    rotations,
    token_losses,
)
from core.backend.model.folder import read_model
from core.backend.model.shape import Shape
from core.backend.model.stack import one, stacked
from core.backend.training.loop import DivergedError, Training
from core.errors import BadInputError

SHAPE, VOCABULARY, CONTEXT = Shape(32, 2, 4, 2, 48, 1e-3), 50, 16
MEMBERS = (
    Member("plain"),
    Member("sea", weights={"sea": 1.0}),
    Member("quick", seed=3, learning_rate=0.008, weights={"sea": 0.2, "sum": 0.2, "law": 0.6}),
    Member("turn", stages=((0.5, {"sum": 1.0}), (1.0, {"law": 0.5, "sea": 0.5}))),
)


class Stop(BaseException):
    """What an interrupt does to a run."""


def stop_at(step):
    def stop(done, total, what=""):
        if what.startswith("training:") and done == step:
            raise Stop

    return stop


@pytest.fixture(scope="module")
def together(manifest, config, tmp_path_factory):
    """A finished stack and its folder, which tests only look at."""
    out = tmp_path_factory.mktemp("stack") / "stack"
    return train_stack(manifest, config, MEMBERS, out), out


@pytest.fixture(scope="module")
def alone(manifest, config, tmp_path_factory):
    """The same models one after another, and their folder."""
    out = tmp_path_factory.mktemp("serial") / "serial"
    return train_serial(manifest, config, MEMBERS, out), out


def training_losses(folder):
    return [line["train_loss"] for line in read_metrics(folder)[1:]]


# --- oracles ----------------------------------------------------------------------------------------


def test_a_stack_trains_as_its_models_would_alone(together, alone):
    """Every evaluation's losses, within a hundred-thousandth in fp32."""
    for mine, theirs in zip(together[0], alone[0], strict=True):
        assert theirs["losses"] == pytest.approx(mine["losses"], rel=1e-5)
        name = mine["member"]
        assert training_losses(alone[1] / name) == pytest.approx(
            training_losses(together[1] / name), rel=1e-5
        )


def test_a_member_that_asks_for_nothing_is_the_run_itself(together, finished, manifest):
    """It has the single run's key and losses; each member's tokens are those of its own weights."""
    runs, _ = together
    run, _ = finished

    assert run["key"] == runs[0]["key"]
    assert run["losses"] == pytest.approx(runs[0]["losses"], rel=1e-5)
    assert 4 == len({run["key"] for run in runs})


def test_each_member_reads_its_own_mixture(together):
    """Counted windows, by largest remainder within every block, and the stages' change."""
    drawn = [{d: fact["tokens_drawn"] // 32 for d, fact in run["domains"].items()} for run in together[0]]

    assert {"sea": 48, "sum": 0, "law": 0} == drawn[1]
    assert {"law": 29, "sea": 9, "sum": 10} == drawn[2] or {"law": 29, "sea": 10, "sum": 9} == drawn[2]
    assert {"sum": 24, "law": 12, "sea": 12} == drawn[3]


def vmapped_losses(weights, seen):
    """The oracle's losses: torch's own way to run a stack, over the decoder of one model."""

    def single(model, tokens):
        alone = {name: w[None] for name, w in model.items()}
        states = hidden_states(tokens[None, :, :-1], alone, SHAPE, rotations(SHAPE, CONTEXT, "cpu"))
        logits = states[0] @ head_of(alone)[0].T
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())

    return torch.func.vmap(torch.func.grad_and_value(single))(weights, seen)


def test_losses_and_gradients_are_those_of_vmap():
    """A second oracle that shares nothing of the batching."""
    weights = stacked([initial_weights(SHAPE, VOCABULARY, seed) for seed in range(3)])
    seen = torch.randint(0, VOCABULARY, (3, 2, CONTEXT + 1), generator=torch.Generator().manual_seed(1))
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        expected, losses = vmapped_losses(weights, seen)
    ours = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    found = backpropagate(seen[..., :-1], seen[..., 1:], ours, SHAPE, rotations(SHAPE, CONTEXT, "cpu"))

    torch.testing.assert_close(losses.double(), found, rtol=1e-5, atol=0)
    for name, weight in ours.items():
        torch.testing.assert_close(expected[name], weight.grad, rtol=1e-3, atol=1e-6)


def test_a_models_gradients_do_not_depend_on_the_others():
    """To the bit: one of them may even be no number."""
    weights = stacked([initial_weights(SHAPE, VOCABULARY, seed) for seed in range(3)])
    seen = torch.randint(0, VOCABULARY, (3, 2, CONTEXT + 1), generator=torch.Generator().manual_seed(1))
    broken = {name: w.clone() for name, w in weights.items()}
    broken["model.layers.0.mlp.up_proj.weight"][1] = math.nan
    found = []
    for some in (weights, broken):
        ours = {name: weight.clone().requires_grad_() for name, weight in some.items()}
        backpropagate(seen[..., :-1], seen[..., 1:], ours, SHAPE, rotations(SHAPE, CONTEXT, "cpu"))
        found.append({name: weight.grad[[0, 2]] for name, weight in ours.items()})

    assert all(torch.equal(found[0][name], found[1][name]) for name in weights)


def test_a_single_run_is_a_plain_loop(finished, manifest, config):
    """Transformers' model, its loss and torch's AdamW by hand over the same windows: the same losses."""
    from transformers import AutoConfig, LlamaForCausalLM

    from core.backend.data.sealed import open_manifest
    from core.backend.data.shards import prepare
    from core.backend.training.setup import make_schedule
    from core.types import silent

    _, out = finished
    settled = config.settled(open_manifest(manifest).manifest)
    data = prepare(open_manifest(manifest), settled, out / "data", silent)
    schedule, shards = make_schedule(open_manifest(manifest), data, settled), list(data.train.values())
    model = LlamaForCausalLM(AutoConfig.from_pretrained(out / "model"))
    model.load_state_dict(initial_weights(settled.shape, data.vocabulary, settled.seed), strict=False)
    model.tie_weights()
    norms = [w for w in model.parameters() if w.ndim == 1]
    rest = [w for w in model.parameters() if w.ndim == 2]
    optimiser = torch.optim.AdamW(
        [{"params": rest, "weight_decay": 0.1}, {"params": norms, "weight_decay": 0.0}], betas=(0.9, 0.95)
    )
    losses = []
    for step in range(12):
        rows = [shards[w.domain].window(w.index, 32) for w in schedule.batch(step)]
        seen = torch.stack([torch.from_numpy(row) for row in rows])
        for group in optimiser.param_groups:  # warm-up of one step, then a cosine to a tenth
            group["lr"] = 4e-3 * (0.55 + 0.45 * math.cos(math.pi * max(0, step - 1) / 10))
        optimiser.zero_grad()
        logits = model(seen[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), seen[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())

    means = [sum(losses[i : i + 3]) / 3 for i in (0, 3, 6, 9)]
    assert means == pytest.approx(training_losses(out), rel=1e-4)


# --- stopping and going on --------------------------------------------------------------------------


def outcome(out):
    """Every member's weights to the bit, and its evaluations without their times."""
    timed = {"seconds", "tokens_per_second", "measures"}
    found = {}
    for member in MEMBERS:
        lines = read_metrics(out / member.name)
        kept = [{k: v for k, v in line.items() if k not in timed} for line in lines]
        found[member.name] = ((out / member.name / "model/model.safetensors").read_bytes(), kept)
    return found


@pytest.mark.parametrize("step", [1, 7])
def test_a_stopped_stack_goes_on_to_the_same_end(together, manifest, config, tmp_path, step):
    """To the bit, for every member."""
    with pytest.raises(Stop):
        train_stack(manifest, config, MEMBERS, tmp_path / "s", stop_at(step))
    assert {"interrupted"} == {read_run(tmp_path / "s" / member.name)["state"] for member in MEMBERS}
    train_stack(manifest, config, MEMBERS, tmp_path / "s")

    assert outcome(together[1]) == outcome(tmp_path / "s")


def test_a_finished_stack_comes_back_at_once(together, manifest, config):
    """Nothing is trained again."""
    runs, out = together
    said = []

    assert runs == train_stack(manifest, config, MEMBERS, out, lambda *told: said.append(told[2]))
    assert {"checking hashes"} == set(said)


def test_a_serial_run_goes_on_after_those_that_are_done(alone, manifest, config, tmp_path):
    """The members before the stop are not trained again."""
    with pytest.raises(Stop):
        train_serial(manifest, config, MEMBERS, tmp_path / "s", stop_at(12 + 7))
    states = [(read_run(tmp_path / "s" / m.name) or {"state": None})["state"] for m in MEMBERS]
    train_serial(manifest, config, MEMBERS, tmp_path / "s")

    assert ["done", "interrupted", None, None] == states
    assert outcome(alone[1]) == outcome(tmp_path / "s")


def test_other_members_are_refused(together, manifest, config):
    """A folder holds one stack; its checkpoint is of its members alone."""
    _, out = together

    with pytest.raises(BadInputError, match="holds a stack of other members"):
        train_stack(manifest, config, MEMBERS[:2], out)
    with pytest.raises(BadInputError, match="holds a run of another manifest or config"):
        train_stack(manifest, config, (Member("plain", seed=9), *MEMBERS[1:]), out)


def test_a_stack_trains_in_parts_that_fit(together, manifest, config, tmp_path):
    """Two at a time: the same losses but for rounding, and no part larger than asked."""
    small = config.model_copy(update={"stack_most": 2})
    runs = train_stack(manifest, small, MEMBERS, tmp_path / "s")

    assert [2, 2, 2, 2] == [run["stack"] for run in runs]
    for mine, theirs in zip(together[0], runs, strict=True):
        assert mine["losses"] == pytest.approx(theirs["losses"], rel=1e-5)


# --- a member that diverges -------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch):
    """The loss of the second model in the stack is no number at the fifth step."""
    backpropagated, calls = Training._backpropagate, []

    def wrong(training, tokens):
        calls.append(tokens)
        losses = backpropagated(training, tokens)
        if len(calls) == 5:
            losses[min(1, len(losses) - 1)] = math.nan
        return losses

    monkeypatch.setattr(Training, "_backpropagate", wrong)


def test_a_member_that_diverges_is_stopped_and_the_others_go_on(together, manifest, config, tmp_path, broken):
    """Its record names the step and the documents; no model of it is saved."""
    runs = train_stack(manifest, config, MEMBERS, tmp_path / "s")
    states = {run["member"]: run["state"] for run in runs}
    failed = next(run for run in runs if run["state"] == "failed")

    assert {"done", "failed"} == set(states.values())
    assert 3 == [*states.values()].count("done")
    assert failed["error"].startswith("step 5: the loss is nan; lower learning_rate, or look at")
    assert not (tmp_path / "s" / failed["member"] / "model").exists()
    for mine, theirs in zip(together[0], runs, strict=True):
        if theirs["state"] == "done":
            assert mine["losses"] == pytest.approx(theirs["losses"], rel=1e-5)
    assert runs == train_stack(manifest, config, MEMBERS, tmp_path / "s")


def test_a_stack_of_one_that_diverges_is_an_error(manifest, config, tmp_path, broken):
    """There is no other to go on."""
    with pytest.raises(DivergedError, match="step 5: the loss is nan"):
        train_stack(manifest, config, [Member("only")], tmp_path / "s")
    assert "failed" == read_run(tmp_path / "s/only")["state"]


# --- a trunk ----------------------------------------------------------------------------------------


def test_members_grow_from_a_stopped_run(manifest, config, tmp_path):
    """A member without wishes ends where the trunk itself ends, to the bit; others go their own way."""
    whole = train(manifest, config, tmp_path / "whole")
    stopped = train(manifest, config, tmp_path / "trunk", until=0.75)
    runs = train_stack(
        manifest, config, [Member("same"), Member("other", weights={"law": 1.0})], tmp_path / "s",
        trunk=tmp_path / "trunk",
    )  # fmt: skip
    same, other = runs

    assert ("interrupted", 9) == (stopped["state"], stopped["step"])
    assert whole["losses"] == pytest.approx(same["losses"], rel=1e-5)
    assert [9, 12] == [line["step"] for line in read_metrics(tmp_path / "s/other")]
    assert whole["domains"]["sea"]["tokens_drawn"] == same["domains"]["sea"]["tokens_drawn"]
    assert 12 * 32 == other["domains"]["law"]["tokens_drawn"] - stopped_share(tmp_path / "trunk", "law")
    assert "done" == train(manifest, config, tmp_path / "trunk")["state"]


def stopped_share(folder, domain):
    """The tokens of a domain that the first nine steps of a plain run read."""
    from core.backend.data.sealed import open_manifest
    from core.backend.data.shards import prepare
    from core.backend.training.setup import make_schedule
    from core.types import silent

    run = read_run(folder)
    sealed = open_manifest(Path(run["manifest"]))
    settled = Config.model_validate(run["config"])
    data = prepare(sealed, settled, folder / "data", silent)
    return int(make_schedule(sealed, data, settled).drawn(9)[list(data.train).index(domain)]) * 32


def test_a_model_alone_may_be_the_trunk(finished, manifest, config, tmp_path):
    """Its weights, from step 0: the first losses are those with which it ended."""
    run, out = finished
    (found,) = train_stack(
        manifest, config, [Member("more")], tmp_path / "s", trunk=out / "model", trunk_weights_only=True
    )

    assert run["losses"] == pytest.approx(found["first_losses"], rel=1e-5)
    assert (0, 12) == (found["first_step"], found["step"])


def test_a_trunk_that_does_not_fit_is_refused(finished, together, manifest, config, tmp_path):
    """Nothing there, no step left, or another shape."""
    _, out = finished
    for trunk, settings, said in (
        (tmp_path / "none", {}, "holds neither a run with a checkpoint nor a model"),
        (out, {}, "a trunk of 12 steps: leaves none of 12"),
        (together[1] / "sea", {"preset": "tiny", "tokens": 20 * 128}, "the trunk has another shape"),
    ):
        with pytest.raises(BadInputError, match=said):
            train_stack(
                manifest, config.model_copy(update=settings), [Member("a")], tmp_path / said[:12], trunk=trunk
            )


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([], "a stack has one model at least"),
        ([Member("../up")], "is no name for a model's folder"),
        ([Member("data")], "is no name for a model's folder"),
        ([Member("a"), Member("A")], "names two models of the stack"),
        ([Member("a", seed=-1)], "a: seed -1: is below 0"),
        ([Member("a", learning_rate=0.0)], "a: learning_rate 0.0: is not above 0"),
        ([Member("a", weights={"sea": -1.0})], "a: its weights are not shares of 1"),
        ([Member("a", weights={"moon": 1.0})], "moon: the domain has a weight but no documents"),
        ([Member("a", stages=((0.5, {"sea": 1.0}),))], "do not rise to 1"),
    ],
)
def test_wrong_members_are_refused(manifest, config, tmp_path, members, said):
    """In one line, and nothing is begun."""
    with pytest.raises(BadInputError, match=said):
        train_stack(manifest, config, members, tmp_path / "s")
    assert not [*tmp_path.glob("s/[!.]*")]


def test_a_stack_tells_what_it_is(together):
    """`stack.json` names the members and which trained together."""
    _, out = together
    facts = json.loads((out / "stack.json").read_text())

    assert [member.name for member in MEMBERS] == facts["members"]
    assert [facts["members"]] == facts["parts"]


def test_models_are_read_back(together):
    """In fp32, with the shape of their preset."""
    _, out = together
    shape, weights = read_model(out / "sea/model")

    assert (128, 2, True) == (shape.width, shape.layers, shape.tied)
    assert (2, 300) == (weights[EMBEDDING].ndim, len(weights[EMBEDDING]))
    assert set(one(stacked([weights]), 0)) == set(weights)
    assert token_losses(torch.zeros(1, 3, 128), weights[EMBEDDING][None], torch.zeros(1, 3, dtype=int)).shape
