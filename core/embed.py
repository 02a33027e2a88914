"""Hang a vector beside every document: shard by shard, and no text twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.bricks import make, settings_of
from core.embedders import EMBEDDERS, ModelEmbedder
from core.types import Column, Corpus, Progress, Scalar, silent
from core.workspace import Workspace

COLUMN = "embedding"
SHARD_ROWS = 1024  # what a kill can cost: about a second of static vectors, half a minute of MiniLM's


def embed(
    workspace: Workspace,
    name: str,
    embedder: str = "static",
    *,
    settings: Mapping[str, Scalar] | None = None,
    progress: Progress = silent,
) -> Column:
    """Embed a corpus and make these vectors the current ones; returns their column.

    Vectors that exist cost nothing, also those of another corpus's documents with the same text.
    Killed half-way, the next call goes on from the last finished shard.
    """
    corpus, brick = workspace.corpus(name), make(EMBEDDERS, embedder, settings)
    column = _column(workspace, corpus, brick)
    if not workspace.has_column(corpus, column):
        progress(0, corpus.documents, f"preparing {brick.name}")
        brick.prepare(workspace.models)
    key = f"{brick.name}-{disk.fingerprint([brick.version, dict(column.settings), column.inputs])[:16]}"
    return workspace.write_column(
        corpus,
        column,
        _Vectors(workspace, corpus, brick, key),
        reads=("text", "content_hash"),
        shard_rows=SHARD_ROWS,
        progress=progress,
    )


def _column(workspace: Workspace, corpus: Corpus, brick: ModelEmbedder) -> Column:
    return workspace.column(
        corpus, brick.name, brick.version, settings_of(brick), (COLUMN,), "vectors", (brick.signature(),)
    )


class _Vectors:
    """Produces one shard's vectors, from the cache where it has them."""

    def __init__(self, workspace: Workspace, corpus: Corpus, brick: ModelEmbedder, key: str) -> None:
        self.workspace, self.corpus, self.brick, self.key = workspace, corpus, brick, key
        self.known: dict[str, NDArray[np.float32]] | None = None

    def __call__(self, table: Any) -> dict[str, NDArray[np.float32]]:
        if self.known is None:  # once a corpus: the cache is read from its first byte to its last
            hashes = self.workspace.read(self.corpus, ["content_hash"])["content_hash"].to_pylist()
            self.known = self.workspace.cached_vectors(self.key, hashes)
        hashes = table["content_hash"].to_pylist()
        missing: dict[str, int] = {}  # first position of each text that nobody has embedded yet
        for position, content_hash in enumerate(hashes):
            if content_hash not in self.known:
                missing.setdefault(content_hash, position)
        fresh: dict[str, NDArray[np.float32]] = {}
        if missing:
            vectors = self.brick.embed(table["text"].take(list(missing.values())).to_pylist())
            self.workspace.cache_vectors(self.key, list(missing), vectors)
            fresh = dict(zip(missing, vectors, strict=True))
        return {COLUMN: np.stack([fresh[h] if h in fresh else self.known[h] for h in hashes])}
