"""Building the tokens: what the tokenizer learns from, and tokenizers that come from a file."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.backend import train
from core.backend.config import Config
from core.backend.data import build
from core.backend.data.build import token_type
from core.backend.data.holdout import text_hash
from core.backend.data.near import shingles
from core.backend.data.sealed import open_manifest
from core.backend.data.shards import prepare
from core.backend.data.vocabulary import END_OF_TEXT, load_tokenizer, train_tokenizer
from core.backend.reading.documents import document_losses
from core.errors import BadInputError
from core.types import silent

TEXTS = {"a": [f"the ship and the whale number {i}" for i in range(30)], "b": ["été ☃ 鯨"] * 9 + ["other"]}


@pytest.fixture
def provided(tmp_path):
    """A tokenizer's file, with its settings beside it."""

    def written(tokenizer, **settings):
        folder = tmp_path / "given"
        folder.mkdir(exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
        return folder / "tokenizer.json"

    return written


def decoded(shard, tokenizer, end):
    ends = np.flatnonzero(shard.tokens == end)
    return [tokenizer.decode(some[some != end].tolist()) for some in np.split(shard.tokens, ends + 1)[:-1]]


def test_the_tokenizer_learns_from_training_texts_alone(manifest, config, tmp_path, monkeypatch):
    """From all of them, and from no text that is held out."""
    learnt = []

    def watched(texts, size):
        learnt.extend(texts)
        return train_tokenizer(learnt, size)

    monkeypatch.setattr(build, "train_tokenizer", watched)
    data = prepare(open_manifest(manifest), config, tmp_path / "data", silent)
    tokenizer = load_tokenizer(data.tokenizer)

    assert learnt == [t for shard in data.train.values() for t in decoded(shard, tokenizer, data.end_id)]


def test_the_target_models_tokenizer_is_taken_as_it_is(seal, config, provided, tmp_path):
    """To the byte; its end token, which need not be the first, ends every document."""
    tokenizer = train_tokenizer(TEXTS["a"], 300)
    tokenizer.add_special_tokens(["<|stop|>"])
    tokenizer.enable_truncation(3)
    path = provided(tokenizer, eos_token={"content": "<|stop|>"})
    config = config.model_copy(update={"tokenizer": str(path)})
    data = prepare(open_manifest(seal(TEXTS)), config, tmp_path / "data", silent)

    assert path.read_bytes() == data.tokenizer.read_bytes()
    assert ("<|stop|>", tokenizer.token_to_id("<|stop|>")) == (data.end_token, data.end_id)
    assert data.end_id == data.vocabulary - 1
    assert data.train["a"].documents == (data.train["a"].tokens == data.end_id).sum()
    assert set(TEXTS["a"]) >= set(decoded(data.train["a"], load_tokenizer(path), data.end_id))
    assert {"a": 1.0, "b": 1.0} == data.byte_scale


def test_bytes_are_true_where_tokens_do_not_tell_them(seal, config, provided, tmp_path):
    """A tokenizer that throws words away still counts all bytes of a domain's validation texts."""
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "ship": 2, "[EOS]": 3}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.add_special_tokens(["[UNK]", "[EOS]"])
    config = config.model_copy(update={"tokenizer": str(provided(words))})
    data = prepare(open_manifest(seal(TEXTS)), config, tmp_path / "data", silent)
    validation = data.validation["a"]
    (held,) = {len(TEXTS["a"][0]), len(TEXTS["a"][0]) + 1} & {
        round(data.byte_scale["a"] * data.token_bytes[validation.tokens].sum() / validation.documents)
    }

    assert "[EOS]" == data.end_token
    assert held in {len(text) for text in TEXTS["a"]}


def test_another_tokenizer_is_another_run_wherever_it_lies(provided, tmp_path):
    """Its content is signed, not its path."""
    path = provided(train_tokenizer(TEXTS["a"], 300))
    copy = tmp_path / "copy.json"
    copy.write_bytes(path.read_bytes())
    other = tmp_path / "other.json"
    train_tokenizer(TEXTS["b"], 300).save(str(other))
    keys = [Config(tokenizer=str(p)).fingerprint() for p in (path, copy, other)]

    assert keys[0] == keys[1] != keys[2] != Config().fingerprint()


def test_tokenizers_that_cannot_serve_are_refused_in_a_line(seal, config, provided, tmp_path):
    """No file, no tokenizer, no end, an end that text could fake, and too many tokens for the type."""
    sealed = open_manifest(seal(TEXTS))

    def refused(path, match, **update):
        changed = config.model_copy(update={"tokenizer": str(path), **update})
        with pytest.raises(BadInputError, match=match):
            prepare(sealed, changed, tmp_path / "data", silent)

    plain = Tokenizer(models.WordLevel({"the": 0, "</s>": 1}, unk_token="the"))
    (tmp_path / "text.json").write_text("{}")
    refused(tmp_path / "missing.json", "no such file; name a tokenizer.json")
    refused(tmp_path / "text.json", "is no tokenizer of the tokenizers library")
    refused(provided(plain), "no token that ends a document is known; name it as end_token")
    refused(provided(plain), "</s>: is none of its special tokens", end_token="</s>")
    large = Tokenizer(models.WordLevel({str(i): i for i in range(70_000)}, unk_token="0"))
    large.add_special_tokens([END_OF_TEXT])
    refused(provided(large), "its 70,001 tokens overflow uint16, which holds 65,536", stored_as="uint16")


def test_large_vocabularies_take_four_bytes_a_token():
    """Above 65,536 tokens two bytes would wrap around; a person may ask for four."""
    assert [np.uint16, np.uint32] == [token_type(1 << 16, Config()), token_type((1 << 16) + 1, Config())]
    assert np.uint32 == token_type(300, Config(stored_as="uint32"))


def test_a_run_with_the_target_models_tokenizer_ends_texts_as_it_does(seal, config, provided, tmp_path):
    """In training, in evaluation and in the saved model, which transformers loads; the run tells its size."""
    tokenizer = train_tokenizer(TEXTS["a"], 300)
    tokenizer.add_special_tokens(["<|stop|>"])
    path = provided(tokenizer, eos_token="<|stop|>")
    update = {"tokenizer": str(path), "tokens": 256}
    run = train(seal({"a": TEXTS["a"]}), config.model_copy(update=update), tmp_path / "run")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "model")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "run" / "model")
    (one,) = document_losses(tmp_path / "run", [("x", TEXTS["a"][3])])
    tokens = [*loaded(TEXTS["a"][3], add_special_tokens=False)["input_ids"], loaded.eos_token_id]
    with torch.no_grad():
        logits = model(torch.tensor([[loaded.eos_token_id, *tokens[:-1]]])).logits[0]

    assert tokenizer.get_vocab_size() == run["vocabulary"] == run["config"]["vocabulary"] == logits.shape[1]
    assert tokenizer.token_to_id("<|stop|>") == model.config.eos_token_id == loaded.eos_token_id != 0
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(tokens)).item()
    assert expected == pytest.approx(one.loss, rel=1e-4)


def test_a_run_says_what_near_copies_came_to(seal, config, tmp_path):
    """In sums and, where validation could not be kept clean, in a warning by domain."""
    alike = [f"{' '.join(map(str, range(60)))} {end}" for end in range(40)]
    texts = {"alike": alike, "apart": [f"{i} " * 9 for i in range(40)]}
    run = train(seal(texts), config.model_copy(update={"tokens": 256}), tmp_path / "run")
    (warning,) = (text for text in run["warnings"] if "near copies" in text)

    assert {"left_out": 0, "left_out_bytes": 0, "passed_over": 0, "close": 2} == run["validation"][
        "near_copies"
    ]
    assert warning.startswith("alike: 2 validation texts have near copies in training")


@settings(deadline=None)
@given(st.lists(st.integers(0, 99), max_size=60), st.integers(0, 30))
def test_the_texts_that_may_be_held_out_are_those_of_the_smallest_hashes(numbers, first):
    """However they come, and with repeats; each with its own sketch."""
    smallest = build._Smallest(Config(validation_documents=11))
    for number in numbers:
        smallest.add(text_hash(str(number)), f"{number} words")
    expected = sorted({text_hash(str(n)): n for n in numbers}.items())[:first]
    found = smallest.first(first)

    assert [digest for digest, _ in expected] == [*found]
    for digest, number in expected:
        assert shingles([f"{number} words"])[0].tolist() == found[digest].hashes.tolist()
