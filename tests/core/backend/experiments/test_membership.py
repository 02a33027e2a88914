"""Membership of given texts under a model: Min-K% and its relatives."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.backend import train
from core.backend.experiments._reading import read_saved
from core.backend.experiments._tokens import read_texts, token_scores
from core.backend.experiments.membership import Membership, lowest_mean
from core.errors import BadInputError, NotFoundError


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, manifest, config):
    """A run that has seen few texts often, and a file of some of them beside strangers of the same words."""
    longer = config.model_copy(update={"tokens": 150 * 128, "eval_every": 150, "checkpoint_every": 150})
    folder = tmp_path_factory.mktemp("learnt")
    train(manifest, longer, folder / "run")
    file = next(manifest.parent.rglob("*sea*.jsonl"))
    members = [json.loads(line)["text"] for line in file.read_text().splitlines()]
    trained = set(pq.read_table(folder / "run/data/001.train.parquet")["id"].to_pylist())
    ids = [json.loads(line)["id"] for line in file.read_text().splitlines()]
    rng = np.random.default_rng(9)
    lines = [{"id": i, "text": t, "label": 1} for i, t in zip(ids, members, strict=True) if i in trained]
    for number, text in enumerate(members):
        lines.append({"id": f"x{number}", "text": " ".join(rng.permutation(text.split())), "label": 0})
    path = folder / "texts.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "run", path, lines


def test_texts_that_were_learnt_score_higher(learnt, conduct):
    """The same words in another order are strangers: every score tells, and the table has a row a text."""
    run, path, lines = learnt
    result, out = conduct(Membership(str(run), str(path)), sealed=None)
    table = pq.read_table(out / "membership.parquet").to_pylist()

    assert {"min_k", "min_k_plus", "log_likelihood"} == set(result["separation"])
    assert all(one["auc"] > 0.65 for one in result["separation"].values())
    assert [line["id"] for line in lines] == [row["id"] for row in table]
    assert len(lines) == result["texts"]


def test_token_scores_are_those_of_transformers(learnt):
    """Log-probability, mean and deviation over the vocabulary by hand, in two windows of a long text."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run, _, lines = learnt
    model = read_saved(run)
    ids = AutoTokenizer.from_pretrained(run / "model")(lines[0]["text"])["input_ids"]
    ours = token_scores(model, run / "model/tokenizer.json", [lines[1]["text"], lines[0]["text"]])[1]
    theirs = AutoModelForCausalLM.from_pretrained(run / "model").eval()

    assert len(ids) == len(ours.mean) > model.context
    for start in (0, model.context):
        targets = ids[start : start + model.context]
        before = ([model.end_id] if start == 0 else [ids[start - 1]]) + targets[:-1]
        with torch.no_grad():
            logs = theirs(torch.tensor([before])).logits[0].double().log_softmax(-1)
        mean = (logs.exp() * logs).sum(-1)
        deviation = ((logs.exp() * logs**2).sum(-1) - mean**2).sqrt()
        some = slice(start, start + len(targets))
        assert ours.log_probability[some] == pytest.approx(logs[range(len(targets)), targets], abs=1e-4)
        assert ours.mean[some] == pytest.approx(mean.numpy(), abs=1e-4)
        assert ours.deviation[some] == pytest.approx(deviation.numpy(), abs=1e-4)


def test_lowest_mean_takes_the_least_likely_share():
    """Twenty per cent of ten are two; of three it is one at least."""
    values = np.array([-9.0, -1, -8, -2, -3, -1, -1, -1, -1, -1])

    assert -8.5 == lowest_mean(values, 20)
    assert -9 == lowest_mean(values[:3], 20)
    assert values.mean() == lowest_mean(values, 100)


def test_texts_without_labels_are_scored_alone(learnt, conduct, tmp_path):
    """There is nothing to separate; an id that is missing is the line's number."""
    run, _, lines = learnt
    (tmp_path / "t.jsonl").write_text(json.dumps({"text": lines[0]["text"]}) + "\n\n")
    result, out = conduct(Membership(str(run), str(tmp_path / "t.jsonl")), sealed=None)

    assert (1, None, None) == (result["texts"], result["members"], result["separation"])
    assert ["1"] == pq.read_table(out / "membership.parquet")["id"].to_pylist()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "holds no texts"),
        ("{", "line 1: holds no `text`"),
        ('{"text": ""}', "line 1: holds no `text`"),
        ('{"text": "a", "label": 2}', "is neither 0 nor 1"),
        ('{"text": "a", "label": 1}\n{"text": "b"}', "has no label, others have"),
    ],
)
def test_files_that_hold_no_texts_are_refused(tmp_path, lines, words):
    """In one line that quotes no text."""
    (tmp_path / "t.jsonl").write_text(lines)

    with pytest.raises(BadInputError, match=words):
        read_texts(tmp_path / "t.jsonl")


def test_what_is_not_there_is_named(tmp_path, conduct):
    """A file of texts, and a folder without a model."""
    with pytest.raises(NotFoundError, match="no such file"):
        read_texts(tmp_path / "none.jsonl")
    with pytest.raises(BadInputError, match="holds no saved model"):
        conduct(Membership(str(tmp_path), "x"), sealed=None)
    with pytest.raises(BadInputError, match="is a percentage"):
        Membership("m", "t", k=0)
