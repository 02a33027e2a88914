"""What a target's file gives a selector: vectors, weights, matches; and what stays whole."""

import numpy as np
import pytest

from core.bricks import make
from core.embed import embed
from core.errors import BadInputError, NotFoundError
from core.mix import make_pool
from core.needs import entries_of, matching, resolve, target_of, within
from core.pool import selector_columns
from core.selectors import SELECTORS
from core.signals.importance import Importance
from core.types import Document
from tests.core.small_corpus import mixture, write
from tests.core.tiny_model import make_tiny_model

TEXTS = ["the whale and the ship", "Bank of Money", "python code; the loop", "", "the ship in the sea"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(make_tiny_model(tmp_path_factory.mktemp("model")))


@pytest.fixture
def home(tmp_path):
    return write(tmp_path / "ws", [(Document(f"d{i}", text, "s"), 10) for i, text in enumerate(TEXTS)])


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "target.txt"
    path.write_text("the ship\nThe Bank\nmoney\n\nship in\n", encoding="utf-8")
    return str(path)


def test_a_part_of_the_corpus_keeps_the_whole_target():
    """Rows are by document; a target's texts and vectors are not."""
    columns = {"tokens": np.arange(5), "target_vectors": np.eye(3), "target_texts": np.array(["a", "b"])}
    part = within(columns, np.array([3, 1]))

    assert [3, 1] == part["tokens"].tolist()
    assert ((3, 3), 2) == (part["target_vectors"].shape, len(part["target_texts"]))


def test_a_target_is_embedded_as_the_corpus_is(home, model, tmp_path):
    """A document's own text has the document's own vector, though the embedder has settings."""
    embed(home, "c", settings={"model": model, "dimensions": 16})
    path = tmp_path / "own.txt"
    path.write_text("\n".join(TEXTS[:3]), encoding="utf-8")
    columns = selector_columns(home, home.corpus("c"), make(SELECTORS, "betr", {"target": str(path)}))

    np.testing.assert_allclose(columns["vectors"][:3], columns["target_vectors"], atol=1e-6)
    assert (5, 16) == columns["vectors"].shape


def test_a_skill_graph_embeds_its_skills(home, model, tmp_path):
    """One vector a skill, in the order in which the selector names them."""
    embed(home, "c", settings={"model": model, "dimensions": 16})
    path = tmp_path / "skills.txt"
    path.write_text("ship; whale\nbank\n", encoding="utf-8")
    found = resolve(home, home.corpus("c"), make(SELECTORS, "mass", {"target": str(path)}))

    assert 3 == len(found["target_vectors"])


def test_another_model_under_the_name_is_refused(home, target, model):
    """Vectors of two models do not compare."""
    corpus = home.corpus("c")
    settings = {"dimensions": 16, "max_tokens": 512, "model": model}
    column = home.column(corpus, "static", 1, settings, ("embedding",), "vectors", ("another",))
    home.write_whole_column(corpus, column, {"embedding": np.ones((5, 16), np.float32)})

    with pytest.raises(
        BadInputError, match="is no longer the model that embedded 'c'; run `python -m core embed"
    ):
        resolve(home, corpus, make(SELECTORS, "got_d", {"target": target}))


def test_without_an_embedding(home, target):
    """The error says what to run."""
    with pytest.raises(NotFoundError, match="run `python -m core embed c` first"):
        resolve(home, home.corpus("c"), make(SELECTORS, "betr", {"target": target}))


def test_weights_are_those_of_the_signal(home, target, tmp_path):
    """The corpus itself, as a file, is what the signal would call raw; a text without words has none."""
    raw = tmp_path / "raw.txt"
    raw.write_text("\n".join(TEXTS), encoding="utf-8")
    expected = Importance(target=target, raw=str(raw), min_words=1).score(TEXTS)["importance"]
    selector = make(SELECTORS, "dsir", {"target": target})
    found = resolve(home, home.corpus("c"), selector)["target_importance"]

    np.testing.assert_allclose(expected, found)
    assert np.isnan(found[3])


def test_texts_are_read_once(home, target, monkeypatch):
    """The second time the weights lie beside the documents, signed by what the file holds."""
    corpus, selector = home.corpus("c"), make(SELECTORS, "dsir", {"target": target})
    first = resolve(home, corpus, selector)["target_importance"]
    monkeypatch.setattr("core.needs._weighed", None)
    again = resolve(home, corpus, selector)["target_importance"]
    (column,) = home.columns(corpus)

    np.testing.assert_array_equal(first, again)
    assert ("target_importance", (target_of(selector),)) == (column.maker, column.inputs)


def test_matches_are_of_whole_words(home, target):
    """Whatever the case, and next to one another."""
    found = resolve(home, home.corpus("c"), make(SELECTORS, "metaclip", {"target": target}))

    assert [[0], [2], [], [], [0, 3]] == [one.tolist() for one in found["target_matches"]]


def test_entries_of_one_beginning():
    """The longer and the shorter both match; of two alike the first counts."""
    entries = entries_of(["new york", "New", "new york city", "york", "NEW YORK", " "])

    assert [0, 1, 2, 3] == matching(["in", "new", "york", "city"], entries)
    assert [3] == matching(["york", "new"][:1], entries)
    assert [] == matching(["newyork"], entries)


@pytest.mark.parametrize("method", ["metaclip", "dsir"])
def test_a_target_without_words(home, tmp_path, method):
    """It is named."""
    path = tmp_path / "empty.txt"
    path.write_text("\n \n", encoding="utf-8")

    with pytest.raises(BadInputError, match="holds no word"):
        resolve(home, home.corpus("c"), make(SELECTORS, method, {"target": str(path)}))


def test_a_mixture_selects_by_a_target(home, target):
    """Each domain by itself, with the file's path as a setting."""
    selection = {"method": "metaclip", "target": target, "share": 0.4}
    pool = make_pool(home, mixture(selection=selection))

    assert {"s": 20} == pool.available
    assert "selection (metaclip)" == pool.waterfall[-1].name
    assert set(pool.rows["s"].tolist()) < {0, 1, 4}


def test_a_mixture_selects_by_lists_and_whole_targets(home, model, tmp_path):
    """A domain's part of the vectors beside the whole of the target's."""
    embed(home, "c", settings={"model": model, "dimensions": 16})
    path = tmp_path / "wanted.txt"
    path.write_text(TEXTS[1], encoding="utf-8")
    pool = make_pool(home, mixture(selection={"method": "got_d", "target": str(path), "share": 0.2}))

    assert [1] == pool.rows["s"].tolist()
