"""Search answers with documents a person can read."""

import pytest

from core.embed import embed
from core.errors import BadInputError, NotFoundError
from core.search import neighbours, search, snippet
from core.types import Document
from core.workspace import Workspace
from tests.core.tiny_model import make_tiny_model

TEXTS = {
    "m": "the captain of the whale ship and the harpoon",
    "b": "a bank of money loan interest tax",
    "c": "python code function loop array",
    "w": "whale\n\twhale\x07 sea",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    workspace = Workspace(folder / "ws")
    for name in ("small", "bare"):
        documents = ((Document(id_, text, f"from-{id_}"), 1) for id_, text in TEXTS.items())
        workspace.write_corpus(name, documents, rejected=[], tokenizer="words", origin=None)
    embed(workspace, "small", settings={"model": str(make_tiny_model(folder / "model"))})
    return workspace


@pytest.mark.parametrize("ranker", ["keyword", "exact", "nearest", "hybrid"])
def test_every_ranker_finds_the_document(workspace, ranker):
    """Its id, row, source and an excerpt on one line come back."""
    first = search(workspace, "small", "whale", ranker, 2)[0]

    assert {key: value for key, value in first.items() if key != "score"} == {
        "id": "w",
        "row": 3,
        "source": "from-w",
        "snippet": "whale whale sea",
    }
    assert first["score"] > 0


@pytest.mark.parametrize("query", ["", "  \n"])
def test_empty_query_is_refused(workspace, query):
    """Nothing to look for is bad input, said in one line."""
    with pytest.raises(BadInputError, match="at least one word; say what to look for"):
        search(workspace, "small", query)


def test_bounds_of_k_and_row_are_named(workspace):
    """A number outside its range is refused with the range."""
    with pytest.raises(BadInputError, match="k is from 1"):
        search(workspace, "small", "whale", k=0)
    with pytest.raises(BadInputError, match="rows 0 to 3"):
        neighbours(workspace, "small", 4)


def test_meaning_needs_an_embedding_words_do_not(workspace):
    """Without vectors the hybrid says what to run, and keyword answers."""
    with pytest.raises(NotFoundError, match="embed bare"):
        search(workspace, "bare", "whale")

    assert [hit["id"] for hit in search(workspace, "bare", "whale", "keyword")] == ["w", "m"]


def test_settings_reach_the_ranker(workspace):
    """A person may ask for case to count."""
    assert search(workspace, "small", "Whale", "exact", settings={"ignore_case": False}) == []


def test_replaced_corpus_is_searched_anew(tmp_path):
    """What was kept of the old documents answers no more."""
    workspace = Workspace(tmp_path)
    for text in ("old", "new"):
        document = [(Document("d", text, "web"), 1)]
        workspace.write_corpus("c", document, rejected=[], tokenizer="", origin=None)
        assert len(search(workspace, "c", text, "keyword")) == 1

    assert search(workspace, "c", "old", "keyword") == []


def test_neighbours_leave_out_the_document_itself(workspace):
    """The others come by falling cosine."""
    hits = neighbours(workspace, "small", 3, k=10)

    assert {0, 1, 2} == {hit["row"] for hit in hits}
    assert sorted((hit["score"] for hit in hits), reverse=True) == [hit["score"] for hit in hits]


def test_snippet_is_centred_on_the_first_match():
    """Words before and after the match are shown, cut ends marked."""
    text = "x " * 500 + "the white  whale\nswam" + " y" * 500
    found = snippet(text, ["white whale", "whale"], width=40)

    assert found.startswith("…x")
    assert found.endswith("y…")
    assert "the white whale swam" in found


def test_snippet_prefers_whole_words_and_falls_back_to_the_beginning():
    """'art' is found as a word before it is found in 'start'; no match shows the beginning."""
    assert "art gallery" in snippet("start " * 50 + "art gallery" + " end" * 50, ["art"], width=30)
    assert snippet("no match", ["(zzz"]) == "no match"
