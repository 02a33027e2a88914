"""Tokens on disk: one memory-mapped file a domain and part, with an index of its documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from core.backend._files import fingerprint, folder_aside, read_json, write_json
from core.backend.config import Config
from core.backend.holdout import held_out, text_hash, validation_fingerprint
from core.backend.sealed import Sealed
from core.backend.vocabulary import END_ID, encode, load_tokenizer, token_bytes, train_tokenizer
from core.errors import BadInputError
from core.types import Progress

Part = Literal["train", "validation"]
_BATCH_CHARACTERS = 4_000_000
_FORMAT = 1  # of the folder; a change makes older folders be built again


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of one domain: its documents' tokens one after another, each ended by the end mark."""

    tokens: NDArray[Any]  # memory-mapped uint16 or uint32
    index: Path
    documents: int

    def windows(self, context: int) -> int:
        """The windows of one epoch; the last begins again at the first token where tokens run out."""
        return -(-len(self.tokens) // context)

    def window(self, index: int, context: int) -> NDArray[np.int64]:
        """Return `context` tokens and the one that follows, wrapping around at the end."""
        if (index + 1) * context < len(self.tokens):
            piece = self.tokens[index * context : (index + 1) * context + 1]
        else:
            piece = self.tokens[np.arange(index * context, (index + 1) * context + 1) % len(self.tokens)]
        return piece.astype(np.int64)

    def ids(self, index: int, context: int) -> list[str]:
        """Return the ids of the documents that have tokens in a window."""
        import pyarrow.parquet as pq

        table = pq.read_table(self.index)
        starts = table["start"].to_numpy()
        places = np.arange(index * context, (index + 1) * context + 1) % len(self.tokens)
        rows = np.unique(np.searchsorted(starts, places, side="right") - 1)
        return [str(identity) for identity in table["id"].take(rows).to_pylist()]


@dataclass(frozen=True, slots=True)
class Data:
    """What a run reads: shards by domain, the vocabulary, and which texts are held out."""

    train: Mapping[str, Shard]
    validation: Mapping[str, Shard]  # without the domains that have none
    vocabulary: int
    token_bytes: NDArray[np.int64]
    validation_fingerprint: str
    tokenizer: Path


def prepare(sealed: Sealed, config: Config, folder: Path, progress: Progress) -> Data:
    """Hold out, train the tokenizer and tokenise into `folder`, unless that is done already.

    The documents are read three times and never held: memory grows by some 100 bytes each, for hashes.
    """
    settings = config.model_dump(
        include={"vocabulary", "tokenizer_bytes", "validation_share", "validation_documents"}
    )
    key = fingerprint({"format": _FORMAT, "manifest": sealed.fingerprint, **settings})
    facts = folder / "data.json"
    if not (facts.exists() and read_json(facts)["key"] == key):
        with folder_aside(folder) as aside:
            _build(sealed, config, aside, key, progress)
    return _open(folder)


def _build(sealed: Sealed, config: Config, folder: Path, key: str, progress: Progress) -> None:
    hashes: dict[str, list[bytes]] = {domain: [] for domain in sealed.domains}
    size = 0
    for domain, digests in hashes.items():
        for _, text in sealed.documents(domain):
            digests.append(text_hash(text))
            size += len(text.encode("utf-8"))
    held = held_out(hashes, config.validation_share, config.validation_documents)
    progress(0, None, "training the tokenizer")
    sample = _sample(sealed, held, config.tokenizer_bytes / max(1, size))
    tokenizer = train_tokenizer(sample, config.vocabulary)
    tokenizer.save(str(folder / "tokenizer.json"))
    total, done, domains = sum(map(len, hashes.values())), 0, {}
    for number, domain in enumerate(sealed.domains):
        writer = _Writer(folder, number, tokenizer.get_vocab_size())
        for batch in _batches(sealed.documents(domain)):
            tokens = encode(tokenizer, [text for _, text in batch])
            for (identity, text), numbers in zip(batch, tokens, strict=True):
                writer.add(identity, numbers, text_hash(text), held)
            done += len(batch)
            progress(done, total, "tokenising")
        domains[domain] = writer.close()
    validation = {domain: set(hashes[domain]) & held for domain in sealed.domains}
    write_json(
        folder / "data.json",
        {
            "key": key,
            "validation_fingerprint": validation_fingerprint(validation),
            "dtype": _dtype(tokenizer.get_vocab_size()).name,
            "domains": domains,
        },
    )


def _sample(sealed: Sealed, held: frozenset[bytes], share: float) -> Iterator[str]:
    """Yield the training texts, or about `share` of them: those whose hashes are small enough."""
    below = int(min(1.0, share) * 2**64)
    for domain in sealed.domains:
        for _, text in sealed.documents(domain):
            digest = text_hash(text)
            # The last bytes decide, since the first ones decide what is held out.
            if digest not in held and int.from_bytes(digest[-8:], "big") < below:
                yield text


def _batches(documents: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document[1])
        if characters >= _BATCH_CHARACTERS or len(batch) == 2048:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _dtype(vocabulary: int) -> np.dtype[Any]:
    return np.dtype(np.uint16 if vocabulary <= 1 << 16 else np.uint32)


class _Writer:
    """Appends a domain's documents to its two files; a held-out text is written once."""

    def __init__(self, folder: Path, number: int, vocabulary: int) -> None:
        self._dtype = _dtype(vocabulary)
        self._names: dict[Part, str] = {p: f"{number:03d}.{p}" for p in ("train", "validation")}
        self._folder = folder
        self._files: dict[Part, BinaryIO] = {
            part: (folder / f"{name}.bin").open("wb") for part, name in self._names.items()
        }
        self._ids: dict[Part, list[str]] = {"train": [], "validation": []}
        self._starts: dict[Part, list[int]] = {"train": [], "validation": []}
        self._tokens: dict[Part, int] = {"train": 0, "validation": 0}
        self._seen: set[bytes] = set()

    def add(self, identity: str, tokens: list[int], digest: bytes, held: frozenset[bytes]) -> None:
        part: Part = "validation" if digest in held else "train"
        if part == "validation":
            if digest in self._seen:
                return
            self._seen.add(digest)
        self._files[part].write(np.asarray([*tokens, END_ID], dtype=self._dtype).tobytes())
        self._ids[part].append(identity)
        self._starts[part].append(self._tokens[part])
        self._tokens[part] += len(tokens) + 1

    def close(self) -> dict[Part, dict[str, str | int]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        facts: dict[Part, dict[str, str | int]] = {}
        for part, name in self._names.items():
            self._files[part].close()
            columns = {
                "id": pa.array(self._ids[part], pa.string()),
                "start": pa.array(self._starts[part], pa.int64()),
            }
            pq.write_table(pa.table(columns), self._folder / f"{name}.parquet")
            facts[part] = {"name": name, "documents": len(self._ids[part]), "tokens": self._tokens[part]}
        return facts


def _open(folder: Path) -> Data:
    facts = read_json(folder / "data.json")
    parts: dict[Part, dict[str, Shard]] = {"train": {}, "validation": {}}
    for domain, both in facts["domains"].items():
        for part, shards in parts.items():
            fact = both[part]
            if fact["tokens"]:
                path = folder / f"{fact['name']}.bin"
                tokens = np.memmap(path, dtype=facts["dtype"], mode="r", shape=(fact["tokens"],))
                shards[domain] = Shard(tokens, path.with_suffix(".parquet"), fact["documents"])
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    if not parts["train"]:
        raise BadInputError("the manifest", "its files hold no documents", "export a mixture with documents")
    return Data(
        train=parts["train"],
        validation=parts["validation"],
        vocabulary=tokenizer.get_vocab_size(),
        token_bytes=token_bytes(tokenizer),
        validation_fingerprint=facts["validation_fingerprint"],
        tokenizer=folder / "tokenizer.json",
    )
