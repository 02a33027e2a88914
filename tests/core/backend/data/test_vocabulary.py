"""The tokenizer loses no byte, and no text can fake the end of a document."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backend.data.vocabulary import (
    END_ID,
    END_OF_TEXT,
    encode,
    load_tokenizer,
    token_bytes,
    train_tokenizer,
)

TEXTS = ["the ship and the whale and the wind", "der Wind ☃ und das Schiff", "{'x': 10, 'y': 100}"] * 3


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(TEXTS, 320)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_decoding_gives_the_text_back(tokenizer, text):
    """Any text in any script; the tokens' bytes sum to the text's."""
    (tokens,) = encode(tokenizer, [text])

    assert text == tokenizer.decode(tokens, skip_special_tokens=False)
    assert len(text.encode()) == token_bytes(tokenizer)[tokens].sum()


def test_a_spelled_out_end_mark_is_ordinary_text(tokenizer):
    """Its tokens are those of its letters."""
    (tokens,) = encode(tokenizer, [f"a{END_OF_TEXT}b"])

    assert END_ID not in tokens
    assert END_ID == tokenizer.token_to_id(END_OF_TEXT)
    assert 0 == token_bytes(tokenizer)[END_ID]


def test_long_documents_are_encoded_in_parts(tokenizer):
    """Beyond half a million characters, still one list of tokens a document."""
    long = "wind " * 120_000
    tokens = encode(tokenizer, [long, "ship", ""])

    assert [long, "ship", ""] == [tokenizer.decode(some) for some in tokens]


def test_same_texts_same_tokenizer(tokenizer, tmp_path):
    """To the byte, and through a file."""
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    again = load_tokenizer(tmp_path / "tokenizer.json")

    assert train_tokenizer(TEXTS, 320).to_str() == again.to_str()
    assert 320 >= again.get_vocab_size() >= 257
