"""Licences: field, card and text together give every document a licence, a tier and the evidence."""

import pytest

from core import licences as licensing
from core.errors import BadInputError, NotFoundError
from core.types import Document
from core.workspace import Workspace

GPL = "# Licensed under the Apache License, Version 2.0\n# SPDX-License-Identifier: GPL-2.0-only\ncode()"
DOCUMENTS = [
    ("field", "A plain text.", "web", {"license": "cc-by-4.0"}, 10),
    ("spdx", GPL, "code", {"license": None}, 20),
    ("both", GPL, "code", {"license": "MIT"}, 30),
    ("card", "A plain text.", "books", {}, 5),
    ("phrase", "Released under the MIT licence.", "books", {"license": "ask us"}, 5),
    ("address", "A plain text.", "web", {"url": "https://www.nasa.gov/a"}, 15),
    ("none", "A plain text.", "web", {"url": "http://[bad", "license": "ask us"}, 15),
]


def written(folder, documents=DOCUMENTS):
    """Return a workspace that holds them as the corpus `c`."""
    home = Workspace(folder)
    made = [(Document(i, text, source, fields), tokens) for i, text, source, fields, tokens in documents]
    home.write_corpus("c", made, tokenizer="words")
    return home


def hung(home):
    """Return the four columns, a tuple a document."""
    found = home.read(home.corpus("c"), list(licensing.NAMES)).to_pydict()
    return list(zip(*found.values(), strict=True))


def test_each_document_has_licence_tier_and_evidence(tmp_path):
    """The field before the text's SPDX line, that before the card, that before a sentence."""
    home = written(tmp_path)
    licensing.licences(home, "c", by_source={"books": "public domain"})

    assert [
        ("CC-BY-4.0", "1 open", "field", None),
        ("GPL-2.0-only", "copyleft", "spdx", None),
        ("MIT", "1 open", "field", "spdx: GPL-2.0-only"),
        ("public domain", "1 open", "card", None),
        ("public domain", "1 open", "card", None),
        (None, "3 government", "address", None),
        (None, "unknown", "none", None),
    ] == hung(home)


def test_without_field_or_card_the_text_speaks(tmp_path):
    """Text alone suffices; a corpus without such a field has none."""
    home = written(tmp_path, [(i, text, source, {}, n) for i, text, source, _, n in DOCUMENTS])
    result = licensing.licences(home, "c")

    assert result["field"] is None
    assert ["none", "spdx", "spdx", "none", "phrase", "none", "none"] == [row[2] for row in hung(home)]


def test_shares_are_by_tokens(tmp_path):
    """By tier, by evidence and by domain, with conflicts and what the field says in vain."""
    home = written(tmp_path)
    result = licensing.licences(home, "c", "license", {"books": "2b", "nowhere": "MIT"})

    assert {"documents": 2, "tokens": 40, "share": 0.4} == result["by_tier"]["1 open"]
    assert {"documents": 2, "tokens": 10, "share": 0.1} == result["by_tier"]["2b opaque"]
    assert {"documents": 1, "tokens": 20, "share": 0.4} == result["by_domain"]["code"]["copyleft"]
    assert {"documents": 2, "tokens": 40, "share": 0.4} == result["by_evidence"]["field"]
    assert 30 == result["licences"]["MIT"]["tokens"]
    assert {"field: MIT, but spdx: GPL-2.0-only": 1} == result["conflicts"]
    assert 1 == result["conflicting"]
    assert {"ask us": 2} == result["unrecognised"]
    assert ["nowhere"] == result["unused_cards"]
    assert result == home.report(home.corpus("c"), "licences")


def test_a_card_tells_how_its_source_came_about(tmp_path):
    """A card's 2a holds for open documents of its source, not for others; both parts may be given."""
    home = written(tmp_path)
    cards = {"code": {"licence": "ODC-By-1.0", "tier": "2a"}, "web": {"tier": "denied"}}
    licensing.licences(home, "c", by_source=cards)
    rows = hung(home)

    assert ("GPL-2.0-only", "copyleft", "spdx", "card: ODC-By-1.0") == rows[1]
    assert ("MIT", "2a partial", "field", "spdx: GPL-2.0-only") == rows[2]
    assert ("CC-BY-4.0", "1 open", "field", "card: denied") == rows[0]
    assert (None, "denied", "card", "address: 3 government") == rows[5]


def test_cards_and_field_sign_the_column(tmp_path):
    """Another card is another column; the same again costs nothing."""
    home = written(tmp_path)
    marks = []
    for cards in ({"books": "MIT"}, {"books": "mit"}, {"books": "GPL-3.0-only"}):
        licensing.licences(home, "c", by_source=cards)
        marks.append(home.columns(home.corpus("c"))[-1].fingerprint)

    assert marks[0] == marks[1] != marks[2]


def test_workers_do_not_matter(tmp_path, monkeypatch):
    """One process or two: the same bytes."""
    monkeypatch.setattr(licensing, "SHARD_ROWS", 2)
    one, two = written(tmp_path / "one"), written(tmp_path / "two")
    results = [licensing.licences(home, "c", workers=n) for n, home in enumerate((one, two), start=1)]
    folders = [home.generation(home.corpus("c")) / "columns" for home in (one, two)]
    parts = [{p.name: p.read_bytes() for p in folder.glob("*/part-*.parquet")} for folder in folders]

    assert results[0] == results[1]
    assert 4 == len(parts[0])
    assert parts[0] == parts[1]


@pytest.mark.parametrize(
    ("cards", "rule"),
    [
        ({"web": "ask us"}, "no known licence"),
        ({"web": None}, "no known licence"),
        ({"web": {"tier": "5"}}, "no such tier"),
        ({"web": {"licence": "MIT", "note": "x"}}, "a card has a licence, a tier, or both"),
        ({"web": {}}, "a card has a licence, a tier, or both"),
        ({"web": ["MIT"]}, "no known licence"),
    ],
)
def test_a_card_that_says_nothing_is_named(tmp_path, cards, rule):
    """Every source's card names a licence or a tier."""
    with pytest.raises(BadInputError, match=rule):
        licensing.licences(written(tmp_path), "c", by_source=cards)


def test_fields_are_checked(tmp_path):
    """A field that is not there; a field whose name the columns need; one that was renamed for it."""
    home = written(tmp_path / "a")
    with pytest.raises(NotFoundError, match="the documents have no such field; their fields: license, url"):
        licensing.licences(home, "c", "licence")
    taken = written(tmp_path / "b", [("a", "text", "web", {"licence": "MIT"}, 1)])
    with pytest.raises(BadInputError, match="a field of that name; ingest them again: it becomes licence_"):
        licensing.licences(taken, "c")
    renamed = written(tmp_path / "c", [("a", "text", "web", {"licence_": "MIT"}, 1)])

    assert "licence_" == licensing.licences(renamed, "c", "licence")["field"]
    assert "licence_" == licensing.licences(renamed, "c")["field"]


@pytest.mark.parametrize(("text", "rule"), [("- MIT", "holds no map"), ("{", "not YAML"), ("\0", "not YAML")])
def test_a_file_of_cards_is_a_map(tmp_path, text, rule):
    """Anything else is named with the remedy."""
    path = tmp_path / "cards.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=rule):
        licensing.read_cards(path)
    with pytest.raises(NotFoundError, match="cannot be read"):
        licensing.read_cards(tmp_path / "none.yaml")
