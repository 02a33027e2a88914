"""The embed stage hangs vectors beside documents, once for each text."""

import numpy as np
import pytest

from core.bricks import make
from core.embed import embed
from core.embedders import EMBEDDERS
from core.errors import NotFoundError
from core.types import Document
from core.workspace import Workspace
from tests.core.tiny_model import make_tiny_model

TEXTS = ["the whale", "a bank of money", "the whale", "python code", ""]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return {"model": str(make_tiny_model(tmp_path_factory.mktemp("model")))}


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    write(workspace, "small", TEXTS)
    return workspace


def write(workspace, name, texts):
    documents = ((Document(f"d{i}", text, "web"), 1) for i, text in enumerate(texts))
    return workspace.write_corpus(name, documents, rejected=[], tokenizer="words", origin=None)


def test_vectors_are_the_embedders(workspace, settings):
    """The column holds, row for row, what the brick gives."""
    column = embed(workspace, "small", settings=settings)
    expected = make(EMBEDDERS, "static", settings).embed(TEXTS)

    assert (column.kind, column.names) == ("vectors", ("embedding",))
    np.testing.assert_array_equal(expected, workspace.vectors(workspace.corpus("small")))


def test_no_text_is_embedded_twice(workspace, settings, monkeypatch):
    """A second corpus takes what it shares with the first from the cache."""
    seen = []
    plain = EMBEDDERS["static"].embed

    def counted(self, texts):
        seen.extend(texts)
        return plain(self, texts)

    monkeypatch.setattr(EMBEDDERS["static"], "embed", counted)
    embed(workspace, "small", settings=settings)
    write(workspace, "other", ["python code", "tax", "the whale"])
    embed(workspace, "other", settings=settings)
    vectors = workspace.vectors(workspace.corpus("other"))

    assert seen == ["the whale", "a bank of money", "python code", "", "tax"]
    np.testing.assert_array_equal(plain(make(EMBEDDERS, "static", settings), ["python code"])[0], vectors[0])


def test_another_embedder_becomes_the_current_one(workspace, settings):
    """The last one asked for is what the corpus shows; going back costs nothing."""
    corpus = workspace.corpus("small")
    first = embed(workspace, "small", settings={**settings, "dimensions": 8})
    embed(workspace, "small", "sentence_transformer", settings=settings)

    assert workspace.vectors(corpus).shape == (5, 32)
    assert first == embed(workspace, "small", settings={**settings, "dimensions": 8})
    assert workspace.vectors(corpus).shape == (5, 8)


def test_killed_work_goes_on_from_the_last_shard(workspace, settings, monkeypatch):
    """What was finished before an interruption is not made again."""
    monkeypatch.setattr("core.embed.SHARD_ROWS", 2)
    plain, seen = EMBEDDERS["static"].embed, []

    def failing(self, texts):
        if "python code" in texts and len(seen) < 3:
            raise KeyboardInterrupt
        seen.extend(texts)
        return plain(self, texts)

    monkeypatch.setattr(EMBEDDERS["static"], "embed", failing)
    with pytest.raises(KeyboardInterrupt):
        embed(workspace, "small", settings=settings)
    seen.append("resumed")
    embed(workspace, "small", settings=settings)

    assert seen == ["the whale", "a bank of money", "resumed", "python code", ""]


def test_progress_ends_with_all_documents(workspace, settings):
    """Who watches sees the count reach the total."""
    told = []
    embed(workspace, "small", settings=settings, progress=lambda *facts: told.append(facts[:2]))

    assert told[-1] == (5, 5)


def test_unknown_embedder_is_refused(workspace):
    """The error lists the embedders there are."""
    with pytest.raises(NotFoundError, match="did you mean 'static'"):
        embed(workspace, "small", "statik")
