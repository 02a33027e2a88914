"""Published models through one door: labels by name, weights by safetensors alone, a text's values its own."""

import dataclasses
import json
import math
import os
import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from core import bricks, score
from core.__main__ import app
from core.errors import BadInputError, NotFoundError
from core.signals import SIGNALS
from core.signals.classifier import Classifier, _chunks, _folder, _labels, _load, _run
from core.types import Document
from core.workspace import Workspace
from tests.core.signals.tiny_classifier import make_celadon, make_classifier

DIMENSIONS = ("race_origin", "gender_sex", "religion", "ability", "violence")
TEXTS = [
    "the whale in the sea",
    "money of the bank. tax and interest in a loan",
    "code",
    "python function in a loop. " * 3,
    "ship sea captain harpoon " * 40,
    "The \ud800 whale! " * 30,
    "the whale in the sea",
]


@pytest.fixture(scope="module")
def celadon(tmp_path_factory):
    return make_celadon(tmp_path_factory.mktemp("models") / "celadon")


@pytest.fixture(scope="module")
def toxic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "toxic-bert"
    return make_classifier(folder, problem_type="multi_label_classification")


def copied(folder, there):
    """Return a copy of a model that a test may spoil."""
    there.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            (there / path.name).write_bytes(path.read_bytes())
    return there


def configured(folder, there, **changes):
    """Return a copy of a model with another configuration; None takes a key away."""
    made = copied(folder, there)
    config = json.loads((made / "config.json").read_text()) | changes
    (made / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return made


def scored(model, texts=TEXTS, **settings):
    return Classifier(model=str(model), **settings).score(texts)


def refused(model, **settings):
    """Return why a model is refused, wherever that comes out."""
    with pytest.raises(BadInputError) as caught:
        scored(model, **settings)
    return str(caught.value)


def logits_of(network, folder, text):
    """Return the network's outputs for one text, by the library alone."""
    import torch
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.inference_mode():
        return network.eval()(input_ids=tokens["input_ids"])


def test_celadon_gives_levels_by_dimension(celadon):
    """Each head's likeliest class of the trunk's first token, by hand; the total is their sum."""
    from transformers import DebertaV2Model

    weights = load_file(celadon / "model.safetensors")
    trunk = DebertaV2Model.from_pretrained(celadon, key_mapping={"^deberta.": ""})
    trunk.load_state_dict({k.removeprefix("deberta."): v for k, v in weights.items() if "heads" not in k})
    first = logits_of(trunk, celadon, TEXTS[0])[0][0, 0]
    levels = [
        int((weights[f"heads.{i}.weight"] @ first + weights[f"heads.{i}.bias"]).argmax()) for i in range(5)
    ]
    found = scored(celadon)

    assert [f"celadon_{name}" for name in (*DIMENSIONS, "total")] == list(found)
    assert [*levels, sum(levels)] == [values[0] for values in found.values()]
    assert len({tuple(values[i] for values in found.values()) for i in range(6)}) > 2


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda w: w | {"heads.5.weight": w["heads.0.weight"].clone()}, "1 unknown (heads.5.weight)"),
        (lambda w: {k: v for k, v in w.items() if k != "heads.3.bias"}, "1 missing (heads.3.bias)"),
        (lambda w: w | {"heads.1.bias": w["heads.1.bias"][:3].clone()}, "1 of another shape (heads.1.bias)"),
        (lambda w: {k.replace("deberta.", "bert."): v for k, v in w.items()}, "missing (deberta."),
    ],
    ids=["unknown", "missing", "shape", "names"],
)
def test_weights_that_do_not_fit_are_refused(celadon, tmp_path, spoil, reason):
    """The published names load, all of them; another file's do not, and nothing is made up for them."""
    model = copied(celadon, tmp_path / "spoilt")
    weights = spoil(load_file(model / "model.safetensors"))
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})

    assert reason in refused(model)


def test_a_trunk_without_a_head_is_refused(toxic, tmp_path):
    """A model that was never trained to classify would get a random head."""
    model = copied(toxic, tmp_path / "trunk")
    weights = load_file(model / "model.safetensors")
    save_file(
        {k: v for k, v in weights.items() if not k.startswith("classifier.")},
        model / "model.safetensors",
        metadata={"format": "pt"},
    )

    assert "2 missing (classifier.bias)" in refused(model)


def test_celadons_heads_are_known_by_name(celadon, tmp_path):
    """Heads that the configuration names in another order still give their own columns."""
    names = {"0": "Violence", "1": "Race/Origin", "2": "Gender/Sex", "3": "Religion", "4": "Ability"}
    model = configured(celadon, tmp_path / "other", id2label=names, label2id=None)
    plain, other = scored(celadon), scored(model, prefix="celadon")

    assert list(plain) == list(other)
    for name, head in (("violence", "race_origin"), ("race_origin", "gender_sex"), ("ability", "violence")):
        np.testing.assert_array_equal(plain[f"celadon_{head}"], other[f"celadon_{name}"])


def test_celadon_takes_no_other_names(celadon, tmp_path):
    """Five heads of something else are not Celadon's dimensions."""
    model = configured(celadon, tmp_path / "other", id2label={str(i): f"mood {i}" for i in range(5)})

    assert "heads of Celadon's are race_origin" in refused(model)
    assert "Celadon gives levels" in refused(celadon, outputs="sigmoid")


def test_sigmoid_where_the_configuration_says_multi_label(toxic):
    """One column a label, each the sigmoid of its output, to four digits."""
    import torch
    from transformers import AutoModelForSequenceClassification

    network = AutoModelForSequenceClassification.from_pretrained(toxic)
    logits = logits_of(network, toxic, TEXTS[0]).logits[0]
    found = scored(toxic)

    assert ["toxic_bert_toxic", "toxic_bert_insult", "toxic_bert_threat"] == list(found)
    np.testing.assert_allclose(torch.sigmoid(logits), [v[0] for v in found.values()], atol=6e-5)


@pytest.mark.parametrize(
    ("labels", "config", "reading"),
    [
        (["good", "bad"], {}, "softmax"),
        (["good", "bad"], {"problem_type": "single_label_classification"}, "softmax"),
        (["toxicity", "severe_toxicity", "sexual_explicit"], {}, "sigmoid"),
        (["toxic", "identity_hate"], {}, "sigmoid"),
        (["toxic", "neutral"], {}, "softmax"),
        (["male", "female"], {}, "softmax"),
        (["toxic", "threat"], {"problem_type": "single_label_classification"}, "softmax"),
        (["toxic"], {}, "sigmoid"),
        (["score"], {"problem_type": "regression"}, "value"),
    ],
)
def test_how_outputs_are_read(tmp_path, labels, config, reading):
    """As the configuration says, and where it is silent as the labels are known for; a setting overrules."""
    model = make_classifier(tmp_path / "model", labels, **config)
    found = np.stack(list(scored(model, TEXTS[:3]).values()))

    assert reading == _labels.read(model).reading
    assert (reading == "softmax") == np.allclose(1, found.sum(axis=0), atol=2e-4)
    for outputs in ("sigmoid", "softmax", "value"):
        assert outputs == _labels.read(model, outputs=outputs).reading


def test_labels_are_known_by_name_not_by_place(toxic, tmp_path):
    """Numbers decide which output is which, in whatever order the file lists them."""
    listed = configured(toxic, tmp_path / "listed", id2label={"2": "threat", "0": "toxic", "1": "insult"})
    swapped = {"0": "threat", "1": "toxic", "2": "insult"}
    renamed = configured(toxic, tmp_path / "renamed", id2label=swapped, label2id=None)
    plain = scored(toxic, prefix="m")

    for name, values in scored(listed, prefix="m").items():
        np.testing.assert_array_equal(plain[name], values)
    np.testing.assert_array_equal(plain["m_toxic"], scored(renamed, prefix="m")["m_threat"])


@pytest.mark.parametrize(
    ("changes", "settings", "reason"),
    [
        ({"label2id": {"toxic": 1, "insult": 0, "threat": 2}}, {}, "id2label and label2id do not say the same"),
        ({"id2label": ["toxic"]}, {}, "is no map of numbers"),
        ({"id2label": {"1": "a", "2": "b", "3": "c"}}, {}, "does not number the labels from 0"),
        ({"id2label": None, "label2id": None}, {}, "the model does not name its labels"),
        ({"id2label": {str(i): f"LABEL_{i}" for i in range(3)}, "label2id": None}, {}, "does not name its labels"),
        ({"id2label": {"0": "a b", "1": "A-B", "2": "c"}, "label2id": None}, {}, "two labels make one column"),
        ({"id2label": {"0": "да", "1": "b", "2": "c"}, "label2id": None}, {}, "or one makes none"),
        ({}, {"labels": "x,y,z"}, "the model names its own labels: toxic, insult, threat"),
        ({"id2label": {str(i): f"LABEL_{i}" for i in range(3)}, "label2id": None}, {"labels": "x"}, "has 3 outputs"),
        ({}, {"prefix": "Toxic BERT"}, "a prefix is small letters"),
        ({}, {"max_tokens": 7}, "is at least 8"),
        ({}, {"max_chunks": 0}, "is at least 1"),
        ({"model_type": "unheard-of"}, {}, "no text-classification model that transformers can load"),
        ({"vocab_size": 40}, {}, "do not fit the network"),
        ({"pad_token_id": None}, {}, None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(toxic, tmp_path, changes, settings, reason):
    """Each fault of a configuration or a setting has its own line; the tokenizer may know the padding."""
    model = configured(toxic, tmp_path / "model", **changes)
    if reason is None:
        assert len(TEXTS) == len(scored(model)["model_toxic"])
    else:
        assert reason in refused(model, **settings)


def test_names_are_given_where_the_model_has_none(toxic, tmp_path):
    """In the order of its outputs, and made safe for columns."""
    numbered = {"id2label": {str(i): f"LABEL_{i}" for i in range(3)}, "label2id": None}
    model = configured(toxic, tmp_path / "99 bert", **numbered)

    assert ["model_99_bert_toxic", "model_99_bert_is_insult", "model_99_bert_threat"] == list(
        scored(model, labels="toxic, Is Insult,threat")
    )


@pytest.mark.parametrize("name", ["pytorch_model.bin", "toxic_original.ckpt", "model.pt"])
def test_pickled_weights_are_refused(toxic, tmp_path, name):
    """Reading a pickle runs what is in it; the message says how to convert."""
    model = copied(toxic, tmp_path / "model")
    (model / "model.safetensors").rename(model / name)

    assert f"its weights are in {name}" in refused(model)
    assert "convert it with transformers" in refused(model)


def test_a_pickle_beside_safetensors_is_never_opened(toxic, tmp_path):
    """Nor does it sign the column."""
    model = copied(toxic, tmp_path / "toxic-bert")
    (model / "pytorch_model.bin").write_bytes(b"no pickle at all")

    assert Classifier(model=str(toxic)).inputs == Classifier(model=str(model)).inputs
    np.testing.assert_array_equal(scored(toxic)["toxic_bert_toxic"], scored(model)["toxic_bert_toxic"])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: (f / "config.json").unlink(), "holds no config.json"),
        (lambda f: (f / "config.json").write_text("["), "is no JSON object"),
        (lambda f: (f / "model.safetensors").unlink(), "holds no .safetensors file"),
        (lambda f: (f / "model.safetensors").write_bytes(b"abc"), "can load"),
        (lambda f: (f / "tokenizer.json").unlink(), "holds no tokenizer"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "its tokenizer cannot be loaded"),
        (lambda f: (f / "tokenizer.json").rename(f / "spm.model"), "install the package sentencepiece"),
    ],
    ids=["config", "json", "weights", "cut", "tokenizer", "empty", "sentencepiece"],
)
def test_folders_that_are_no_models(toxic, tmp_path, spoil, reason):
    """What is missing or broken is named, and the way to mend it."""
    model = copied(toxic, tmp_path / "model")
    spoil(model)

    assert reason in refused(model)


def test_code_of_a_model_is_never_run(toxic, tmp_path):
    """A configuration that asks for its own code is a model that cannot be loaded."""
    code = {"AutoConfig": "theirs.Config", "AutoModelForSequenceClassification": "theirs.Model"}
    model = configured(toxic, tmp_path / "model", auto_map=code, model_type="theirs")
    (model / "theirs.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")

    assert "code of its own is not run" in refused(model)
    assert not (tmp_path / "ran").exists()


def test_no_model_and_no_such_model(monkeypatch):
    """One line that helps: without a model, with a path that is none, with a hub id and no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    assert () == Classifier().columns
    assert "name one: classifier.model=FOLDER or ORG/MODEL" in refused("")
    with pytest.raises(NotFoundError, match=r"no model lies there; name a folder"):
        scored("/no/such/folder")
    with pytest.raises(NotFoundError, match=r"PleIAs/celadon.*check the id and the network, or name a local"):
        scored("PleIAs/celadon")


def test_hub_ids_local_copy_is_used_and_names_the_columns(celadon, tmp_path, monkeypatch):
    """Nothing is fetched where the hub's cache has the model; the owner is no part of the prefix."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    home = tmp_path / "models--PleIAs--Celadon"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text("a" * 40)
    (home / "snapshots").mkdir()
    copied(celadon, home / "snapshots" / ("a" * 40))
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: home / "snapshots" / ("a" * 40))

    assert list(scored(celadon)) == list(scored("PleIAs/Celadon"))


@pytest.mark.parametrize("which", ["celadon", "toxic"])
def test_a_texts_values_are_its_own(which, request):
    """Bit by bit the same alone, backwards, and among any others, whatever their lengths."""
    model = request.getfixturevalue(which)
    drawn = random.Random(0)
    words = ["the", "whale", "sea", "ship", "bank", "tax", "loan", "code", "loop", "array", "captain"]
    texts = TEXTS + [" ".join(drawn.choices(words, k=drawn.randint(1, 150))) for _ in range(40)]
    whole, mixed = scored(model, texts), scored(model, texts[::-1])
    alone = [scored(model, [text]) for text in texts]

    for name, values in whole.items():
        assert values.tobytes() == mixed[name][::-1].tobytes()
        assert values.tolist() == [one[name][0] for one in alone]


def test_a_gpus_shapes_give_the_same_values(toxic, monkeypatch):
    """Longer steps and fuller batches, as on a GPU, change no digit that is kept by more than one."""
    plain = scored(toxic)
    monkeypatch.setattr(_run, "STEP", {"cpu": 64})
    monkeypatch.setattr(_run, "AT_ONCE", {"cpu": 8_192})

    for name, values in scored(toxic).items():
        np.testing.assert_allclose(plain[name], values, atol=1.01e-4)


def test_no_words_no_value(celadon):
    """A null in every column for what holds no letter."""
    found = scored(celadon, ["", " \n", "123 !!", "a"])

    assert {(True, True, True, False)} == {tuple(map(math.isnan, values)) for values in found.values()}
    assert {0} == {len(values) for values in scored(celadon, []).values()}


def test_the_highest_of_a_long_texts_chunks(toxic):
    """A text of many chunks has in each column the highest value of its chunks, each scored by itself."""
    nine_tokens = ["the captain of the ship in the sea. ", "money and tax of a bank loan code. "]
    chunks = [sentence * 4 for sentence in [*nine_tokens, "code of python in a loop array c. "]]
    single, whole = scored(toxic, chunks, max_tokens=38), scored(toxic, ["".join(chunks)], max_tokens=38)
    first = scored(toxic, ["".join(chunks)], max_tokens=38, max_chunks=1)

    for name, values in whole.items():
        assert max(single[name]) == pytest.approx(values[0], abs=1e-4)
        assert first[name][0] <= values[0]
    assert any(first[name][0] < values[0] for name, values in whole.items())


WORD = re.compile(r"[^\W_]+|[^\w\s]|_")


def spans(text, size, max_chunks=99):
    """Cut a text whose tokens are its words."""
    starts = [match.start() for match in WORD.finditer(text)]
    bounds = [*starts, len(text)]
    return [text[bounds[a] : bounds[b]].strip() for a, b in _chunks.cut(text, starts, size, max_chunks)]


@pytest.mark.parametrize(
    ("text", "size", "chunks"),
    [
        ("a b c", 3, ["a b c"]),
        ("a b. c d e f", 4, ["a b.", "c d e f"]),
        ("a. b c d e f", 5, ["a. b c d", "e f"]),
        ("a b c\nd e f", 4, ["a b c", "d e f"]),
        ("a b c d-e-f", 4, ["a b c", "d-e-", "f"]),
        ("a_b_c_d_e", 4, ["a_b_", "c_d_", "e"]),
        ("今。日。天。气。", 3, ["今。", "日。", "天。", "气。"]),
        ('a b c!" d e f g', 6, ['a b c!"', "d e f g"]),
    ],
)
def test_where_long_texts_are_cut(text, size, chunks):
    """After the last sentence in the chunk's second half, else at white space, else where it is full."""
    assert chunks == spans(text, size)


@given(st.text(alphabet="ab. \n。_", max_size=200), st.integers(2, 20), st.integers(1, 5))
def test_chunks_hold_each_token_once(text, size, most):
    """In order, without gaps, none too long, and no more than asked for."""
    starts = [match.start() for match in WORD.finditer(text)]
    found = list(_chunks.cut(text, starts, size, most))

    assert len(found) <= most
    assert all(0 < end - begin <= size for begin, end in found)
    assert [begin for begin, _ in found] == [0, *(end for _, end in found)][: len(found)]
    assert not found or found[-1][1] == len(starts) or len(found) == most


def test_places_of_robertas_kind_are_counted_from_its_padding(tmp_path):
    """66 positions hold 64 tokens where the padding token is number 1, and a long text passes none."""
    import torch
    from transformers import RobertaConfig, RobertaForSequenceClassification

    model = make_classifier(tmp_path / "model")
    torch.manual_seed(0)
    settings = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = RobertaConfig(
        vocab_size=80, max_position_embeddings=40, id2label={0: "calm", 1: "rude"}, pad_token_id=1, **settings
    )
    RobertaForSequenceClassification(config).save_pretrained(model)
    loaded = _load.load(model, False, "cpu")

    assert 38 == loaded.max_tokens
    assert np.isfinite(scored(model)["model_calm"]).all()


def test_files_sign_and_places_do_not(toxic, celadon, tmp_path):
    """The same files elsewhere, another prefix or device are the same column; other weights are not."""
    moved = copied(toxic, tmp_path / "toxic-bert")
    there, here = Classifier(model=str(moved), device="cpu", prefix="mine"), Classifier(model=str(toxic))

    assert there.inputs == here.inputs
    assert bricks.signed_settings_of(there) == bricks.signed_settings_of(here)
    assert {"labels", "outputs", "max_tokens", "max_chunks"} == set(bricks.signed_settings_of(here))
    assert Classifier(model=str(celadon)).inputs != here.inputs
    weights = load_file(moved / "model.safetensors")
    save_file(weights | {"classifier.bias": weights["classifier.bias"] + 1}, moved / "model.safetensors")
    assert there.inputs != here.inputs


def test_changed_weights_are_loaded_anew(toxic, tmp_path):
    """A process that has a model in memory notices that its files are others now."""
    model = copied(toxic, tmp_path / "toxic-bert")
    before = scored(model)["toxic_bert_toxic"]
    weights = load_file(model / "model.safetensors")
    weights["classifier.bias"] += 5
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})

    assert (scored(model)["toxic_bert_toxic"] > before).all()


def test_a_gpu_is_used_where_there_is_one_and_by_one_process(toxic, monkeypatch):
    """`auto` takes it, `cpu` does not, and without one `cuda` is refused."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    assert "no GPU that PyTorch can use is here" in refused(toxic, device="cuda")
    assert not Classifier(model=str(toxic)).one_process
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert Classifier(model=str(toxic)).one_process
    assert not Classifier(model=str(toxic), device="cpu").one_process


def test_two_models_side_by_side_by_command(toxic, celadon, tmp_path):
    """`score --signal classifier --set …` hangs each model's columns, and computes none twice."""
    home = Workspace(tmp_path / "home")
    home.write_corpus(
        "c", [(Document(str(i), text[:40], "web"), 1) for i, text in enumerate(TEXTS)], tokenizer="w"
    )
    command = ["score", "c", "--workspace", str(home.folder), "--signal", "classifier", "--json"]
    told = [
        CliRunner().invoke(
            app, [*command, "--set", f"classifier.model={model}", "--set", f"classifier.device={device}"]
        )
        for model, device in ((toxic, "auto"), (celadon, "auto"), (toxic, "cpu"))
    ]
    results = [json.loads(one.stdout) for one in told]

    assert [["classifier"], ["classifier"], []] == [one["computed"] for one in results]
    names = [*results[0]["columns"], *results[1]["columns"]]
    found = home.read(home.corpus("c"), names)
    np.testing.assert_allclose(
        found["toxic_bert_toxic"].to_numpy(), scored(toxic, [t[:40] for t in TEXTS])["toxic_bert_toxic"]
    )


@pytest.mark.parametrize("prefix", ["mine", "toxicity"])
def test_columns_take_no_others_name(celadon, tmp_path, prefix):
    """A column of the documents' own, or of another signal, is not covered up."""
    home = Workspace(tmp_path / "home")
    home.write_corpus("c", [(Document("1", "sea", "web", {"mine_total": 1}), 1)], tokenizer="w")
    settings = {"classifier": {"model": str(celadon), "prefix": prefix}}

    with pytest.raises(BadInputError, match=r"choose another prefix: classifier.prefix=NAME"):
        score.score(home, "c", ["classifier"], settings=settings)


def test_prepared_brick_is_the_same_brick(toxic, tmp_path):
    """Workers get one that knows the folder; it is equal, and scores the same."""
    brick = bricks.make(SIGNALS, "classifier", {"model": str(toxic)})
    ready = brick.prepared(tmp_path)

    assert brick == ready
    assert bricks.settings_of(brick) == bricks.settings_of(ready)
    np.testing.assert_array_equal(
        brick.score(TEXTS)["toxic_bert_toxic"], ready.score(TEXTS)["toxic_bert_toxic"]
    )
    assert [] == list(tmp_path.iterdir())
    assert _folder.name_of(toxic) == "toxic-bert"


class HoldsTheGpu:
    """Says that one process must do it all, and which one did."""

    name = "holds_the_gpu"
    version = 1
    kind = "toxicity"
    columns = ("process",)
    one_process = True

    def score(self, texts):
        return {"process": np.full(len(texts), os.getpid(), dtype=np.float64)}


def test_what_holds_the_gpu_scores_in_one_process(tmp_path, monkeypatch):
    """However many workers there may be, and however long the corpus."""
    made = dataclasses.make_dataclass("Made", [], bases=(HoldsTheGpu,), frozen=True)
    monkeypatch.setitem(SIGNALS, "holds_the_gpu", made)
    home = Workspace(tmp_path)
    documents = ((Document(str(i), "sea", "web"), 1) for i in range(score.SHARD_ROWS + 1))
    corpus = home.write_corpus("c", documents, tokenizer="w")
    score.score(home, "c", ["holds_the_gpu"], workers=2)

    assert {os.getpid()} == set(home.read(corpus, ["process"])["process"].to_pylist())
