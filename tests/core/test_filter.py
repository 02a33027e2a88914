"""Filtering hangs a reason beside each document and counts what would be kept and dropped, by domain."""

from itertools import product

import pytest

from core import filter as filtering
from core.errors import BadInputError, NotFoundError
from core.types import Document
from core.workspace import Workspace

NONCE = [
    "".join(parts)
    for parts in product(["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu"], repeat=3)
]
GOOD = "\n".join(
    "The {} and {} of {} went to {} that had {} with {}.".format(*NONCE[6 * i : 6 * i + 6]) for i in range(20)
)


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [
        (Document("a", GOOD, "books"), 100),
        (Document("b", "too short", "books"), 2),
        (Document("c", "a longer line\n" * 200, "web"), 400),
        (Document("d", GOOD + "\nA last line that ends the page.", "web"), 107),
    ]
    home.write_corpus("c", documents, tokenizer="words")
    return home


def reasons(workspace, column, name="c"):
    """Return a column as a list."""
    return workspace.read(workspace.corpus(name), [column])[column].to_pylist()


def test_reason_stands_beside_each_document(workspace):
    """Null is kept; quality's rules come before repetition's."""
    result = filtering.filter_by(workspace, "c", "gopher")

    assert "gopher_reason" == result["column"]
    assert [None, "gopher_short_doc", "gopher_enough_stop_words", None] == reasons(workspace, "gopher_reason")


def test_counts_documents_and_tokens_by_domain(workspace):
    """What is kept and what is dropped make up the corpus, in each domain too."""
    result = filtering.filter_by(workspace, "c", "gopher")

    assert {"documents": 2, "tokens": 207} == result["kept"]
    assert {"documents": 2, "tokens": 402} == result["dropped"]
    assert {"documents": 1, "tokens": 2} == result["reasons"]["gopher_short_doc"]
    assert {
        "kept": {"documents": 1, "tokens": 107},
        "dropped": {"documents": 1, "tokens": 400},
        "reasons": {"gopher_enough_stop_words": {"documents": 1, "tokens": 400}},
    } == result["by_domain"]["web"]


def test_settings_open_and_change(workspace):
    """A preset shows its settings; a changed one signs another column."""
    assert 50 == filtering.settings_of("gopher")["min_doc_words"]
    changed = {"min_doc_words": "2", "min_stop_words": None, "max_non_alpha_words_ratio": 0}
    result = filtering.filter_by(workspace, "c", "gopher", changed)

    assert [None, "top_2_gram", "dup_line_frac", None] == reasons(workspace, "gopher_reason")
    assert 2 == result["dropped"]["documents"]


def test_a_recipe_hands_on_what_c4_left(workspace):
    """FineWeb's recipe takes its own settings, and the last rule set sees the cleaned text."""
    lines = [f"{line}\n\n\n\n\n\n" for line in GOOD.splitlines()]  # a list to FineWeb, unless they go
    workspace.write_corpus("lists", [(Document("x", "".join(lines), "web"), 1)], tokenizer="words")
    filtering.filter_by(workspace, "lists", "fineweb")
    filtering.filter_by(workspace, "lists", "fineweb_recipe")

    assert filtering.settings_of("fineweb_recipe")["filter_no_terminal_punct"] is False
    assert filtering.settings_of("c4")["filter_no_terminal_punct"] is True
    assert ["list_ratio"] == reasons(workspace, "fineweb_reason", "lists")
    assert [None] == reasons(workspace, "fineweb_recipe_reason", "lists")


def test_workers_do_not_change_reasons(tmp_path):
    """Shards over processes give what one process gives."""
    documents = [(Document(f"d{i}", GOOD[: i * 2], "web"), i) for i in range(1100)]
    found = []
    for workers in (1, 2):
        home = Workspace(tmp_path / str(workers))
        home.write_corpus("c", documents, tokenizer="words")
        result = filtering.filter_by(home, "c", "c4", workers=workers)
        found.append((result, reasons(home, "c4_reason")))

    assert found[0] == found[1]
    assert 1100 == found[0][0]["kept"]["documents"] + found[0][0]["dropped"]["documents"]


def test_a_second_time_costs_nothing(workspace, monkeypatch):
    """The column is found by its fingerprint; the counts are the same."""
    first = filtering.filter_by(workspace, "c", "fineweb")
    monkeypatch.setattr(filtering, "first_reasons", None)

    assert first == filtering.filter_by(workspace, "c", "fineweb")


def test_a_corpus_with_nothing_dropped_has_a_column_of_nulls(tmp_path):
    """The column is text even where every value is null, so a mixture can ask for it."""
    home = Workspace(tmp_path)
    home.write_corpus("c", [(Document("a", GOOD, "books"), 1)], tokenizer="words")
    filtering.filter_by(home, "c", "gopher_quality")

    assert [True] == home.keep_mask(home.corpus("c"), "gopher_quality_reason IS NULL").tolist()
    assert [False] == home.keep_mask(home.corpus("c"), "gopher_quality_reason = 'empty'").tolist()


@pytest.mark.parametrize(
    ("preset", "settings", "words"),
    [
        ("gofer", {}, "no such preset; choose one of: gopher_quality, gopher_repetition, c4, fineweb"),
        ("gopher", {"min_words": 3}, "'gopher' has no such setting"),
        ("gopher", {"min_doc_words": "many"}, "must be int"),
        ("gopher", {"top_2_gram": "nan"}, "a threshold is a finite number"),
        ("c4", {"min_num_sentences": None}, "must be int"),
    ],
)
def test_bad_input_names_the_rule(workspace, preset, settings, words):
    """Unknown presets and settings, and values that a setting cannot take."""
    with pytest.raises(BadInputError, match=words):
        filtering.filter_by(workspace, "c", preset, settings)


def test_unknown_corpus(workspace):
    """The message lists the corpora there are."""
    with pytest.raises(NotFoundError, match="there are: c"):
        filtering.filter_by(workspace, "none", "gopher")
