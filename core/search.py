"""Find documents: by words, by the very phrase, by meaning, and those next to a document."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from core.bricks import make
from core.doors import Ranker
from core.embedders import EMBEDDERS
from core.errors import BadInputError
from core.rankers import RANKERS
from core.types import Column, Corpus, Scalar
from core.workspace import Workspace

MAX_HITS = 10_000
TEXT_SHARD_ROWS = 8192  # as documents lie in their files
SNIPPET_CHARACTERS = 240
SNIPPET_SEARCHED = 1_000_000


class Hit(TypedDict):
    """A document found: `row` is its position in the corpus, `snippet` plain text on one line."""

    id: str
    row: int
    score: float
    source: str
    snippet: str


def search(
    workspace: Workspace,
    name: str,
    query: str,
    ranker: str = "hybrid",
    k: int = 10,
    *,
    settings: Mapping[str, Scalar] | None = None,
) -> list[Hit]:
    """Return at most k documents, best first; scores compare within one ranker only.

    Indexes and vectors stay in the process: at 100,000 documents the first search by words builds an
    index, which is kept on disk, too; later ones answer in well under a second.
    """
    brick = make(RANKERS, ranker, settings)
    corpus = workspace.corpus(name)
    query = _clean(query)
    if not query.strip():
        raise BadInputError(repr(query), "a query holds at least one word", "say what to look for")
    _check_k(k)
    shelf = _Shelf(workspace, corpus)
    ranking = shelf.ranker(ranker) if not settings else brick.over(shelf)
    rows, scores = ranking.rank(query, k)
    wanted = [query] if ranker == "exact" else [query, *re.findall(r"\w+", query)]
    return _hits(workspace, corpus, rows, scores, wanted)


def neighbours(workspace: Workspace, name: str, row: int, k: int = 10) -> list[Hit]:
    """Return the k documents nearest to the one at `row`, by cosine; itself is left out."""
    corpus = workspace.corpus(name)
    _check_k(k)
    if not 0 <= row < corpus.documents:
        rule = f"'{name}' has rows 0 to {corpus.documents - 1}"
        raise BadInputError(f"row {row}", rule, "name one of these")
    import faiss

    vectors = _Shelf(workspace, corpus).vectors()
    num = min(k + 1, len(vectors))
    scores, rows = faiss.knn(vectors[row : row + 1], vectors, num, metric=faiss.METRIC_INNER_PRODUCT)
    others = rows[0] != row
    return _hits(workspace, corpus, rows[0][others][:k], scores[0][others][:k], [])


def _check_k(k: int) -> None:
    if not 1 <= k <= MAX_HITS:
        raise BadInputError(f"k = {k}", f"k is from 1 to {MAX_HITS}", "choose another k")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate can be in no document


def _hits(
    workspace: Workspace, corpus: Corpus, rows: NDArray[Any], scores: NDArray[Any], wanted: list[str]
) -> list[Hit]:
    table = workspace.read(corpus, ["id", "source", "text"], rows)
    return [
        Hit(
            id=document["id"],
            row=int(row),
            score=round(float(score), 6),
            source=document["source"],
            snippet=snippet(document["text"], wanted),
        )
        for document, row, score in zip(table.to_pylist(), rows, scores, strict=True)
    ]


def snippet(text: str, wanted: list[str], width: int = SNIPPET_CHARACTERS) -> str:
    """Return about `width` characters around the first of `wanted` that the text holds, or its beginning.

    White space and control characters become single spaces; cut ends are marked with "…". A word is
    looked for as a whole first, within the first million characters.
    """
    text = text[:SNIPPET_SEARCHED]
    found = next(filter(None, (_first(text, phrase) for phrase in wanted)), None)
    middle = (found.start() + found.end()) // 2 if found else 0
    start = max(0, min(middle - width // 2, len(text) - width))
    stop = min(len(text), start + width)
    inner = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text[start:stop]).strip()
    return ("…" if start else "") + inner + ("…" if stop < len(text) else "")


def _first(text: str, phrase: str) -> re.Match[str] | None:
    escaped = re.escape(phrase)
    whole = re.search(rf"(?<!\w){escaped}(?!\w)", text, re.IGNORECASE)
    return whole or re.search(escaped, text, re.IGNORECASE)


# --- what the rankers look at -----------------------------------------------------------------------


class _Shelf:
    """A corpus as rankers see it; equal for equal contents, so that the process keeps what it loaded."""

    def __init__(self, workspace: Workspace, corpus: Corpus) -> None:
        self.workspace, self.corpus = workspace, corpus
        columns = workspace.columns(corpus)
        self.embedding = next((column for column in columns if column.kind == "vectors"), None)
        signed = self.embedding.fingerprint if self.embedding else ""
        self.key = (str(workspace.folder), corpus.name, corpus.fingerprint, signed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shelf) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def indexes(self) -> Path:
        """The corpus generation's folder for indexes."""
        return self.workspace.generation(self.corpus) / "indexes"

    def texts(self) -> Iterator[Any]:
        """Yield the texts shard by shard."""
        for table in self.workspace.shards(self.corpus, ["text"], TEXT_SHARD_ROWS):
            yield from table["text"].chunks

    def vectors(self) -> NDArray[np.float32]:
        """Return the current embedding; the process keeps the last two."""
        return _vectors(self)

    def vector_of(self, query: str) -> NDArray[np.float32]:
        """Embed the query by the current embedding's maker."""
        column = self._embedding()
        embedder = make(EMBEDDERS, column.maker, column.settings)
        embedder.prepare(self.workspace.models)
        vector: NDArray[np.float32] = embedder.embed([query])[0]
        return vector

    def ranker(self, name: str) -> Ranker:
        """Return the ranker with default settings; the process keeps the last eight."""
        return _ranker(self, name)

    def _embedding(self) -> Column:
        if self.embedding is None:
            self.workspace.vectors(self.corpus)  # says what to do
        assert self.embedding is not None
        return self.embedding


@functools.lru_cache(maxsize=2)
def _vectors(shelf: _Shelf) -> NDArray[np.float32]:
    vectors = shelf.workspace.vectors(shelf.corpus)
    vectors.flags.writeable = False
    return vectors


@functools.lru_cache(maxsize=8)
def _ranker(shelf: _Shelf, name: str) -> Ranker:
    return RANKERS[name]().over(shelf)
