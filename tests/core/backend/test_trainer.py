"""Training through the backend's door: what goes in is checked, what comes out can be trusted."""

import json
import shutil
import sys

import numpy as np
import pytest

from core.backend import Member, ThisMachine, read_metrics, read_run, train, train_stack
from core.backend.data.sealed import open_manifest
from core.backend.data.shards import Shard, prepare
from core.errors import BadInputError, TamperedError
from core.types import silent


def contents(folder):
    """Every file's bytes by path."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def read(monkeypatch):
    """What training reads from now on: (name of the file, tokens) of every window, in order."""
    found, window = [], Shard.window

    def watched(shard, index, context):
        tokens = window(shard, index, context)
        found.append((shard.index.stem, tokens[:-1]))
        return tokens

    monkeypatch.setattr(Shard, "window", watched)
    return found


# --- what comes out ---------------------------------------------------------------------------------


def test_losses_fall_in_every_domain(finished):
    """The first losses are those of drawn weights; training lowers each."""
    run, _ = finished

    assert {"sea", "sum", "law"} == set(run["losses"]) == set(run["bits_per_byte"])
    assert all(run["losses"][domain] < run["first_losses"][domain] for domain in run["losses"])


def test_a_model_can_learn_its_data(seal, config, tmp_path):
    """Given steps enough, a sentence is known by heart but for the number in it, which nobody can know."""
    texts = [f"the same sentence every time but for a number {i % 10}" for i in range(60)]
    longer = config.model_copy(update={"tokens": 100 * 128, "eval_every": 50})
    run = train(seal({"a": texts}), longer, tmp_path / "run")

    assert run["train_loss"] < 0.5


def test_run_echoes_the_manifest(finished, manifest):
    """`run.json` on the disk is the run that came back, with the manifest's own fingerprint."""
    run, out = finished
    sealed = json.loads(manifest.read_text())

    assert run == read_run(out)
    assert sealed["fingerprint"] == run["manifest_fingerprint"]
    assert sealed["corpus_fingerprint"] == run["corpus_fingerprint"]
    assert ("done", "cpu", "fp32") == (run["state"], run["device"], run["precision"])
    assert run["tokens_per_second"] > 0


def test_metrics_have_a_line_an_evaluation(finished, config):
    """Before the first step, then at every third; the learning rate ends at a tenth of its peak."""
    run, out = finished
    lines = read_metrics(out)

    assert [0, 3, 6, 9, 12] == [line["step"] for line in lines]
    assert config.shape.learning_rate / 10 == pytest.approx(lines[-1]["learning_rate"])
    assert run["losses"] == lines[-1]["losses"]
    assert run["first_losses"] == lines[0]["losses"]


def test_model_is_read_by_transformers_to_the_same_losses(finished, manifest, config):
    """The saved safetensors, loaded as a LlamaForCausalLM, give the loss that the run reports."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from core.backend.reading.evaluate import examination

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
    tokenizer = AutoTokenizer.from_pretrained(out / "model")
    assert "ship and whale" == tokenizer.decode(tokenizer("ship and whale")["input_ids"])


def test_same_seed_same_losses_another_seed_others(finished, manifest, config, tmp_path):
    """To the bit on a CPU."""
    run, _ = finished
    again = train(manifest, config, tmp_path / "again")
    other = train(manifest, config.model_copy(update={"seed": 1}), tmp_path / "other")

    assert run["losses"] == again["losses"]
    assert run["losses"] != other["losses"]


def test_parquet_and_json_lines_train_alike(finished, write, config, tmp_path):
    """The format is a wrapping: the same plan gives the same losses."""
    run, _ = finished
    backend = ThisMachine(tmp_path / "run")

    assert run["losses"] == backend.submit(write("parquet"), config)["losses"]


def test_lower_precision_gives_nearly_the_same_losses(finished, manifest, config, tmp_path):
    """The bf16 path of a GPU, walked on the CPU; it says so in the run."""
    run, _ = finished
    low = train(manifest, config.model_copy(update={"precision": "bf16"}), tmp_path / "run")

    assert "bf16" == low["precision"]
    assert run["losses"] != low["losses"]
    assert run["losses"] == pytest.approx(low["losses"], abs=0.03)


# --- what is read -----------------------------------------------------------------------------------


def test_weights_are_realised_in_what_is_read(manifest, config, read, tmp_path):
    """Counted in the windows that training reads, none of them from a validation file."""
    longer = config.model_copy(update={"tokens": 40 * 128, "eval_every": 40})
    run = train(manifest, longer, tmp_path / "run")
    facts = json.loads((tmp_path / "run/data/data.json").read_text())["domains"]
    names = {domain: fact["train"]["name"] for domain, fact in facts.items()}
    counted = {d: sum(len(tokens) for n, tokens in read if n == name) for d, name in names.items()}

    assert 40 * 128 == sum(counted.values()) == sum(len(tokens) for _, tokens in read)
    assert counted == {domain: fact["tokens_drawn"] for domain, fact in run["domains"].items()}
    for domain, weight in {"sea": 0.5, "sum": 0.3, "law": 0.2}.items():
        assert weight == pytest.approx(counted[domain] / (40 * 128), abs=0.01)
        assert weight == pytest.approx(run["domains"][domain]["weight"])


def test_stages_change_what_is_read(seal, config, read, tmp_path):
    """Three quarters of the way the weights turn round, and the run's own account says their mean."""
    texts = {d: [f"{d} has a text with the number {i}" for i in range(30)] for d in "ab"}
    stages = [
        {"until": 0.75, "weights": {"a": 0.75, "b": 0.25}},
        {"until": 1.0, "weights": {"a": 0.25, "b": 0.75}},
    ]
    manifest = seal(texts, {"a": 0.625, "b": 0.375}, stages=stages)
    run = train(manifest, config.model_copy(update={"tokens": 16 * 128}), tmp_path / "run")
    from_a = np.array([name == "000.train" for name, _ in read])

    assert (0.75, 0.25) == (from_a[:48].mean(), from_a[48:].mean())
    assert 0.625 == pytest.approx(run["domains"]["a"]["weight"])


def test_warnings_say_what_the_losses_hide(seal, config, tmp_path):
    """A lone text has no loss, and is seen often."""
    texts = {"lone": ["one text alone " * 20], "more": ["x y z " * 30, "w x"] * 9}
    run = train(seal(texts), config, tmp_path / "run")

    assert ["more"] == [*run["losses"]]
    assert 1 == sum("lone has no loss" in warning for warning in run["warnings"])
    assert 1 == sum("lone is seen" in warning for warning in run["warnings"])


# --- what is refused --------------------------------------------------------------------------------


def test_finished_run_comes_back_at_once(finished, manifest, config):
    """Asking again trains nothing."""
    run, out = finished
    seen = []

    assert run == train(manifest, config, out, lambda done, total, message="": seen.append(message))
    assert {"checking hashes"} == set(seen)


def test_folder_of_another_config_is_refused(finished, manifest, config):
    """One folder holds one run."""
    _, out = finished
    before = contents(out)

    with pytest.raises(BadInputError, match="holds a run of another manifest or config"):
        train(manifest, config.model_copy(update={"seed": 5}), out)
    assert before == contents(out)


def test_what_was_refused_before_its_first_step_may_be_tried_otherwise(manifest, config, tmp_path):
    """The remedy in the error is to lower the context, and it must then work in the same folder."""
    member = Member("a")
    long = config.model_copy(update={"context": 16_384, "batch_size": 1, "tokens": 16_384})
    with pytest.raises(BadInputError, match="fewer than one sequence"):
        train(manifest, long, tmp_path / "run")
    with pytest.raises(BadInputError, match="fewer than one sequence"):
        train_stack(manifest, long, [member], tmp_path / "stack")

    assert "done" == train(manifest, config, tmp_path / "run")["state"]
    assert ["done"] == [r["state"] for r in train_stack(manifest, config, [member], tmp_path / "stack")]


def test_a_stack_json_that_is_none_is_said_so(manifest, config, tmp_path):
    """In one line, before anything is read."""
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack/stack.json").write_text("[]")

    with pytest.raises(BadInputError, match=r"stack\.json: is no record of a stack; name another --out"):
        train_stack(manifest, config, [Member("a")], tmp_path / "stack")


def test_folder_of_another_manifest_is_refused(finished, write, config):
    """Even where only a weight differs."""
    _, out = finished

    with pytest.raises(BadInputError, match="holds a run of another manifest or config"):
        train(write(weights={"sea": 0.4, "sum": 0.3, "law": 0.3}), config, out)


def test_folder_of_other_files_is_left_alone(manifest, config, tmp_path):
    """The export's own folder has a `data`, too: training into it would replace what was sealed."""
    shutil.copytree(manifest.parent, tmp_path / "export")
    before = contents(tmp_path / "export")

    with pytest.raises(BadInputError, match="is not empty and holds no run"):
        train(tmp_path / "export/manifest.json", config, tmp_path / "export")
    assert before == contents(tmp_path / "export")


@pytest.mark.parametrize("name", ["file", "file/run", "x" * 300])
def test_what_can_be_no_folder_is_refused(manifest, config, tmp_path, name):
    """A file, a path through a file, and a name too long; the file stays as it is."""
    (tmp_path / "file").write_text("mine")

    with pytest.raises(BadInputError, match=r"is no folder to write to \(.*\); name another --out"):
        train(manifest, config, tmp_path / name)
    assert "mine" == (tmp_path / "file").read_text()


def test_two_processes_do_not_train_into_one_folder(manifest, config, tmp_path):
    """The second is told at once."""

    def second(done, total, message=""):
        if message == "tokenising":
            train(manifest, config, tmp_path / "run")

    with pytest.raises(BadInputError, match="another process is training into this folder"):
        train(manifest, config, tmp_path / "run", second)


def test_changed_data_are_refused_in_one_line(manifest, config, tmp_path, monkeypatch, capsys):
    """By the command, too: status 2, no traceback, and no run is begun."""
    from core.__main__ import main

    shutil.copytree(manifest.parent, tmp_path / "export")
    path = next((tmp_path / "export").rglob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))
    command = ["train", str(tmp_path / "export/manifest.json"), "--out", str(tmp_path / "run")]
    monkeypatch.setattr(sys, "argv", ["mixdesk", *command])

    with pytest.raises(TamperedError, match="not those that were sealed"):
        train(tmp_path / "export/manifest.json", config, tmp_path / "run")
    with pytest.raises(SystemExit, match="2"):
        main()
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("error: data/")
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()


def test_data_changed_behind_a_finished_run_are_refused(finished, manifest, config, tmp_path):
    """Hashes are checked before an old result is given for the new bytes."""
    _, out = finished
    shutil.copytree(manifest.parent, tmp_path / "export")
    next((tmp_path / "export").rglob("*.jsonl")).unlink()

    with pytest.raises(TamperedError, match="the manifest's file is missing"):
        train(tmp_path / "export/manifest.json", config, out)


def test_budget_below_one_batch_is_refused(manifest, config, tmp_path):
    """In one line with the sizes."""
    with pytest.raises(BadInputError, match="is smaller than one batch of 4 x 32 = 128"):
        train(manifest, config.model_copy(update={"tokens": 100}), tmp_path / "run")


def test_gpu_that_is_not_there_is_refused(manifest, config, tmp_path, monkeypatch):
    """The line names the device and the way out."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)

    with pytest.raises(BadInputError, match="cuda: this machine has 0 GPUs; use --device cpu"):
        train(manifest, config.model_copy(update={"device": "cuda"}), tmp_path / "run")


def test_an_export_without_documents_is_refused(seal, config, tmp_path):
    """There is nothing to train on, whatever its weights."""
    with pytest.raises(BadInputError, match="no documents"):
        train(seal({"a": []}), config, tmp_path / "run")
