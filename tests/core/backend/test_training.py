"""Training through the backend's door: what goes in is checked, what comes out can be trusted."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.backend import read_metrics, read_run, train
from core.errors import BadInputError, TamperedError
from core.types import silent

ROOT = Path(__file__).parents[3]


def copied(manifest, folder):
    """A copy of the export that a test may harm; returns its manifest."""
    shutil.copytree(manifest.parent, folder)
    return folder / "manifest.json"


@pytest.fixture(scope="module")
def finished(manifest, tmp_path_factory):
    """A finished run and its folder."""
    from core.backend import Config

    out = tmp_path_factory.mktemp("run") / "run"
    config = Config(
        context=32, batch_size=4, tokens=12 * 128, vocabulary=300, mixture_block=16, eval_every=3,
        checkpoint_every=2, validation_tokens=512, device="cpu",
    )  # fmt: skip
    return train(manifest, config, out), out


def test_losses_fall_in_every_domain(finished):
    """The first losses are those of drawn weights; training lowers each."""
    run, _ = finished

    assert {"sea", "sum", "law"} == set(run["losses"]) == set(run["bits_per_byte"])
    assert all(run["losses"][domain] < run["first_losses"][domain] for domain in run["losses"])


def test_run_echoes_the_manifest(finished, manifest):
    """`run.json` on the disk is the run that came back, with the manifest's own fingerprint."""
    run, out = finished

    assert run == read_run(out)
    assert json.loads(manifest.read_text())["fingerprint"] == run["manifest_fingerprint"]
    assert "done" == run["state"]
    assert run["tokens_per_second"] > 0


def test_metrics_have_a_line_an_evaluation(finished):
    """Before the first step, then at every third."""
    _, out = finished

    assert [0, 3, 6, 9, 12] == [line["step"] for line in read_metrics(out)]


def test_model_is_read_by_transformers_to_the_same_losses(finished, manifest, config):
    """The saved safetensors, loaded as a LlamaForCausalLM, give the loss that the run reports."""
    import torch
    from transformers import AutoModelForCausalLM

    from core.backend.evaluate import examination
    from core.backend.sealed import open_manifest
    from core.backend.shards import prepare

    run, out = finished
    model = AutoModelForCausalLM.from_pretrained(out / "model").eval()
    data = prepare(open_manifest(manifest), config, out / "data", silent)
    exam = examination(data, config.context, config.validation_tokens)
    with torch.no_grad():
        logits = model(torch.from_numpy(exam.inputs)).logits
    targets = torch.from_numpy(exam.targets)
    nats = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets.clamp(min=0), reduction="none")
    for number, domain in enumerate(exam.domains):
        mine = (torch.from_numpy(exam.owner) == number)[:, None] & (targets >= 0)

        assert float(nats[mine].mean()) == pytest.approx(run["losses"][domain], abs=1e-4)


def test_same_seed_same_losses_another_seed_others(finished, manifest, config, tmp_path):
    """To the bit on a CPU; both formats of one plan are one run's data."""
    run, _ = finished
    again = train(manifest, config, tmp_path / "again")
    other = train(manifest, config.model_copy(update={"seed": 1}), tmp_path / "other")

    assert run["losses"] == again["losses"]
    assert run["losses"] != other["losses"]


def test_parquet_and_json_lines_train_alike(finished, write, config, tmp_path):
    """The format is a wrapping: the same plan gives the same losses."""
    run, _ = finished

    assert run["losses"] == train(write("parquet"), config, tmp_path / "run")["losses"]


class Stop(BaseException):
    """What an interrupt does to a run."""


def test_stopped_run_goes_on_to_the_same_losses(finished, manifest, config, tmp_path):
    """Stopped between two checkpoints and called again, it ends as one that was never stopped."""
    run, out = finished

    def stop(done, total, message=""):
        if message.startswith("training") and done == 7:
            raise Stop

    with pytest.raises(Stop):
        train(manifest, config, tmp_path / "run", stop)
    assert "interrupted" == read_run(tmp_path / "run")["state"]
    resumed = train(manifest, config, tmp_path / "run")

    assert run["losses"] == resumed["losses"]
    assert (out / "model/model.safetensors").read_bytes() == (
        tmp_path / "run/model/model.safetensors"
    ).read_bytes()
    assert [line["losses"] for line in read_metrics(out)] == [
        line["losses"] for line in read_metrics(tmp_path / "run")
    ]


def test_killed_run_goes_on_to_the_same_losses(finished, manifest, config, tmp_path):
    """SIGKILL at any moment costs only the steps since the last checkpoint."""
    run, _ = finished
    settings, out = tmp_path / "config.yaml", tmp_path / "run"
    settings.write_text(json.dumps(config.model_dump(mode="json")))
    command = [sys.executable, "-m", "core", "train", manifest, "--config", settings, "--out", out]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while process.poll() is None and not (out / "checkpoint.safetensors").exists():
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert run["losses"] == train(manifest, config, out)["losses"]


def test_finished_run_comes_back_at_once(finished, manifest, config):
    """Asking again trains nothing."""
    run, out = finished
    seen = []

    assert run == train(manifest, config, out, lambda done, total, message="": seen.append(message))
    assert not [message for message in seen if message.startswith("training")]


def test_folder_of_another_run_is_refused(finished, manifest, config):
    """One folder holds one run."""
    _, out = finished

    with pytest.raises(BadInputError, match="holds a run of another manifest or config"):
        train(manifest, config.model_copy(update={"seed": 5}), out)


def test_changed_byte_is_refused(manifest, config, tmp_path):
    """One flipped character in a data file, and nothing is trained."""
    harmed = copied(manifest, tmp_path / "export")
    path = next(harmed.parent.rglob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))

    with pytest.raises(TamperedError, match="not those that were sealed"):
        train(harmed, config, tmp_path / "run")


def test_missing_file_is_refused(manifest, config, tmp_path):
    """It is named."""
    harmed = copied(manifest, tmp_path / "export")
    path = next(harmed.parent.rglob("*.jsonl"))
    path.unlink()

    with pytest.raises(TamperedError, match=path.name):
        train(harmed, config, tmp_path / "run")


def test_path_out_of_the_folder_is_refused(manifest, config, tmp_path):
    """A manifest from elsewhere reads nothing but its own folder."""
    harmed = copied(manifest, tmp_path / "export")
    sealed = json.loads(harmed.read_text())
    sealed["files"][0]["path"] = "../../etc/passwd.jsonl"
    harmed.write_text(json.dumps(sealed))

    with pytest.raises(BadInputError, match="leaves the manifest's folder"):
        train(harmed, config, tmp_path / "run")


def test_budget_below_one_batch_is_refused(manifest, config, tmp_path):
    """In one line with the sizes."""
    with pytest.raises(BadInputError, match="is smaller than one batch"):
        train(manifest, config.model_copy(update={"tokens": 100}), tmp_path / "run")


def test_gpu_that_is_not_there_is_refused(manifest, config, tmp_path, monkeypatch):
    """The line names the device and the way out."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)

    with pytest.raises(BadInputError, match="use --device cpu"):
        train(manifest, config.model_copy(update={"device": "cuda"}), tmp_path / "run")
