"""Several processes train one run: to the losses of one, taken up again by any number, refused in words."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.backend import Member, read_metrics, read_run, train, train_stack
from core.backend.experiments import Bench, read_result, run_experiment
from core.backend.experiments.experts import Experts
from core.backend.parallel.crew import Crew, crew_of_this_process
from core.backend.parallel.parted import _of_the_disk, newest
from core.backend.training.checkpoint import later_parts, read_place, read_state
from core.errors import BadInputError

ROOT = Path(__file__).parents[4]
MEMBERS = [Member("one"), Member("two", {"sea": 0.1, "sum": 0.1, "law": 0.8}, learning_rate=1e-3)]
# What two processes do, one thing after another, since starting them takes the longest. At the end one
# of them is killed in the middle of a run.
CALLS = """
import json, os, signal, sys, time
from pathlib import Path
from core.backend import Config, Member, train, train_stack
from core.backend.__main__ import main
from core.backend.experiments import Bench, run_experiment
from core.backend.experiments.experts import Experts
from core.backend.parallel import sums
from core.errors import BadInputError

sums._BUCKET = 2**16  # several on the way back of these small models
manifest, home, config = Path(sys.argv[1]), Path(sys.argv[2]), Config(**json.loads(sys.argv[3]))
members = [Member(**keys) for keys in json.loads(sys.argv[4])]

def given(kind, **keys):
    return Config(**{**config.model_dump(), "parallel": kind, **keys})

def refused(name, call, *arguments):
    try:
        call(*arguments, home / name)
    except BadInputError as error:
        (home / f"{name}-{os.environ['RANK']}").write_text(str(error))

def killed(done, total, message=""):
    if message.startswith("training") and done == 7:
        while not (home / "killed/checkpoint/6").exists():  # it is written while the steps go on
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)

(home / "ddp.json").write_text(given("ddp").model_dump_json())
sys.argv[1:] = ["train", str(manifest), "--config", str(home / "ddp.json"), "--out", str(home / "ddp"), "--json"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
train(manifest, given("fsdp"), home / "fsdp", until=0.5)
train(manifest, given("fsdp"), home / "alone-then-fsdp")
train(manifest, given("ddp"), home / "ddp-then-fsdp", until=0.5)
train(manifest, given("fsdp", accumulate=2), home / "ddp-then-fsdp")
train_stack(manifest, given("ddp"), members, home / "stack")
train_stack(manifest, given("auto"), members, home / "spread", until=0.5)
train(manifest, given("fsdp", tied=False, document_losses=True), home / "untied")
found = run_experiment(Experts(), Bench(manifest, given("auto"), home / "experts"))
(home / f"experts-{os.environ['RANK']}").write_text(json.dumps(found))
refused("few", train, manifest, given("auto", batch_size=1))
refused("apart", train_stack, manifest, given("fsdp"), members)
refused("short", lambda out: run_experiment(Experts(), Bench(manifest, given("auto", tokens=9), out)))
train(manifest, given("fsdp"), home / "killed", killed)
"""


@pytest.fixture(scope="module")
def odd(config):
    """Batches that two processes cannot halve, and a vocabulary that they cannot either."""
    return config.model_copy(
        update={
            "batch_size": 5,
            "tokens": 12 * 160,
            "vocabulary": 301,
            "eval_every": 6,
            "checkpoint_every": 6,
        }
    )


@pytest.fixture(scope="module")
def alone(manifest, odd, tmp_path_factory):
    """The run by one process: its folder."""
    out = tmp_path_factory.mktemp("alone") / "run"
    train(manifest, odd, out)
    return out


@pytest.fixture(scope="module")
def crewed(manifest, odd, tmp_path_factory):
    """The folder of all that two processes do, and what they print."""
    home = tmp_path_factory.mktemp("crew")
    train(manifest, odd, home / "alone-then-fsdp", until=0.5)
    (home / "calls.py").write_text(CALLS)
    members = [{"name": m.name, "weights": m.weights, "learning_rate": m.learning_rate} for m in MEMBERS]
    words = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        home / "calls.py",
    ]
    done = subprocess.run(
        [*words, manifest, home, odd.model_dump_json(), json.dumps(members)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Signal 9 (SIGKILL)" in done.stderr, done.stderr
    (home / "printed").write_text(done.stdout)
    return home


def same_losses(one, other):
    """Whether two runs' lines of metrics tell the same, but for rounding."""
    first, second = read_metrics(one), read_metrics(other)
    assert [line["step"] for line in first] == [line["step"] for line in second]
    for a, b in zip(first, second, strict=True):
        assert a["losses"] == pytest.approx(b["losses"], rel=1e-5)
        assert a["bits_per_byte"] == pytest.approx(b["bits_per_byte"], rel=1e-5)
        assert (a["train_loss"] or 0.0) == pytest.approx(b["train_loss"] or 0.0, rel=1e-5)
    return True


def test_two_processes_come_to_the_losses_of_one(crewed, alone):
    """With whole models, evaluations and training losses too; the record says who trained."""
    run = read_run(crewed / "ddp")

    assert same_losses(alone, crewed / "ddp")
    assert ("done", 2, "ddp") == (run["state"], run["processes"], run["parallel"])
    assert run["losses"] == json.loads((crewed / "printed").read_text())["losses"]  # once, by the first
    assert read_run(alone)["key"] == run["key"]


def test_a_model_in_parts_is_taken_up_by_one_process(crewed, alone, manifest, odd):
    """Half the way by two with FSDP2, the rest here; its checkpoint is one file then."""
    out = crewed / "fsdp"
    assert ("interrupted", "fsdp") == (read_run(out)["state"], read_run(out)["parallel"])
    assert 6 == read_place(out / "checkpoint.safetensors", read_run(out)["key"]).step
    train(manifest, odd, out)

    assert same_losses(alone, out)
    assert (out / "checkpoint.safetensors").exists()
    assert newest(out / "checkpoint.safetensors") is None


@pytest.mark.parametrize("name", ["alone-then-fsdp", "ddp-then-fsdp"])
def test_a_model_in_parts_takes_up_what_others_began(crewed, alone, name):
    """One process, or two with whole models; the saved model is that of one process."""
    from safetensors.torch import load_file

    models = [load_file(out / "model/model.safetensors") for out in (alone, crewed / name)]

    assert same_losses(alone, crewed / name)
    assert "fsdp" == read_run(crewed / name)["parallel"]
    assert models[0].keys() == models[1].keys()
    for key, tensor in models[0].items():
        np.testing.assert_allclose(tensor, models[1][key], atol=2e-3)  # Adam's step is 4e-3


def test_a_head_of_its_own_is_shared_too(crewed, manifest, odd, tmp_path):
    """Its gradient is written by hand, and no autograd ever touches it; documents' losses are told, too."""
    train(manifest, odd.model_copy(update={"tied": False, "document_losses": True}), tmp_path / "run")
    one, two = (pq.read_table(out / "trajectories.parquet") for out in (tmp_path / "run", crewed / "untied"))

    assert same_losses(tmp_path / "run", crewed / "untied")
    assert one["id"] == two["id"]
    for name in ("losses", "bits"):
        np.testing.assert_allclose(one[name].to_pylist(), two[name].to_pylist(), rtol=1e-4)


@pytest.fixture(scope="module")
def stack(manifest, odd, tmp_path_factory):
    """The folder of the stack by one process."""
    out = tmp_path_factory.mktemp("stack") / "stack"
    train_stack(manifest, odd, MEMBERS, out)
    return out


def test_a_stack_is_trained_by_two_processes(crewed, stack):
    """Each model by its own mixture and rate."""
    for member in MEMBERS:
        assert same_losses(stack / member.name, crewed / "stack" / member.name)


def test_a_stack_shared_out_is_taken_up_by_one_process(crewed, stack, manifest, odd):
    """Half the way each process its model, the rest here; the parts stay as they were begun."""
    out = crewed / "spread"
    assert [["one"], ["two"]] == json.loads((out / "stack.json").read_text())["parts"]
    assert ["interrupted", "interrupted"] == [read_run(out / m.name)["state"] for m in MEMBERS]
    train_stack(manifest, odd, MEMBERS, out)

    for member in MEMBERS:
        assert same_losses(stack / member.name, out / member.name)


def test_an_experiment_shares_its_models_out(crewed, manifest, odd, tmp_path):
    """The first process conducts it, the others train their part; all return what it found, as one would."""
    alone = run_experiment(Experts(), Bench(manifest, odd, tmp_path / "out"))
    found = [json.loads((crewed / f"experts-{rank}").read_text()) for rank in "01"]
    parts = json.loads((crewed / "experts/models/stack.json").read_text())["parts"]

    assert found[0] == found[1] == read_result(crewed / "experts")
    assert [["expert-000"], ["expert-001", "expert-002"]] == parts
    for one, other in zip(alone["runs"], found[0]["runs"], strict=True):
        assert one["losses"] == pytest.approx(other["losses"], rel=1e-5)
        assert (crewed / "experts" / other["folder"] / "model/model.safetensors").exists()


def test_what_processes_cannot_do_is_refused_by_all(crewed):
    """In one line, in each process alike."""
    names = ("few", "apart", "short")
    few, apart, short = ([(crewed / f"{name}-{rank}").read_text() for rank in "01"] for name in names)

    assert 2 * ["batch_size 1: is fewer than 2 processes; raise it or start fewer"] == few
    assert 2 * ["2 models: are not taken apart by fsdp; set parallel to ddp"] == apart
    assert short[0] == short[1]
    assert short[0].startswith("a budget of 9 tokens: is smaller than one batch of 5 x 32 = 160")


def test_a_killed_process_costs_the_steps_since_the_last_checkpoint(crewed, alone, manifest, odd):
    """The other one ends with it; the checkpoint is whole, and one process goes on from it."""
    out = crewed / "killed"
    assert 6 == read_place(out / "checkpoint.safetensors", read_run(out)["key"]).step
    train(manifest, odd, out)

    assert same_losses(alone, out)


def test_a_kill_between_two_checkpoints_leaves_the_later(alone, tmp_path):
    """A file and parts stand side by side then; what was cut short is none."""
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes((alone / "checkpoint.safetensors").read_bytes())
    for step in (6, 18):
        (tmp_path / "checkpoint" / str(step)).mkdir(parents=True)
    (tmp_path / "checkpoint/6/facts.json").write_text("{}")

    assert later_parts(path) is None
    assert 12 == read_place(path, read_run(alone)["key"]).step
    assert set(read_state(path)[0]) == set(read_state(alone / "checkpoint.safetensors")[0])
    (tmp_path / "checkpoint/18/facts.json").write_text("{}")
    assert tmp_path / "checkpoint/18" == later_parts(path)


def test_parts_that_are_none_are_said_so(tmp_path):
    """In one line, as a broken file is."""
    (tmp_path / "checkpoint/6").mkdir(parents=True)
    (tmp_path / "checkpoint/6/facts.json").write_text("{")

    with pytest.raises(BadInputError, match="this is no checkpoint; remove it and run again"):
        read_place(tmp_path / "checkpoint.safetensors", "key")


def test_a_disk_that_is_full_for_one_is_an_error_of_the_disk():
    """Torch gathers what went wrong in any process, under an exception that is no error of Python's."""
    from safetensors import SafetensorError
    from torch.distributed.checkpoint.api import CheckpointException

    full = OSError(errno.ENOSPC, "No space left on device")

    assert full is _of_the_disk(CheckpointException("write", {1: (full, None)}))
    assert OSError is type(_of_the_disk(CheckpointException("write", {0: (SafetensorError("full"), None)})))
    assert RuntimeError is type(_of_the_disk(CheckpointException("write", {0: (KeyError("x"), None)})))


def test_a_process_by_itself_is_no_crew(monkeypatch):
    """Nor is torchrun's only one; of several each has its rows."""
    assert crew_of_this_process() is None
    for name, value in {"RANK": "1", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "MASTER_ADDR": "x"}.items():
        monkeypatch.setenv(name, value)
    assert crew_of_this_process() is None
    monkeypatch.setenv("WORLD_SIZE", "3")

    assert Crew(1, 3, 0) == crew_of_this_process()
    assert [1, 4] == list(range(6))[Crew(1, 3, 0).rows]
