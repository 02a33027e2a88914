"""The backend's commands: JSON alone on standard output, one line for bad input, and status 0, 2 or 1."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.backend.__main__ import main
from core.backend.experiments import EXPERIMENTS

ROOT = Path(__file__).parents[3]
SMALL = [
    "--set", "context=32", "--set", "batch_size=4", "--set", "vocabulary=300", "--set", "validation_tokens=256",
    "--set", "eval_every=100", "--set", "checkpoint_every=100",
]  # fmt: skip


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a command; returns status, standard output and standard error."""

    def ran(*words):
        monkeypatch.setattr(sys, "argv", ["mixdesk", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), *capsys.readouterr()

    return ran


def test_sweep_keeps_its_promise(command, manifest, tmp_path):
    """`runs`, each with its `weights` and `losses`; the result is the one in the folder."""
    status, out, _ = command(
        "sweep", manifest, "--models", 2, "--preset", "nano", "--tokens", "1_024", "--seed", 5, "--serial",
        "--device", "cpu", "--precision", "fp32", "--out", tmp_path / "out", "--json", *SMALL,
    )  # fmt: skip
    found = json.loads(out)

    assert 0 == status
    assert 2 == len(found["runs"])
    assert all(run["weights"] and set(run["losses"]) == {"law", "sea", "sum"} for run in found["runs"])
    assert ("serial", 5, 1024) == (found["way"], found["config"]["seed"], found["config"]["tokens"])
    assert json.loads((tmp_path / "out/experiment.json").read_text())["runs"] == found["runs"]


def test_estimate_stands_alone(command, manifest, tmp_path):
    """Nothing is made; the figures are those of the experiment as asked."""
    words = ["sweep", manifest, "--models", 9, "--tokens", 12_800, "--out", tmp_path / "out", *SMALL]
    status, out, _ = command(*words, "--estimate", "--json")
    found = json.loads(out)

    assert (0, 9, 100, 9 * 12_800) == (status, found["models"], found["steps"], found["tokens"])
    assert not (tmp_path / "out").exists()
    status, out, _ = command(*words, "--estimate", "--price", 3.5)
    assert "9 models, 9 at once: 100 steps each" in out
    assert "at the price given" in out


def test_train_prints_the_run(command, manifest, tmp_path):
    """What `python -m core train` prints, from the backend alone."""
    status, out, _ = command(
        "train",
        manifest,
        "--device",
        "cpu",
        "--out",
        tmp_path / "run",
        "--json",
        "--set",
        "tokens=256",
        *SMALL,
    )
    found = json.loads(out)

    assert (0, "done", str(tmp_path / "run")) == (status, found["state"], found["run"])
    assert {"law", "sea", "sum"} == set(found["losses"])


def test_people_get_a_table(command, manifest, tmp_path):
    """A row a run, and the words for what was found."""
    status, out, _ = command(
        "compare",
        manifest,
        "--second",
        "sea=1",
        "--seeds",
        1,
        "--tokens",
        256,
        "--out",
        tmp_path / "o",
        *SMALL,
    )

    assert 0 == status
    assert ["run", "kind", "seed", "mean", "law", "sea", "sum"] == out.splitlines()[1].split()
    assert "One seed says nothing about noise: give two or more." in out


def test_progress_goes_to_the_jobs_file(command, manifest, tmp_path, monkeypatch):
    """Where a job says so; the last state is that all is done."""
    monkeypatch.setenv("MIXDESK_PROGRESS", str(tmp_path / "progress.json"))
    command("experts", manifest, "--tokens", 256, "--out", tmp_path / "out", "--json", *SMALL)
    told = json.loads((tmp_path / "progress.json").read_text())

    assert {"done", "total", "message", "rate"} == set(told)
    assert told["done"] == told["total"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep", "none.json", "--out", "o"], "none.json: no readable manifest; name the manifest.json"),
        (["sweep", "MANIFEST"], "its results need a folder; give --out DIR"),
        (["sweep", "MANIFEST", "--out", "o", "--models", "0"], "a sweep has 1 to 10,000"),
        (["sweep", "MANIFEST", "--out", "o", "--preset", "vast"], "'--preset'"),
        (["sweep", "MANIFEST", "--out", "o", "--tokens", "many"], "tokens 'many': Input should be"),
        (["sweep", "MANIFEST", "--estimate", "--price", "inf"], "'--price'"),
        (["sweep", "MANIFEST", "--out", "o", "--tokens", "9"], "is smaller than one batch"),
        (["sweep", "MANIFEST", "--out", "o", "--set", "colour=red"], "colour: unknown key"),
        (["sweep", "MANIFEST", "--out", "o", "--set", "colour"], "a setting is KEY=VALUE"),
        (["sweep", "MANIFEST", "--out", "o", "--device", "tpu"], "device"),
        (["membership", "none", "none.jsonl", "--out", "o"], "holds no saved model"),
        (["membership", "none", "none.jsonl", "--estimate"], "trains nothing"),
        (["vanish"], "No such command 'vanish'"),
    ],
)
def test_bad_input_is_one_line(command, manifest, tmp_path, monkeypatch, words, said):
    """Status 2, nothing on standard output, no traceback."""
    monkeypatch.chdir(tmp_path)
    status, out, error = command(*[str(manifest) if word == "MANIFEST" else word for word in words])

    assert (2, "") == (status, out)
    last = error.splitlines()[-1]
    assert last.startswith("error: ")
    assert said in last
    assert "Traceback" not in error


def test_help_lists_every_experiment_at_once():
    """Without torch: a page or a person need not wait."""
    code = """
import runpy, sys
sys.argv = ['backend', '--help']
try:
    runpy.run_module('core.backend', run_name='__main__')
except SystemExit:
    sys.stderr.write(' '.join(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert all(name in done.stdout for name in ["train", *EXPERIMENTS])
    assert set() == {"torch", "pyarrow", "scipy", "transformers"} & set(done.stderr.split())
