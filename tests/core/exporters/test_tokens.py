"""Ids of documents: whose, how they end, and how they are cut into samples."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from core.errors import BadInputError
from core.exporters._tokens import Encoder, windows
from core.tokenize import TokenCounter


def given_texts(*texts):
    """Return a function that yields the texts as one table."""

    def documents(_):
        yield pa.table({"text": pa.array(texts, pa.large_string())})

    return documents


def saved(path, words, ends=("</s>",)):
    """Write a tokenizer of whole words."""
    vocabulary = {word: number for number, word in enumerate([*words, "?", *ends])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(list(ends))
    tokenizer.save(str(path))
    return str(path)


def test_the_default_counts_as_the_corpus_does():
    """One more a document: its end."""
    texts = ["The cat sat.", "Unbelievable naïveté, 1234!", ""]
    found = list(Encoder("", "").documents(given_texts(*texts), "d"))

    assert [count + 1 for count in TokenCounter().count(texts)] == [len(ids) for ids in found]
    assert {102} == {int(ids[-1]) for ids in found}


def test_a_given_tokenizer_decides(tmp_path):
    """Its ids, its end, its vocabulary."""
    encoder = Encoder(saved(tmp_path / "tokenizer.json", ["a", "b"]), "")
    found = list(encoder.documents(given_texts("a b b", "b x"), "d"))

    assert [[0, 1, 1, 3], [1, 2, 3]] == [ids.tolist() for ids in found]
    assert ("</s>", 3, 4, "<u2") == (encoder.end_token, encoder.end, encoder.vocabulary, encoder.dtype.str)
    assert "tokenizer.json" == encoder.encoding().tokenizer


def test_no_text_can_forge_an_end(tmp_path):
    """A special token written out is a word like any other."""
    encoder = Encoder(saved(tmp_path / "tokenizer.json", ["a"]), "")
    (ids,) = encoder.documents(given_texts("a </s> a"), "d")

    assert encoder.end not in ids[:-1]
    assert 102 not in next(Encoder("", "").documents(given_texts("a [SEP] b"), "d"))[:-1]


def test_a_large_vocabulary_takes_four_bytes(tmp_path):
    """From 65,537 ids on."""
    encoder = Encoder(saved(tmp_path / "t.json", [f"w{i}" for i in range(65_535)]), "")

    assert (65_537, "<u4") == (encoder.vocabulary, encoder.dtype.str)


def test_what_is_no_tokenizer_is_refused(tmp_path):
    """Not there, no tokenizer, no end."""
    (tmp_path / "no.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInputError, match="no such file"):
        Encoder(str(tmp_path / "gone.json"), "")
    with pytest.raises(BadInputError, match="no tokenizer"):
        Encoder(str(tmp_path / "no.json"), "")
    with pytest.raises(BadInputError, match="none of the usual end tokens; set end_token"):
        Encoder(saved(tmp_path / "t.json", ["a"], ends=("<fin>",)), "")
    with pytest.raises(BadInputError, match="no token '</s>'"):
        Encoder(str(tmp_path / "t.json"), "</s>")

    assert "<fin>" == Encoder(str(tmp_path / "t.json"), "<fin>").end_token


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=7), min_size=1, max_size=12), st.integers(1, 9)
)
def test_samples_hold_every_token_and_go_on_at_the_first(documents, length):
    """However documents and samples fall together."""
    flat = [token for document in documents for token in document]
    found = np.concatenate(list(windows((np.array(d) for d in documents), length)))

    assert 0 == len(found) % length
    assert len(flat) <= len(found) < len(flat) + length
    assert np.array_equal(np.resize(np.array(flat), len(found)), found)
