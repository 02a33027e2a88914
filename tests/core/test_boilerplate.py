"""Boilerplate is what many documents of one source say in the same line."""

import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import boilerplate as stage
from core.errors import BadInputError
from core.repeated import tallies
from core.types import Document
from core.workspace import Workspace


def common(texts, sources, at_least):
    """Count in shards of two documents."""
    shards = [stage.document_hashes(texts[i : i + 2], sources[i : i + 2]) for i in range(0, len(texts), 2)]
    with tempfile.TemporaryDirectory() as folder:
        return stage.common_lines(shards, at_least, Path(folder))


def oracle(texts, sources, at_least):
    """The definition, word for word."""
    held = [{" ".join(line.lower().split()) for line in text.split("\n")} - {""} for text in texts]
    found = []
    for text, source in zip(texts, sources, strict=True):
        lines = [line for raw in text.split("\n") if (line := " ".join(raw.lower().split()))]
        hit = [
            sum(line in other for other, s in zip(held, sources, strict=True) if s == source) >= at_least
            for line in lines
        ]
        characters = sum(map(len, lines))
        shared = sum(len(line) for line, is_common in zip(lines, hit, strict=True) if is_common)
        found.append((shared / characters if characters else math.nan, sum(hit)))
    return found


def test_share_is_of_characters():
    """A line that two documents of the source hold counts whole, however it is spaced or cased."""
    texts = ["Home  | About\nabcdefg", "home | about\n\nother", "lone"]
    found = stage.shares(texts, ["s"] * 3, common(texts, ["s"] * 3, 2))

    assert [12 / 19, 12 / 17, 0.0] == found["boilerplate_share"].tolist()
    assert [1, 1, 0] == found["boilerplate_lines"].tolist()


def test_a_document_counts_once():
    """A line that one document repeats is not boilerplate; where it is, each copy counts."""
    texts = ["twice\ntwice", "once", "twice"]

    assert [0, 0, 0] == stage.shares(texts, "sss", common(texts, "sss", 3))["boilerplate_lines"].tolist()
    assert [2, 0, 1] == stage.shares(texts, "sss", common(texts, "sss", 2))["boilerplate_lines"].tolist()


def test_sources_do_not_mix():
    """The same line in another source is another line."""
    texts = ["menu", "menu", "menu"]

    assert [1, 1, 0] == stage.shares(texts, "aab", common(texts, "aab", 2))["boilerplate_lines"].tolist()


@given(
    st.lists(
        st.tuples(st.text("ab \n\t\x00É\ud800", max_size=12), st.sampled_from(["s", "t"])),
        min_size=1,
        max_size=12,
    ),
    st.integers(2, 4),
)
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_definition(documents, at_least):
    """Hashing, sorting and counting by range give what a plain search gives."""
    texts, sources = [text for text, _ in documents], [source for _, source in documents]
    found = stage.shares(texts, sources, common(texts, sources, at_least))
    values = list(zip(found["boilerplate_share"].tolist(), found["boilerplate_lines"].tolist(), strict=True))

    assert str(oracle(texts, sources, at_least)) == str(values)


def test_ranges_do_not_matter(monkeypatch):
    """However few hashes are counted at once, the same lines are common."""
    texts = [f"seven {i % 7}\nfive {i % 5}\nown {i}" for i in range(60)]
    whole = common(texts, ["s"] * 60, 9)
    monkeypatch.setattr(tallies, "AT_ONCE", 11)

    assert 4 + 5 == len(whole)
    assert whole.tolist() == common(texts, ["s"] * 60, 9).tolist()


def test_no_line_at_all(tmp_path):
    """Nothing in, nothing out; a blank document has no share."""
    assert [] == stage.common_lines([], 2, tmp_path).tolist()

    found = stage.shares(["", " \n\t\n"], "ss", np.zeros(0, np.uint64))

    assert np.isnan(found["boilerplate_share"]).all()
    assert [0, 0] == found["boilerplate_lines"].tolist()


def test_a_million_lines():
    """One document of a million lines is one document."""
    text = "\n".join(map(str, range(1_000_000)))
    found = stage.shares([text, "7"], "ss", common([text, "7"], "ss", 2))

    assert [1, 1] == found["boilerplate_lines"].tolist()


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    pages = [(Document(f"w{i}", f"MENU\nSign up\npage {i} says", "web"), 5) for i in range(12)]
    books = [(Document(f"b{i}", f"menu\nchapter {i}", "books"), 3) for i in range(3)]
    home.write_corpus("c", [*pages, *books], tokenizer="words")
    return home


def test_columns_hang_beside_the_documents(workspace):
    """The stage says what it found by domain, and a second call finds it there."""
    result = stage.boilerplate(workspace, "c")

    assert 2 == result["common_lines"]
    assert 12 == result["documents"]
    assert 0.0 == result["share_by_domain"]["books"]
    assert 0.5 == pytest.approx(result["share_by_domain"]["web"], abs=0.05)
    assert result == stage.boilerplate(workspace, "c")


def test_workers_do_not_matter(workspace, tmp_path, monkeypatch):
    """One process and two give the same columns."""
    read = lambda home: home.read(home.corpus("c"), list(stage.NAMES)).to_pylist()  # noqa: E731 short
    stage.boilerplate(workspace, "c", at_least=3, workers=1)
    alone = read(workspace)
    other = Workspace(tmp_path / "other")
    documents = workspace.read(workspace.corpus("c"), ["id", "text", "source"]).to_pylist()
    other.write_corpus("c", [(Document(**row), 1) for row in documents], tokenizer="words")
    monkeypatch.setattr(stage, "SHARD_ROWS", 4)
    stage.boilerplate(other, "c", at_least=3, workers=2)

    assert alone == read(other)
    assert {2, 1} == {row["boilerplate_lines"] for row in alone}


def test_one_document_shares_nothing(workspace):
    """A threshold of one would call every line boilerplate."""
    with pytest.raises(BadInputError, match="must be 2 or more"):
        stage.boilerplate(workspace, "c", at_least=1)
