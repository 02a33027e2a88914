"""Benchmarks are read from any file, their n-grams hashed, and found again word for word."""

import gzip
import json
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, NotFoundError
from core.overlap import build, opened, read
from core.overlap.index import numbered, save, windows
from core.overlap.words import STOP_WORDS, words

RECORDS = [
    {"question": "one two", "choices": ["three", {"label": "four"}], "answer": 4},
    {"question": "five"},
]


def grams(texts, n):
    """Return the different n-grams of texts as tuples of words, the plain way."""
    found = set()
    for text in texts:
        kept = [word for word in words(text) if word not in STOP_WORDS]
        found |= {tuple(kept[i : i + n]) for i in range(len(kept) - n + 1)}
    return found


def test_words_are_folded():
    """NFKC, lower case, no punctuation; a character of Chinese is a word."""
    assert ["don", "t", "x_1", "42"] == words("Don't X_1—42!")
    assert ["fine", "k"] == words("ﬁne K")
    assert ["天", "地", "abc", "か"] == words("天地abcか")


@given(st.text())
def test_ascii_words_are_those_of_all_letters(text):
    """The quick way for ASCII gives what the other gives."""
    plain = text.encode("ascii", "ignore").decode()

    assert words(plain) == words(f"{plain} é")[:-1]


@given(
    st.lists(st.text("abc d", max_size=30), max_size=5),
    st.lists(st.text("abcd e", max_size=40), max_size=6),
    st.integers(2, 4),
)
def test_finds_what_a_plain_search_finds(items, texts, n):
    """Different n-grams, text by text, and each at its place."""
    index = build([items], n)
    document, at, gram, lengths = index.find(texts)
    expected = [len(grams([text], n) & grams(items, n)) for text in texts]
    kept = [[word for word in words(text) if word not in STOP_WORDS] for text in texts]

    assert len(grams(items, n)) == len(index.hashes)
    assert expected == [len(np.unique(gram[document == i])) for i in range(len(texts))]
    assert [len(some) for some in kept] == lengths.tolist()
    assert all(tuple(kept[d][a : a + n]) in grams(items, n) for d, a in zip(document, at, strict=True))


def test_no_ngram_reaches_from_one_text_into_the_next():
    """An n-gram ends where its item ends, and where its document ends."""
    index = build([["red green blue"]], 3)

    assert [0, 0] == [len(index.find(texts)[0]) for texts in (["red green", "blue"], ["red", "green blue"])]
    assert [1] == index.find(["grey", "red the green of blue"])[0].tolist()


def test_a_words_stop_words_are_left_out():
    """They neither stand in an n-gram nor part it."""
    ids, bounds = numbered(["the cat and the dog", "owl"], build([["cat dog"]], 2).numbers)

    assert [0, 3, 5] == bounds.tolist()
    assert [0] == windows(ids, 2).tolist()


def test_an_ngram_knows_its_benchmarks():
    """One that stands in two benchmarks, and in two items of one, counts once for each benchmark."""
    index = build([["red green", "red green blue"], ["red green"]], 2)
    where, owner = index.benchmarks_of(np.arange(2))
    shared = int(index.find(["red green"])[2][0])

    assert [0, 1] == owner[where == shared].tolist()
    assert [0] == owner[where == 1 - shared].tolist()


def test_an_index_survives_its_folder(tmp_path):
    """What another process opens finds the same."""
    index = build([["red green blue yellow"]], 2)
    save(index, tmp_path)
    found = opened(str(tmp_path))

    assert [a.tolist() for a in index.find(["Red, green; blue"])] == [
        a.tolist() for a in found.find(["Red, green; blue"])
    ]


def test_every_kind_of_file_gives_its_items(tmp_path):
    """All strings of a record, nested too, or the fields that are named."""
    lines = "\n".join(map(json.dumps, RECORDS))
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "b, c.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "d.json").write_text(json.dumps(RECORDS), encoding="utf-8")
    (tmp_path / "e.csv").write_text("question,answer\none two,4\nfive,x\n", encoding="utf-8")
    (tmp_path / "f.txt").write_text("one two\nthree\n\nfive\n", encoding="utf-8")
    pq.write_table(pa.table({"question": ["one two", "five"]}), tmp_path / "g.parquet")
    (tmp_path / "h.jsonl.zst").write_bytes(pa.compress(lines.encode(), "zstd", asbytes=True))
    whole = ("one two\nthree\nfour", "five")

    assert [whole] * 4 == [
        read(tmp_path / name).items for name in ("a.jsonl", "b, c.jsonl.gz", "d.json", "h.jsonl.zst")
    ]
    assert ("one two\n4", "five\nx") == read(tmp_path / "e.csv").items
    assert ("one two\nthree", "five\n") == read(tmp_path / "f.txt").items
    assert ("one two", "five") == read(tmp_path / "g.parquet").items
    assert ("one two", "five") == read(tmp_path / "a.jsonl", ["question"]).items
    assert "b c" == read(tmp_path / "b, c.jsonl.gz").name


@pytest.mark.parametrize(
    ("name", "content", "fields", "rule"),
    [
        ("a.jsonl", b"", (), "the benchmark holds no text"),
        ("a.jsonl", b'{"x": 1}\n', (), "the benchmark holds no text"),
        ("a.jsonl", b"{oops\n", (), "line 1: is not JSON"),
        ("a.jsonl", b"[" * 100_000, (), "is not JSON"),
        ("a.jsonl", b'{"x": "\xff"}', (), "is not JSON"),
        ("a.jsonl", b'{"x": "y"}\n{"z": "y"}\n', ("x",), "record 2: no field 'x'; its fields: z"),
        ("a.jsonl", b'{"x": 7}\n', ("x",), "field 'x' holds no text but int"),
        ("a.jsonl", b'"words"\n', ("x",), "no field 'x'; its fields: none"),
        ("a.jsonl.gz", b"\x1f\x8b\x08broken", (), "cannot be read"),
        ("a.txt", b"\xff\xfe\xff", (), "cannot be read"),
        ("a.parquet", b"no parquet", (), "is no Parquet file"),
        ("a.pdf", b"%PDF", (), "a file of unknown kind"),
    ],
)
def test_bad_files_are_named(tmp_path, name, content, fields, rule):
    """Value, rule and remedy; never a traceback."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=rule):
        read(tmp_path / name, fields)


def test_a_missing_file_is_named(tmp_path):
    """A folder is none, either."""
    for path in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(NotFoundError, match="no such benchmark file"):
            read(path)


@pytest.mark.parametrize("text", ["red " * 250_000, "\u0301" * 500_000, "ﷺ" * 50_000, "x" * 1_000_000])
def test_hostile_texts_cost_little(text):
    """Nothing grows faster than the text."""
    index = build([["red red red"]], 3)
    begun = time.perf_counter()
    index.find([text])

    assert 5.0 > time.perf_counter() - begun
