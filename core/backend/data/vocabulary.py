"""The tokenizer: byte-level BPE trained on the training text, or the target model's from a file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, NotFoundError
from core.types import JSON

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END_OF_TEXT = "<|endoftext|>"  # of the tokenizer that is trained here
END_ID = 0  # the first token of the trainer's list
MOST_TOKENS = 2**20  # of a vocabulary: beyond it the embedding alone outgrows every preset
_ENDS = (END_OF_TEXT, "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]", "<｜end▁of▁sentence｜>")
_PIECE = 1 << 19  # characters encoded at once: memory stays small whatever a document's length
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")


def pieces(text: str) -> Iterator[str]:
    """Yield the text in parts of at most half a million characters."""
    for start in range(0, max(1, len(text)), _PIECE):
        yield text[start : start + _PIECE]


def train_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """Train a tokenizer of at most `size` tokens; small data ends sooner, at pairs seen once.

    The same texts give the same tokenizer.
    """
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
    """Read a tokenizer from a file of the tokenizers library; what it would cut off or pad is left alone.

    Raises:
        NotFoundError: There is no such file.
        BadInputError: It holds no such tokenizer, or one of more than a million tokens.
    """
    from tokenizers import Tokenizer

    if not path.is_file():
        raise NotFoundError(path, "no such file", "name a tokenizer.json of the tokenizers library")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        rule = f"is no tokenizer of the tokenizers library ({str(error)[:80]})"
        raise BadInputError(path, rule, "save the model's tokenizer as tokenizer.json") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    size = vocabulary_size(tokenizer)
    if size > MOST_TOKENS:
        rule = f"has {size:,} tokens; a model takes {MOST_TOKENS:,} at most"
        raise BadInputError(path, rule, "name a smaller tokenizer")
    return tokenizer


def tokenizer_hash(path: Path) -> str:
    """SHA-256 of a tokenizer's file; `NotFoundError` where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        raise NotFoundError(path, "no such file", "name a tokenizer.json of the tokenizers library") from None


def vocabulary_size(tokenizer: Tokenizer) -> int:
    """Return the largest token and 1: files leave holes among their tokens."""
    return int(max(tokenizer.get_vocab().values(), default=-1)) + 1


def end_token(tokenizer: Tokenizer, path: Path, named: str | None) -> str:
    """Return the token that ends a document.

    It is the one that is named, else the one that `tokenizer_config.json` beside the file calls
    `eos_token`, else the first of those that models end texts with.

    Args:
        tokenizer: As the file holds it.
        path: The file.
        named: What a person says; goes before all else.

    Raises:
        BadInputError: There is none, or text could spell it out: it is not among the special tokens.
    """
    special = {t.content for t in tokenizer.get_added_tokens_decoder().values() if t.special}
    if named is None:
        named = _configured(path)
    chosen = named if named is not None else next((end for end in _ENDS if end in special), None)
    if chosen in special:
        return chosen
    known = ", ".join(sorted(special)[:20]) or "none"
    what = f"{path}: {chosen}" if chosen is not None else path
    rule = "is none of its special tokens" if chosen is not None else "no token that ends a document is known"
    raise BadInputError(what, rule, f"name it as end_token; its special tokens: {known}")


def _configured(path: Path) -> str | None:
    """Return the `eos_token` of the settings beside a tokenizer's file, None where there are none."""
    try:
        value: JSON = json.loads((path.parent / "tokenizer_config.json").read_text(encoding="utf-8"))
        found = value.get("eos_token")
    except (OSError, ValueError, AttributeError):
        return None
    if isinstance(found, dict):
        found = found.get("content")
    return found if isinstance(found, str) else None


def id_of(tokenizer: Tokenizer, token: str) -> int:
    """Return the number of a token that the tokenizer is known to have."""
    number = tokenizer.token_to_id(token)
    assert number is not None, token
    return int(number)


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the tokens of each text, without an end mark.

    A document that spells out the end mark gets ordinary tokens for it: text cannot fake an end.
    """
    tokenizer.encode_special_tokens = True
    parts = [list(pieces(text)) for text in texts]
    encoded = iter(tokenizer.encode_batch_fast([p for some in parts for p in some], add_special_tokens=False))
    return [[token for _ in some for token in next(encoded).ids] for some in parts]


def token_bytes(tokenizer: Tokenizer) -> NDArray[np.int64]:
    """Return the number of bytes that each token stands for; 0 for special tokens, which no text gives.

    Exact for byte-level BPE, where every character of a token's name is one byte. Elsewhere a name is read
    as SentencePiece and WordPiece write it, which misses what they normalise away; an unknown word counts 1.
    """
    sizes = np.zeros(vocabulary_size(tokenizer), dtype=np.int64)
    facts: JSON = json.loads(tokenizer.to_str())
    by_bytes = '"type": "ByteLevel"' in json.dumps(facts["decoder"])
    added = tokenizer.get_added_tokens_decoder()
    for token, number in tokenizer.get_vocab().items():
        if number in added:
            sizes[number] = 0 if added[number].special else len(token.encode("utf-8"))
        else:
            sizes[number] = len(token) if by_bytes else _spelled(token)
    unknown = tokenizer.token_to_id(facts["model"].get("unk_token") or "")
    unknown = facts["model"].get("unk_id") if unknown is None else unknown
    if unknown is not None:
        sizes[unknown] = 1
    return sizes


def _spelled(token: str) -> int:
    """Return the bytes of a token's name: `▁` is a space, `<0x0A>` a byte, `##` joins."""
    if _BYTE.fullmatch(token):
        return 1
    plain = token.removeprefix("##") if len(token) > 2 else token
    return len(plain.replace("▁", " ").encode("utf-8", "replace"))
