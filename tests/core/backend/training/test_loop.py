"""A run that is cut off anywhere and called again ends as one that never was."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import wait
from pathlib import Path

import pytest

from core.backend import read_metrics, read_run, train
from core.backend._stop import STOPPED
from core.backend.training import loop
from core.backend.training.beside import Beside
from core.backend.training.loop import DivergedError
from core.errors import InterruptedRunError

ROOT = Path(__file__).parents[4]


class Stop(BaseException):
    """What an interrupt does to a run."""


def outcome(out):
    """The weights' bytes, and every evaluation without its times."""
    timed = {"seconds", "tokens_per_second", "measures"}
    lines = [{k: v for k, v in line.items() if k not in timed} for line in read_metrics(out)]
    return (out / "model/model.safetensors").read_bytes(), lines


def counting(steps):
    """A progress that lists the training's steps."""
    return lambda done, total, what="": steps.append(done) if what.startswith("training:") else None


@pytest.mark.parametrize(
    ("message", "step", "left"), [("tokenising", 9, 12), ("training", 1, 12), ("training", 7, 6)]
)
def test_stopped_run_goes_on_to_the_same_end(finished, manifest, config, tmp_path, message, step, left):
    """While it prepares its data, before its first checkpoint, or between two: the steps since are redone."""
    _, out = finished
    steps = []

    def stop(done, total, what=""):
        if what.startswith(message) and done >= step:
            raise Stop

    with pytest.raises(Stop):
        train(manifest, config, tmp_path / "run", stop)
    assert ("interrupted", STOPPED) == (
        read_run(tmp_path / "run")["state"],
        read_run(tmp_path / "run")["error"],
    )
    train(manifest, config, tmp_path / "run", lambda done, total, what="": steps.append(what[:9]))

    assert outcome(out) == outcome(tmp_path / "run")
    assert left == steps.count("training:")


def test_a_cancelled_run_says_so(manifest, config, tmp_path):
    """SIGTERM, as a job's cancelling or a cluster sends it; who calls gets the handler back that was there."""
    before = signal.getsignal(signal.SIGTERM)

    def cancel(done, total, what=""):
        if what.startswith("training:") and done == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as end:
        train(manifest, config, tmp_path / "run", cancel)
    assert 143 == end.value.code
    assert ("interrupted", 3) == (read_run(tmp_path / "run")["state"], read_run(tmp_path / "run")["step"])
    assert before is signal.getsignal(signal.SIGTERM)


def test_killed_run_goes_on_to_the_same_end(finished, manifest, config, tmp_path):
    """SIGKILL in a process of its own, in the middle of step 8: nothing can tidy up."""
    _, out = finished
    script = """
import os, pathlib, signal, sys
from core.backend import load_config, train
def kill(done, total, message=""):
    if message.startswith("training:") and done == 7:
        os.kill(os.getpid(), signal.SIGKILL)
train(pathlib.Path(sys.argv[1]), load_config(pathlib.Path(sys.argv[2])), pathlib.Path(sys.argv[3]), kill)
"""
    settings, run = tmp_path / "config.json", tmp_path / "run"
    settings.write_text(config.model_dump_json())
    killed = subprocess.run([sys.executable, "-c", script, manifest, settings, run], cwd=ROOT, check=False)

    assert -signal.SIGKILL == killed.returncode
    assert ("running", 6) == (read_run(run)["state"], read_run(run)["step"])
    assert "done" == train(manifest, config, run)["state"]
    assert outcome(out) == outcome(run)


@pytest.mark.parametrize("number", [2, 9, 16, 20])
def test_full_disk_costs_nothing_that_was_saved(finished, manifest, config, tmp_path, monkeypatch, number):
    """Whichever write fails, the run says so in one line and goes on once there is room."""
    _, out = finished
    fsync, calls = os.fsync, []

    def failing(descriptor):
        calls.append(descriptor)
        if len(calls) >= number:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(InterruptedRunError, match="No space left on device; mend the disk"):
        train(manifest, config, tmp_path / "run")
    monkeypatch.setattr(os, "fsync", fsync)
    train(manifest, config, tmp_path / "run")

    assert outcome(out) == outcome(tmp_path / "run")


def test_steps_go_on_while_a_checkpoint_is_written(finished, manifest, config, tmp_path, monkeypatch):
    """The next checkpoint waits for it: one is written at a time, in their order."""
    written, steps, at_once = [], [], threading.Lock()

    def slowly(path, state, facts):
        assert at_once.acquire(blocking=False)
        begun = json.loads(facts["place"])["step"]
        while begun < 12 and max(steps) < begun + 2:
            time.sleep(0.001)
        written.append((begun, max(steps)))
        at_once.release()

    monkeypatch.setattr(loop, "save_checkpoint", slowly)
    train(manifest, config, tmp_path / "run", counting(steps))

    assert [(2, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 12)] == written
    assert outcome(finished[1]) == outcome(tmp_path / "run")


def test_a_checkpoint_that_cannot_be_written_ends_the_run_at_the_next_step(
    manifest, config, tmp_path, monkeypatch
):
    """In one line, as a full disk in the step itself."""
    steps, do = [], Beside.do

    def failing(path, state, facts):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(loop, "save_checkpoint", failing)
    monkeypatch.setattr(Beside, "do", lambda beside, act: (do(beside, act), wait([beside._due])))

    with pytest.raises(InterruptedRunError, match=r"checkpoint\.safetensors: No space left on device; mend"):
        train(manifest, config, tmp_path / "run", counting(steps))
    assert 2 == max(steps)
    assert "failed" == read_run(tmp_path / "run")["state"]


def test_run_goes_on_after_a_line_of_metrics_was_cut_short(finished, manifest, config, tmp_path):
    """Power that fails in the middle of a line leaves half of it; it is written again."""
    _, out = finished

    def stop(done, total, what=""):
        if what.startswith("training") and done == 10:
            raise Stop

    with pytest.raises(Stop):
        train(manifest, config, tmp_path / "run", stop)
    with (tmp_path / "run/metrics.jsonl").open("a") as file:
        file.write('{"step": 10, "los')
    train(manifest, config, tmp_path / "run")

    assert outcome(out) == outcome(tmp_path / "run")


def test_diverged_run_names_the_batch_and_saves_no_weights(manifest, config, tmp_path, monkeypatch):
    """A gradient that is no number ends the run; the last checkpoint stays good."""
    import torch

    backpropagate, calls = loop.backpropagate, []

    def broken(*arguments):
        calls.append(arguments)
        loss = backpropagate(*arguments)
        return loss * torch.nan if len(calls) == 6 else loss

    monkeypatch.setattr(loop, "backpropagate", broken)
    with pytest.raises(DivergedError, match=r"step 6: the loss is nan; lower learning_rate, .*sea-\d+"):
        train(manifest, config, tmp_path / "run")

    run = read_run(tmp_path / "run")
    assert "failed" == run["state"]
    assert run["error"].startswith("step 6")
    assert not (tmp_path / "run/model").exists()
    monkeypatch.undo()
    assert "done" == train(manifest, config, tmp_path / "run")["state"]


# --- a step -----------------------------------------------------------------------------------------


def test_learning_rate_rises_then_falls_to_a_tenth(manifest, config, tmp_path):
    """Linear over the warm-up, which starts above 0, then a cosine over the rest."""
    every = config.model_copy(update={"warmup": 0.25, "learning_rate": 0.01, "eval_every": 1})
    train(manifest, every, tmp_path / "run")
    rates = [line["learning_rate"] for line in read_metrics(tmp_path / "run")][1:]

    assert [0.01 / 3, 0.02 / 3, 0.01, 0.01] == pytest.approx(rates[:4])
    assert 0.0055 == pytest.approx(rates[7])
    assert 0.001 == pytest.approx(rates[11])
    assert rates[3:] == sorted(rates[3:], reverse=True)


def test_gradients_are_clipped_and_norms_do_not_decay(manifest, config, tmp_path, monkeypatch):
    """No step sees a gradient longer than `clip`; vectors are spared from weight decay."""
    import torch

    step, norms, decays = torch.optim.AdamW.step, [], {}

    def watched(optimiser):
        weights = [w for group in optimiser.param_groups for w in group["params"]]
        norms.append(float(torch.cat([w.grad.flatten() for w in weights]).norm()))
        decays.update(
            {w[0].ndim: group["weight_decay"] for group in optimiser.param_groups for w in group["params"]}
        )
        return step(optimiser)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    train(manifest, config.model_copy(update={"clip": 0.25}), tmp_path / "run")

    assert [0.25] * 12 == pytest.approx(norms, abs=1e-3)
    assert {2: 0.1, 1: 0.0} == decays
