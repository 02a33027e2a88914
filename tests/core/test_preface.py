"""A preface before the texts: counted, written, signed; without one nothing changes."""

import hashlib
import json

import pytest

from core.errors import BadInputError, NotFoundError
from core.export import export
from core.mix import preview, resolve
from core.preface import sizes
from core.tokenize import TokenCounter
from core.types import Document, Mixture
from core.workspace import Workspace

TEXTS = ["one two three", "four five", "six"]
NOTES = ["read with care:", None, ""]


@pytest.fixture
def home(tmp_path):
    """Three documents, the first with a note."""
    home = Workspace(tmp_path / "ws")
    documents = [
        (Document(str(i), text, "web", {"note": note, "stars": i}), TokenCounter().count([text])[0])
        for i, (text, note) in enumerate(zip(TEXTS, NOTES, strict=True))
    ]
    home.write_corpus("c", documents, tokenizer="words")
    return home


def written(home, folder, **mixture):
    """Export as JSON Lines; returns the manifest and the rows by id."""
    manifest = export(home, Mixture(name="m", corpus="c", **mixture), "jsonl", folder)
    lines = [line for file in manifest.files for line in (folder / file.path).read_text().splitlines()]
    return manifest, {row["id"]: row for row in map(json.loads, lines)}


def test_it_stands_before_the_text_and_counts(home, tmp_path):
    """What is written is as long as the plan says; a document without a note stays as it is."""
    manifest, found = written(home, tmp_path / "out", preface="note")
    full = "read with care:\n\none two three"

    assert [full, *TEXTS[1:]] == [found[i]["text"] for i in "012"]
    assert TokenCounter().count([full, *TEXTS[1:]]) == [found[i]["tokens"] for i in "012"]
    assert sum(row["tokens"] for row in found.values()) == manifest.budget
    assert "`note`" in (tmp_path / "out" / "README.md").read_text()


def test_it_signs_the_content(home, tmp_path):
    """A preface makes another content; none leaves the mixture as it was."""
    plain, _ = written(home, tmp_path / "plain")
    noted, _ = written(home, tmp_path / "noted", preface="note")

    assert plain.domains["web"].content != noted.domains["web"].content
    assert "preface" not in plain.mixture


def test_a_fixed_column_may_serve(home, tmp_path):
    """The source as metadata before the text; the row keeps its source."""
    _, found = written(home, tmp_path / "out", preface="source")

    assert ["web\n\none two three", "web"] == [found["0"]["text"], found["0"]["source"]]


def test_what_is_seen_first_shows_it(home):
    """The preview is what the trainer reads."""
    plan = resolve(home, Mixture(name="m", corpus="c", preface="note"))
    texts = {one["id"]: (one["text"], one["tokens"]) for one in preview(home, plan, 3)}

    assert ("read with care:\n\none two three", 7) == texts["0"]


def test_sizes_add_up(home):
    """A document's tokens and its note's."""
    corpus = home.corpus("c")

    assert [7, 2, 1] == sizes(home, corpus, Mixture(name="m", corpus="c", preface="note")).tolist()
    assert [3, 2, 1] == sizes(home, corpus, Mixture(name="m", corpus="c")).tolist()


def test_only_text_that_is_there(home):
    """Another name and a column of numbers are refused with a remedy."""
    with pytest.raises(NotFoundError, match="no such column"):
        resolve(home, Mixture(name="m", corpus="c", preface="notes"))
    with pytest.raises(BadInputError, match="a preface is a column of text"):
        resolve(home, Mixture(name="m", corpus="c", preface="stars"))


def test_the_signature_is_of_what_stands_there(home, tmp_path):
    """A content is a SHA-256 over ids and hashes of the texts as written."""
    manifest, found = written(home, tmp_path / "out", preface="note")
    lines = [json.dumps([i, hashlib.sha256(row["text"].encode()).hexdigest()]) for i, row in found.items()]

    assert manifest.domains["web"].content == hashlib.sha256(("\n".join(lines) + "\n").encode()).hexdigest()
