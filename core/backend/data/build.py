"""Makes the tokens on disk: what is held out, the tokenizer, and a file a domain and part."""

from __future__ import annotations

import heapq
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from core.backend._files import write_json
from core.backend.config import Config
from core.backend.data.holdout import Holdout, candidates, held_out, text_hash, validation_fingerprint
from core.backend.data.near import Near, Sketch, sketch
from core.backend.data.sealed import Sealed
from core.backend.data.vocabulary import (
    END_OF_TEXT,
    encode,
    end_token,
    id_of,
    load_tokenizer,
    token_bytes,
    train_tokenizer,
    vocabulary_size,
)
from core.errors import BadInputError
from core.types import JSON, Progress

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Part = Literal["train", "validation"]
_BATCH_CHARACTERS = 4_000_000
_NEAR_CHARACTERS = 1_000_000  # looked at for near copies at once: some 60 bytes each meanwhile
_INDEX_ROWS = 65_536
_WORKERS = 2  # threads that look for near copies; NumPy lets them run side by side


def build(sealed: Sealed, config: Config, folder: Path, key: str, progress: Progress) -> None:
    """Hold out, train or take the tokenizer, and tokenise into `folder`, which is empty.

    The documents are read three times, four with `near_copies`, and never held: memory grows by some 100
    bytes each, for hashes.
    """
    survey = _survey(sealed, config)
    copies = _near_copies(sealed, survey, progress) if config.near_copies else None
    holdout = held_out(survey.hashes, config.validation_share, config.validation_documents, copies)
    tokenizer, end = _tokenizer(sealed, config, folder, survey.size, holdout, progress)
    size = vocabulary_size(tokenizer)
    dtype = token_type(size, config)
    total, done, domains = sum(map(len, survey.hashes.values())), 0, {}
    sizes, end_id = token_bytes(tokenizer), id_of(tokenizer, end)
    for number, domain in enumerate(sealed.domains):
        writer = _Writer(folder, number, dtype, end_id, sizes, holdout)
        for batch in batches(sealed.documents(domain)):
            tokens = encode(tokenizer, [text for _, text in batch])
            for (identity, text), numbers in zip(batch, tokens, strict=True):
                writer.add(identity, text, numbers)
            done += len(batch)
            progress(done, total, "tokenising")
        domains[domain] = writer.close() | {
            "near_copies": writer.left_out
            | {"passed_over": holdout.passed_over.get(domain, 0), "close": holdout.close.get(domain, 0)}
        }
    validation = {domain: set(survey.hashes[domain]) & holdout.held for domain in sealed.domains}
    facts = {
        "key": key,
        "validation_fingerprint": validation_fingerprint(validation),
        "dtype": dtype.name,
        "end": end,
        "domains": domains,
    }
    write_json(folder / "data.json", facts)


def token_type(vocabulary: int, config: Config) -> np.dtype[Any]:
    """Return what a token is stored as: two bytes where the vocabulary allows it, or as the config says.

    Raises:
        BadInputError: The type that the config names is too small for the vocabulary.
    """
    if config.stored_as == "uint16" and vocabulary > 1 << 16:
        what = config.tokenizer or "the tokenizer"
        rule = f"its {vocabulary:,} tokens overflow uint16, which holds 65,536"
        raise BadInputError(what, rule, "set stored_as to uint32 or auto")
    if config.stored_as != "auto":
        return np.dtype(config.stored_as)
    return np.dtype(np.uint16 if vocabulary <= 1 << 16 else np.uint32)


def batches(
    documents: Iterable[tuple[str, str]], most: int = _BATCH_CHARACTERS
) -> Iterator[list[tuple[str, str]]]:
    """Yield documents by the thousand, or fewer where they are long: up to `most` characters and a document."""
    batch: list[tuple[str, str]] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document[1])
        if characters >= most or len(batch) == 2048:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


# --- what is held out -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Survey:
    """What one reading of all documents tells."""

    hashes: dict[str, list[bytes]]
    size: int  # bytes of text
    sketches: dict[bytes, Sketch]  # of the texts that may be held out


class _Smallest:
    """Sketches of the texts of the smallest hashes, and never of many more than will be asked for."""

    def __init__(self, config: Config) -> None:
        self._most = candidates(2**62, config.validation_share, config.validation_documents)
        self._heap: list[tuple[int, bytes]] = []  # the largest of the smallest first
        self._sketches: dict[bytes, Sketch] = {}

    def add(self, digest: bytes, text: str) -> None:
        key = -int.from_bytes(digest, "big")
        if digest in self._sketches or (len(self._heap) == self._most and key <= self._heap[0][0]):
            return
        self._sketches[digest] = sketch(text)
        heapq.heappush(self._heap, (key, digest))
        if len(self._heap) > self._most:
            del self._sketches[heapq.heappop(self._heap)[1]]

    def first(self, number: int) -> dict[bytes, Sketch]:
        return {digest: self._sketches[digest] for digest in sorted(self._sketches)[:number]}


def _survey(sealed: Sealed, config: Config) -> _Survey:
    hashes: dict[str, list[bytes]] = {domain: [] for domain in sealed.domains}
    size, sketches = 0, dict[bytes, Sketch]()
    for domain, digests in hashes.items():
        smallest = _Smallest(config)
        for _, text in sealed.documents(domain):
            digests.append(text_hash(text))
            size += len(text.encode("utf-8"))
            if config.near_copies:
                smallest.add(digests[-1], text)
        looked_at = candidates(len(set(digests)), config.validation_share, config.validation_documents)
        sketches |= smallest.first(looked_at)
    return _Survey(hashes, size, sketches)


def _near_copies(sealed: Sealed, survey: _Survey, progress: Progress) -> dict[bytes, frozenset[bytes]]:
    """Return, for the texts that may be held out, the hashes of all texts that nearly equal them."""
    digests = list(survey.sketches)
    near = Near(list(survey.sketches.values()))
    found: dict[bytes, set[bytes]] = {}
    total, done = sum(map(len, survey.hashes.values())), 0

    def look(texts: list[str]) -> tuple[int, list[tuple[bytes, bytes]]]:
        pairs = [(digests[which], text_hash(texts[row])) for row, which in near.copies(texts)]
        return len(texts), [(one, other) for one, other in pairs if one != other]

    with ThreadPoolExecutor(_WORKERS) as pool:
        for number, pairs in _in_turn(pool, look, _texts(sealed)):
            for one, other in pairs:
                found.setdefault(one, set()).add(other)
            done += number
            progress(done, total, "looking for near copies")
    return {digest: frozenset(copies) for digest, copies in found.items()}


def _texts(sealed: Sealed) -> Iterator[list[str]]:
    for domain in sealed.domains:
        for batch in batches(sealed.documents(domain), _NEAR_CHARACTERS):
            yield [text for _, text in batch]


def _in_turn(pool: ThreadPoolExecutor, work: Any, items: Iterable[Any]) -> Iterator[Any]:
    """Yield each item's result in order, with no more than two items a worker in memory."""
    waiting: list[Any] = []
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > _WORKERS:
            yield waiting.pop(0).result()
    for one in waiting:
        yield one.result()


# --- the tokenizer ----------------------------------------------------------------------------------


def _tokenizer(
    sealed: Sealed, config: Config, folder: Path, size: int, holdout: Holdout, progress: Progress
) -> tuple[Tokenizer, str]:
    """Train a tokenizer or take the file's; return it and its end token."""
    path = folder / "tokenizer.json"
    if config.tokenizer is not None:
        given = Path(config.tokenizer)
        tokenizer = load_tokenizer(given)
        end = end_token(tokenizer, given, config.end_token)
        shutil.copyfile(given, path)
        return tokenizer, end
    progress(0, None, "training the tokenizer")
    tokenizer = train_tokenizer(
        _sample(sealed, holdout, config.tokenizer_bytes / max(1, size)), config.vocabulary
    )
    path.write_text(tokenizer.to_str(pretty=True), encoding="utf-8")  # a full disk is an OSError here
    return tokenizer, END_OF_TEXT


def _sample(sealed: Sealed, holdout: Holdout, share: float) -> Iterator[str]:
    """Yield the training texts, or about `share` of them: those whose hashes are small enough."""
    below = int(min(1.0, share) * 2**64)
    for domain in sealed.domains:
        for _, text in sealed.documents(domain):
            digest = text_hash(text)
            # The last bytes decide, since the first ones decide what is held out.
            small = int.from_bytes(digest[-8:], "big") < below
            if small and digest not in holdout.held and digest not in holdout.left_out:
                yield text


# --- the files --------------------------------------------------------------------------------------


class _Side:
    """One part's two files, tokens and index, written as the documents come."""

    def __init__(self, folder: Path, name: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._name, self._rows = name, list[tuple[str, int, int]]()
        self._schema = pa.schema({"id": pa.string(), "start": pa.int64(), "bytes": pa.int64()})
        self._file: BinaryIO = (folder / f"{name}.bin").open("wb")
        self._index = pq.ParquetWriter(folder / f"{name}.parquet", self._schema)
        self._documents, self._tokens, self._bytes, self._counted = 0, 0, 0, 0

    def add(self, identity: str, tokens: NDArray[Any], size: int, counted: int) -> None:
        self._file.write(tokens.tobytes())
        self._rows.append((identity, self._tokens, size))
        self._documents += 1
        self._tokens += len(tokens)
        self._bytes += size
        self._counted += counted
        if len(self._rows) == _INDEX_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        columns = zip(*self._rows, strict=True) if self._rows else ((), (), ())
        named = {n: list(c) for n, c in zip(self._schema.names, columns, strict=True)}
        self._index.write_table(pa.table(named, self._schema))
        self._rows = []

    def close(self) -> dict[str, JSON]:
        self._flush()
        self._file.close()
        self._index.close()
        return {
            "name": self._name,
            "documents": self._documents,
            "tokens": self._tokens,
            "bytes": self._bytes,
            "counted_bytes": self._counted,  # as the tokens' names have it
        }


class _Writer:
    """Sends a domain's documents to its parts; a held-out text is written once, a near copy of one never."""

    def __init__(
        self,
        folder: Path,
        number: int,
        dtype: np.dtype[Any],
        end_id: int,
        token_bytes: NDArray[np.int64],
        holdout: Holdout,
    ) -> None:
        self._dtype, self._end_id, self._sizes, self._holdout = dtype, end_id, token_bytes, holdout
        parts: tuple[Part, Part] = ("train", "validation")
        self._sides = {part: _Side(folder, f"{number:03d}.{part}") for part in parts}
        self._seen: set[bytes] = set()
        self.left_out = {"left_out": 0, "left_out_bytes": 0}

    def add(self, identity: str, text: str, tokens: list[int]) -> None:
        digest, size = text_hash(text), len(text.encode("utf-8"))
        if digest in self._holdout.left_out:
            self.left_out["left_out"] += 1
            self.left_out["left_out_bytes"] += size
            return
        part: Part = "validation" if digest in self._holdout.held else "train"
        if part == "validation":
            if digest in self._seen:
                return
            self._seen.add(digest)
        numbers = np.asarray([*tokens, self._end_id], dtype=self._dtype)
        self._sides[part].add(identity, numbers, size, int(self._sizes[numbers].sum()))

    def close(self) -> dict[str, JSON]:
        return {part: side.close() for part, side in self._sides.items()}
