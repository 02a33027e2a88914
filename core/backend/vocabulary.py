"""A byte-level BPE tokenizer, trained on the training text; the same text gives the same tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END_OF_TEXT = "<|endoftext|>"
END_ID = 0  # the first token of the trainer's list
_PIECE = 1 << 19  # characters encoded at once: memory stays small whatever a document's length


def pieces(text: str) -> Iterator[str]:
    """Yield the text in parts of at most half a million characters."""
    for start in range(0, max(1, len(text)), _PIECE):
        yield text[start : start + _PIECE]


def train_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """Train a tokenizer of at most `size` tokens; small data ends sooner, at pairs seen once."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=32,
        show_progress=False,
    )
    tokenizer.train_from_iterator((piece for text in texts for piece in pieces(text)), trainer)
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer from a file of the tokenizers library."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(path))


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the tokens of each text, without an end mark.

    A document that spells out the end mark gets ordinary tokens for it: text cannot fake an end.
    """
    tokenizer.encode_special_tokens = True
    parts = [list(pieces(text)) for text in texts]
    encoded = iter(tokenizer.encode_batch_fast([p for some in parts for p in some], add_special_tokens=False))
    return [[token for _ in some for token in next(encoded).ids] for some in parts]


def token_bytes(tokenizer: Tokenizer) -> NDArray[np.int64]:
    """Return the number of bytes that each token stands for; 0 for the end mark.

    In byte-level BPE every character of a token's name is one byte.
    """
    sizes = np.zeros(tokenizer.get_vocab_size(), dtype=np.int64)
    for token, number in tokenizer.get_vocab().items():
        sizes[number] = 0 if number == END_ID else len(token)
    return sizes
