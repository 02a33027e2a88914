"""What all experiments share: fields that forms can draw, folders, failures, and what they will take."""

import dataclasses
import inspect
import json
import os
import typing

import pytest

from core.backend import Config
from core.backend.experiments import (
    EXPERIMENTS,
    Bench,
    _training,
    estimate_experiment,
    read_result,
    run_experiment,
    sweep,
)
from core.backend.experiments.experts import Experts
from core.backend.experiments.leave_one_out import LeaveOneOut
from core.backend.experiments.sweep import Sweep
from core.backend.model.memory import model_bytes
from core.backend.training.loop import DivergedError
from core.bricks import make, settings_of
from core.errors import BadInputError, InterruptedRunError


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_fields_can_be_drawn_as_a_form(name):
    """Frozen, named as in the face, a sentence on each; numbers, texts or choices with a word of help."""
    made = EXPERIMENTS[name]
    hints = typing.get_type_hints(made)

    assert name == made.name
    assert made.__dataclass_params__.frozen
    assert inspect.getdoc(made).split("\n")[0].endswith(".")
    for field in dataclasses.fields(made):
        kind = hints[field.name]
        plain = kind in (int, float, str, bool) or typing.get_origin(kind) is typing.Literal
        assert plain or set(typing.get_args(kind)) <= {int, float, str, type(None)}, field.name
        assert field.metadata["help"].endswith(".")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_settings_survive_a_round_trip_through_a_form(name):
    """As other bricks: made from what people typed, read back, made again."""
    typed = {"model": "run", "texts": "t.jsonl"} if name == "membership" else {}
    made = make(EXPERIMENTS, name, typed)
    settings = {key: None if value is None else str(value) for key, value in settings_of(made).items()}

    assert made == make(EXPERIMENTS, name, settings)


def test_result_says_what_made_it(conduct, manifest):
    """On disk as it came back, with settings, manifest and machine, and no half-written file beside it."""
    result, out = conduct(Experts())

    assert result == json.loads((out / "experiment.json").read_text()) == read_result(out)
    assert ("experts", "done", "stack") == (result["experiment"], result["state"], result["way"])
    assert json.loads(manifest.read_text())["fingerprint"] == result["manifest_fingerprint"]
    assert [".lock"] == [path.name for path in out.iterdir() if path.name.startswith(".")]


def test_folder_of_other_files_is_left_alone(conduct, manifest):
    """The export's own folder is no place for an experiment."""
    with pytest.raises(BadInputError, match="is not empty and holds no experiment"):
        conduct(Experts(), out=manifest.parent)


def test_experiment_on_an_export_needs_one(conduct):
    """In one line."""
    with pytest.raises(BadInputError, match="sweep: this experiment trains on an export"):
        conduct(Sweep(), sealed=None)


def test_a_model_that_diverges_fails_by_name(manifest, config, tmp_path):
    """A learning rate beyond all reason: the result says failed and why."""
    wild = config.model_copy(update={"learning_rate": 1e30, "clip": 1e30})

    with pytest.raises(DivergedError):
        run_experiment(Experts(), Bench(manifest, wild, tmp_path / "out"))
    failed = read_result(tmp_path / "out")
    assert "failed" == failed["state"]
    assert "expert-000" in failed["error"]


def test_one_model_that_diverges_is_in_no_table(manifest, config, tmp_path, monkeypatch):
    """A sweep goes on without it and says so; an experiment that needs it fails by its name."""
    run = _training._run

    def one_fails(*args):
        runs = run(*args)
        return [*runs[:-1], {**runs[-1], "state": "failed", "error": "step 3: the loss is nan"}]

    monkeypatch.setattr(_training, "_run", one_fails)
    result = run_experiment(Sweep(models=3), Bench(manifest, config, tmp_path / "sweep"))
    lines = (tmp_path / "sweep/losses.csv").read_text().splitlines()

    assert "0002-draw failed and is in no table: step 3: the loss is nan" in result["warnings"]
    assert ["0", "1"] == [line.split(",")[0] for line in lines[1:]]
    with pytest.raises(_training.FailedModelError, match=r"expert-002 of .*: step 3: the loss is nan"):
        run_experiment(Experts(), Bench(manifest, config, tmp_path / "experts"))


def test_full_disk_says_how_to_go_on(manifest, config, tmp_path, monkeypatch):
    """What is trained stays; the same call writes the tables once there is room."""

    def full(*args):
        raise OSError(28, "No space left on device", "losses.csv")

    bench = Bench(manifest, config, tmp_path / "out")
    with monkeypatch.context() as patched:
        patched.setattr(sweep, "write_csv", full)
        with pytest.raises(InterruptedRunError, match=r"losses\.csv: No space left on device; mend the disk"):
            run_experiment(Sweep(models=2), bench)

    assert "done" == run_experiment(Sweep(models=2), bench)["state"]


def test_models_warnings_are_counted(seal, config, conduct):
    """Each run keeps its own; the experiment says how many, with the first."""
    texts = {d: [f"{d} has a text with the number {i}" for i in range(20)] for d in "ab"}
    result, _ = conduct(Experts(), seal(texts), config)

    assert "a is seen" in result["runs"][0]["warnings"][0]
    assert result["warnings"][-1].startswith("2 of 2 models have warnings, the first: a is seen")


def test_estimate_counts_models_steps_and_tokens(manifest):
    """By hand: a sweep of 8, and a leave-one-out of 2 seeds over 3 domains with a fifth left out."""
    config = Config(context=32, batch_size=4, tokens=100 * 128)
    whole = estimate_experiment(Sweep(models=8), Bench(manifest, config, manifest), price_per_hour=2.0)
    parts = estimate_experiment(LeaveOneOut(seeds=2), Bench(manifest, config, manifest))

    assert (8, 100, 8 * 12_800, 8) == (whole["models"], whole["steps"], whole["tokens"], whole["together"])
    assert whole["flops"] / 8 == pytest.approx(parts["flops"] / (2 * 0.8 + 2 * 4 * 0.2))
    assert (2 + 8, 4) == (parts["models"], parts["together"])
    assert whole["price"] == pytest.approx(whole["seconds"] / 3600 * 2)
    fixed, activations = model_bytes(config, bf16=False)
    at_once = min(8, len(os.sched_getaffinity(0)))  # a core has the activations of one model at a time
    assert fixed + activations == whole["model_bytes"]
    # A checkpoint is written from a copy of three of the four numbers that each weight has.
    copied = fixed * 7 // 4
    assert 8 * copied + at_once * activations == whole["memory_bytes"]


def test_serial_holds_one_model_at_once(manifest, config):
    """As `stack_most` holds as many as it says."""
    serial = estimate_experiment(Sweep(models=8), Bench(manifest, config, manifest, stacked=False))
    few = config.model_copy(update={"stack_most": 3})
    some = estimate_experiment(Sweep(models=8), Bench(manifest, few, manifest))

    assert (1, 3) == (serial["together"], some["together"])
