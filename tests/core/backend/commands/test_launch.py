"""The commands that train elsewhere and that train lists of models: their words, and their errors in one line."""

import json
import sys

import pytest

from core.backend import read_run, train_stack
from core.backend.__main__ import main
from core.backend.commands.launch import read_members
from core.backend.training.members import Member
from core.errors import BadInputError


@pytest.fixture
def call(monkeypatch, capsys, config, tmp_path):
    """Run a command: (exit status, standard output, the last line of standard error)."""
    (tmp_path / "config.yaml").write_text(config.model_dump_json(exclude_unset=True))

    def called(*words):
        given = [words[0], "--config", tmp_path / "config.yaml", *words[1:]]
        monkeypatch.setattr(sys, "argv", ["backend", *map(str, given)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code, said.out, (said.err.splitlines() or [""])[-1]

    return called


def test_here_is_a_place(call, finished, manifest, tmp_path):
    """The run, as one JSON object."""
    status, said, _ = call("launch", manifest, "--out", tmp_path / "run", "--json")

    assert 0 == status
    assert finished[0]["losses"] == json.loads(said)["losses"]


def test_a_batch_script_is_written_out(call, manifest, tmp_path):
    """With the place's settings, the work's options and the shell's lines."""
    script = tmp_path / "jobs/job.sh"
    status, said, _ = call(
        "launch", manifest, "--on", "slurm", "--script", script, "--out", tmp_path / "run", "--place", "gpus=2",
        "--place", "time=1:00:00", "--place", "tasks=4", "--setup", "module load cuda", "--json",
        "--", "stack", "--members", "m.json",
    )  # fmt: skip
    text = script.read_text()

    assert (0, str(script)) == (status, json.loads(said)["script"])
    for line in (
        "#SBATCH --gpus-per-node=2\n",
        "#SBATCH --time=1:00:00\n",
        "\nmodule load cuda\n",
        "--array=0-3\n",
    ):
        assert line in text
    assert "-m core.backend stack" in text
    assert "--parts" in text
    assert script.with_suffix(".config.json").exists()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--on", "moon"], "moon: is no place to train; give here, ssh:HOST or slurm"),
        (["--on", "ssh:gpu1"], "ssh:gpu1: needs a folder there; give --remote-dir DIR"),
        (["--on", "ssh:-oX", "--remote-dir", "r"], "-oX: a host is"),
        (["--on", "slurm"], "slurm: needs a script to write; give --script FILE"),
        (["--place", "nodes=2"], "nodes=2: is no setting of this_machine; known: processes"),
        (["--place", "processes=two"], "processes=two: is not of its kind; processes is int"),
        (["--place", "processes=0"], "0 processes: are none to train with; give 1 or more"),
        (["--place", "processes"], "processes: a setting of a place is KEY=VALUE"),
        (["--cancel"], "here: is not started by launch"),
        (["--on", "ssh:g", "--remote-dir", "r", "--place", "port=-1"], "port -1: is none: they go from 1"),
        (["--on", "ssh:g", "--remote-dir", "r", "--place", "poll=nan"], "poll nan, patience"),
        (
            ["--on", "slurm", "--script", "s", "--", "vanish"],
            "vanish: is no work on a manifest; known: train",
        ),
    ],
)
def test_bad_input_is_one_line(call, manifest, tmp_path, words, error):
    """Status 2, nothing begun."""
    options, _, work = " ".join(words).partition("-- ")
    given = ["--out", tmp_path / "run", *options.split(), *([work] if work else [])]
    status, said, line = call("launch", manifest, *given)

    assert (2, "") == (status, said)
    assert line.startswith(f"error: {error}")
    assert not (tmp_path / "run").exists()


def test_a_list_of_models_is_trained_in_parts(call, manifest, config, tmp_path):
    """Every second one from the part's number on, as the stack of these."""
    listed = [
        {"name": n, "weights": {"sea": w, "sum": 1 - w}, "seed": 3}
        for n, w in (("a", 0.2), ("b", 0.5), ("c", 0.9))
    ]
    (tmp_path / "members.json").write_text(json.dumps(listed))
    words = [
        "stack",
        manifest,
        "--members",
        tmp_path / "members.json",
        "--out",
        tmp_path / "out",
        "--parts",
        2,
    ]
    status, said, _ = call(*words, "--part", 1, "--json")
    (alone,) = train_stack(manifest, config, [Member(**listed[1])], tmp_path / "alone")

    assert 0 == status
    assert ["b"] == [run["member"] for run in json.loads(said)["runs"]]
    assert alone["losses"] == read_run(tmp_path / "out/b")["losses"]
    assert "part 7 of 2: has no model" in call(*words, "--part", 7)[2]


def test_stages_are_read(tmp_path):
    """As lists, which JSON has."""
    (tmp_path / "m.json").write_text('[{"name": "a", "stages": [[0.5, {"x": 1}], [1, {"y": 1}]]}]')

    assert [Member("a", stages=((0.5, {"x": 1}), (1.0, {"y": 1})))] == read_members(tmp_path / "m.json")


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "3", "[3]", '[{"weights": {}}]', '[{"name": 3}]', '[{"name": "a", "x": 1}]'),
        '[{"name": "a", "weights": {"law": "x"}}]',
        '[{"name": "a", "weights": [1]}]',
        '[{"name": "a", "seed": 1.5}]',
        '[{"name": "a", "learning_rate": "x"}]',
    ],
)
def test_what_is_no_list_of_members_is_refused(call, manifest, tmp_path, text):
    """Whatever it is."""
    (tmp_path / "m.json").write_text(text)
    status, _, line = call("stack", manifest, "--members", tmp_path / "m.json", "--out", tmp_path / "out")

    assert 2 == status
    assert line.startswith(f"error: {tmp_path}/m.json: is no list of members")


def test_weights_that_do_not_sum_to_one_are_refused(tmp_path):
    """As everywhere that people write weights."""
    (tmp_path / "m.json").write_text('[{"name": "a", "weights": {"law": 0.5}}]')

    with pytest.raises(BadInputError, match=r"m\.json: a: the weights sum to 0\.5, not to 1"):
        read_members(tmp_path / "m.json")
