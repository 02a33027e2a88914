"""The card tells people what an export holds, and lets no name that came with the data act as markup."""

import json
from collections import Counter

import numpy as np
import pytest

from core.card import card
from core.contents import contents
from core.export import export
from core.types import Document
from core.workspace import Workspace
from tests.core.small_corpus import mixture, sized, write

MARKUP = "<b>|`x`|\n# [a](javascript:b) \x1b[31m \u202e*_![]"


@pytest.fixture
def exported(tmp_path):
    """Return a function that exports a mixture of 100 and 300 tokens and gives the card's lines."""

    def run(**keys):
        home = sized(tmp_path / "ws", {"a": [10] * 10, "b": [10] * 30})
        export(home, mixture(**keys), "jsonl", tmp_path / "out")
        return (tmp_path / "out" / "README.md").read_text(encoding="utf-8").splitlines()

    return run


def test_the_card_holds_numbers_of_the_plan(exported):
    """Domains, what was left out, warnings and files."""
    lines = exported(
        weights={"a": 0.5, "b": 0.5},
        budget={"tokens": 400},
        filters=[{"name": "early | late", "keep": "place < 9 OR source = 'b'"}],
        rationale="Half and half.",
    )

    assert "# m" in lines
    assert "Half and half." in lines
    assert "| `a` | 0.5000 | 9 | 200 | 2.22 |" in lines
    assert "| `b` | 0.5000 | 20 | 200 | 0.667 |" in lines
    assert [
        "| `corpus` | 40 | 400 |",
        "| `early \\| late` | 39 | 390 |",
        "| `budget` | 29 | 290 |",
    ] == [line for line in lines if line.startswith(("| `corpus", "| `early", "| `budget"))]
    assert "- `early | late` keeps `place < 9 OR source = 'b'`" in lines
    assert any(line.startswith("- 'a' repeats: 2.22 epochs") for line in lines)
    assert any(line.startswith("| `data/a.jsonl` | 9 | 90 | `") for line in lines)


def test_nothing_to_say_is_said(exported):
    """No filter and no warning are words, not empty sections."""
    lines = exported()

    assert "No filter." in lines
    assert "None." in lines
    assert "A mixture for language-model training." in lines


def test_names_never_become_markup(tmp_path):
    """They stand as code; breaks, pipes and back-ticks cannot end it; nothing acts on a terminal."""
    home = write(tmp_path / "ws", [(Document("d", "text", MARKUP), 1)], tokenizer=MARKUP)
    asked = mixture(rationale=MARKUP, filters=[{"name": MARKUP, "keep": f"'{MARKUP}' <> source || 'x'"}])
    export(home, asked, "jsonl", tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")

    assert "`<b>\\|'x'\\| # [a](javascript:b) \ufffd[31m \ufffd*_![]`" in text
    assert "\\<b\\>\\|\\`x\\`\\| \\# \\[a\\](javascript:b) \ufffd\\[31m \ufffd\\*\\_\\!\\[\\]" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_hugging_face_datasets_reads_the_folder(tmp_path):
    """The card's head leads it to the data files, in either format."""
    import datasets

    home = sized(tmp_path / "ws", {"a": [1] * 3, "b/c": [1] * 4})
    for kind in ("jsonl", "parquet"):
        export(home, mixture(), kind, tmp_path / kind)
        found = datasets.load_dataset(str(tmp_path / kind), cache_dir=str(tmp_path / "cache"), split="train")

        assert ["a"] * 3 + ["b/c"] * 4 == list(found["domain"])


def test_the_card_is_a_function_of_the_plan(tmp_path):
    """The same again, to the letter."""
    from core.mix import resolve

    home = sized(tmp_path / "ws", {"a": [1] * 3})
    manifest = export(home, mixture(), "jsonl", tmp_path / "out")
    plan, corpus = resolve(home, mixture()), home.corpus("c")
    again = card(plan, manifest, corpus, contents(home, corpus, plan))

    assert again == (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_the_card_tells_signals_licences_and_gaps(tmp_path):
    """Of the documents written: quantiles, counts by value, and what is not known."""
    home = sized(tmp_path / "ws", {"a": [10] * 10, "b": [10] * 30})
    corpus = home.corpus("c")
    scores = home.column(corpus, "test", 1, {}, ("toxicity",), "toxicity")
    home.write_whole_column(corpus, scores, {"toxicity": np.array([0.1] * 20 + [np.nan] * 20)})
    licences = home.column(corpus, "test", 1, {}, ("licence",), "risk")
    home.write_whole_column(corpus, licences, {"licence": np.array(["MIT"] * 30 + [None] * 10, dtype=object)})
    export(home, mixture(), "jsonl", tmp_path / "out")
    lines = (tmp_path / "out" / "README.md").read_text(encoding="utf-8").splitlines()

    assert "| `toxicity` | 0.1 | 0.1 | 0.1 | 20 |" in lines
    assert {"| `MIT` | 30 |", "| `unknown` | 10 |", "| `b` | 30 | 300 |"} <= set(lines)
    assert "- The licence of 10 of 40 documents is unknown." in lines
    assert "- `toxicity` is unknown for 20 of 40 documents." in lines
    assert "- Toxicity was not measured." not in lines
    assert "- Language was not measured." in lines


def test_licences_that_documents_name_themselves(tmp_path):
    """A field of theirs stands in the card, with who says so, and in the catalogue's file."""
    home = Workspace(tmp_path / "ws")
    said = [{"license": name} for name in ("MIT", "MIT", "")]
    home.write_corpus("c", [(Document(f"d{i}", f"text {i}", "a", one), 2) for i, one in enumerate(said)])
    export(home, mixture(), "jsonl", tmp_path / "out")
    lines = (tmp_path / "out" / "README.md").read_text(encoding="utf-8").splitlines()

    assert {"| `MIT` | 2 |", "| `unknown` | 1 |", "- The licence of 1 of 3 documents is unknown."} <= set(
        lines
    )
    assert any(line.startswith("As the documents' own field `license` says") for line in lines)
    assert ["MIT"] == json.loads((tmp_path / "out" / "croissant.json").read_text(encoding="utf-8"))["license"]


def test_one_domain_by_its_name(tmp_path):
    """The card's head names each domain a configuration; one called default gets another name."""
    import datasets

    home = sized(tmp_path / "ws", {"a": [1] * 3, "default": [1] * 4})
    export(home, mixture(), "huggingface", tmp_path / "out")
    for name, expected in (
        ("a", {"a": 3}),
        ("domain-default", {"default": 4}),
        ("default", {"a": 3, "default": 4}),
    ):
        found = datasets.load_dataset(
            str(tmp_path / "out"), name, cache_dir=str(tmp_path / "cache"), split="train"
        )

        assert expected == dict(Counter(found["domain"]))
