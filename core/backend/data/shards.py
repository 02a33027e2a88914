"""Tokens on disk: one memory-mapped file a domain and part, with an index of its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from core.backend._files import fingerprint, folder_aside, read_json
from core.backend.config import Config
from core.backend.data.build import Part, build
from core.backend.data.sealed import Sealed
from core.backend.data.vocabulary import (
    END_ID,
    END_OF_TEXT,
    id_of,
    load_tokenizer,
    token_bytes,
    tokenizer_hash,
    vocabulary_size,
)
from core.errors import BadInputError
from core.types import Progress

_FORMAT = 2  # of the folder; a change makes older folders be built again


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
        identities, starts, _ = self.directory()
        places = np.arange(index * context, (index + 1) * context + 1) % len(self.tokens)
        rows = np.unique(np.searchsorted(starts, places, side="right") - 1)
        return [str(identity) for identity in identities.take(rows).to_pylist()]

    def directory(self) -> tuple[Any, NDArray[np.int64], NDArray[np.int64]]:
        """Return the documents' ids, an Arrow array, the place of each one's first token, and its bytes."""
        import pyarrow.parquet as pq

        table = pq.read_table(self.index)
        return table["id"], table["start"].to_numpy(), table["bytes"].to_numpy()


class NearCopies(TypedDict):
    """What near copies came to in one domain; all are 0 where they are not looked for.

    `left_out` documents, of `left_out_bytes`, are trained on nowhere: they nearly equal a held-out text.
    `passed_over` texts stay in training, others having been held out for them. `close` held-out texts have
    near copies in training.
    """

    left_out: int
    left_out_bytes: int
    passed_over: int
    close: int


@dataclass(frozen=True, slots=True)
class Data:
    """What a run reads: shards by domain, the vocabulary, and which texts are held out."""

    train: Mapping[str, Shard]
    validation: Mapping[str, Shard]  # without the domains that have none
    vocabulary: int
    token_bytes: NDArray[np.int64]
    validation_fingerprint: str
    tokenizer: Path
    end_id: int = END_ID
    end_token: str = END_OF_TEXT
    # By domain, true bytes of its validation texts over those that its tokens' names count: 1 for
    # byte-level BPE.
    byte_scale: Mapping[str, float] = field(default_factory=dict)
    near_copies: Mapping[str, NearCopies] = field(default_factory=dict)


NO_NEAR_COPIES: NearCopies = {"left_out": 0, "left_out_bytes": 0, "passed_over": 0, "close": 0}


def near_copies(data: Data) -> NearCopies:
    """Return what near copies came to in all domains together."""
    some = data.near_copies.values()
    return {
        "left_out": sum(one["left_out"] for one in some),
        "left_out_bytes": sum(one["left_out_bytes"] for one in some),
        "passed_over": sum(one["passed_over"] for one in some),
        "close": sum(one["close"] for one in some),
    }


def check_lengths(train: Mapping[str, Shard], weights: Mapping[str, float], context: int) -> None:
    """Refuse a weighted domain that is shorter than one window.

    Raises:
        BadInputError: A domain to be trained on has fewer tokens than `context`.
    """
    for domain, shard in train.items():
        if weights.get(domain, 0.0) > 0 and len(shard.tokens) < context:
            rule = f"its {len(shard.tokens)} tokens are fewer than one sequence of {context}"
            raise BadInputError(domain, rule, "lower context, or set the domain's weight to 0")


def prepare(sealed: Sealed, config: Config, folder: Path, progress: Progress) -> Data:
    """Hold out, train the tokenizer and tokenise into `folder`, unless that is done already.

    The documents are read three or four times and never held: memory grows by some 100 bytes each.

    Raises:
        BadInputError: The tokenizer's file is none, or its vocabulary does not fit, or there are no documents.
    """
    names = {"vocabulary", "tokenizer_bytes", "validation_share", "validation_documents", "near_copies"}
    settings = config.model_dump(include=names | {"stored_as", "end_token"})
    if config.tokenizer is not None:
        settings["tokenizer"] = tokenizer_hash(Path(config.tokenizer))
    key = fingerprint({"format": _FORMAT, "manifest": sealed.fingerprint, **settings})
    facts = folder / "data.json"
    if not (facts.exists() and read_json(facts)["key"] == key):
        with folder_aside(folder) as aside:
            build(sealed, config, aside, key, progress)
    return open_data(folder)


def open_data(folder: Path) -> Data:
    """Open what has been prepared before."""
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
    counted = {domain: both["validation"] for domain, both in facts["domains"].items()}
    return Data(
        train=parts["train"],
        validation=parts["validation"],
        vocabulary=vocabulary_size(tokenizer),
        token_bytes=token_bytes(tokenizer),
        validation_fingerprint=facts["validation_fingerprint"],
        tokenizer=folder / "tokenizer.json",
        end_id=id_of(tokenizer, facts["end"]),
        end_token=facts["end"],
        byte_scale={d: c["bytes"] / c["counted_bytes"] for d, c in counted.items() if c["counted_bytes"]},
        near_copies={domain: both["near_copies"] for domain, both in facts["domains"].items()},
    )
