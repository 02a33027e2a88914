"""Tables as text, as spreadsheets, pandas and people write them."""

import csv

import pytest

from core.sources.csv import Csv, separator, unique_names
from core.types import Document
from tests.core.small_files import PACKERS, read, reasons

HARD = ["plain, with comma", 'a "quoted" word', "two\nlines\r\nthree", "  spaces  ", "ünï", "tab\there"]


def written(path, rows, encoding="utf-8", **dialect):
    """Write rows by the csv module; return the path as text."""
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, **dialect).writerows(rows)
    return str(path)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_quoted_separators_and_newlines_survive(tmp_path, delimiter):
    """Cells hold separators, quotes and line ends; the separator is found by itself."""
    rows = [["id", "text", "n"], *([f"r{i}", text, i] for i, text in enumerate(HARD))]
    documents, rejected = read(Csv(written(tmp_path / "a.csv", rows, delimiter=delimiter)))

    assert [Document(f"r{i}", text, "a", {"n": i}) for i, text in enumerate(HARD)] == documents
    assert rejected == []


@pytest.mark.parametrize("pack", PACKERS)
def test_packed_tables_of_pandas(tmp_path, pack):
    """What pandas writes is read, packed or not, TSV by its suffix."""
    import pandas as pd

    frame = pd.DataFrame({"text": HARD, "score": [0.5] * 6, "flag": [True] * 6})
    path = tmp_path / f"a.tsv{pack}"
    path.write_bytes(PACKERS[pack](frame.to_csv(sep="\t", index=False).encode()))
    documents, rejected = read(Csv(str(path)))

    assert rejected == []
    assert [(text, 0.5, "True") for text in HARD] == [
        (d.text, d.fields["score"], d.fields["flag"]) for d in documents
    ]


def test_numbers_are_numbers_and_names_of_digits_are_not(tmp_path):
    """Types follow from the first 64 rows; a later odd value stays text; leading zeros stay."""
    rows = [
        ["text", "n", "f", "zip", "late"],
        *(["x", i, i / 2, "02134", i] for i in range(70)),
        ["x", "", "", "", "?"],
    ]
    documents, _ = read(Csv(written(tmp_path / "a.csv", rows)))

    assert documents[3].fields == {"n": 3, "f": 1.5, "zip": "02134", "late": 3}
    assert documents[70].fields == {"n": None, "f": None, "zip": "", "late": "?"}


def test_ragged_rows(tmp_path):
    """Too many cells are refused by line; too few leave fields out, and a row without text is refused."""
    raw = 'id,text,n\n1,"two\nlines",3\n2,a,1,9\n\n3,b\n4\n5,c,2\n'
    (tmp_path / "a.csv").write_text(raw)
    documents, rejected = read(Csv(str(tmp_path / "a.csv")))

    assert reasons(rejected) == [("broken line", 4), ("missing field", 7)]
    assert [("1", "two\nlines", {"n": 3}), ("3", "b", {}), ("5", "c", {"n": 2})] == [
        (d.id, d.text, d.fields) for d in documents
    ]


def test_encodings(tmp_path):
    """UTF-8 with a mark and UTF-16 are read; a Latin-1 row is refused alone."""
    rows = [["text"], ["größe"], ["plain"]]
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert ["größe", "plain"] == [
            d.text for d in read(Csv(written(tmp_path / "a.csv", rows, encoding)))[0]
        ]

    documents, rejected = read(Csv(written(tmp_path / "a.csv", rows, "latin-1")))

    assert (["plain"], [("wrong encoding", 2)]) == ([d.text for d in documents], reasons(rejected))


def test_utf16_that_breaks_off_is_refused(tmp_path):
    """Half a character at the end is a refusal, and the rows before stay."""
    raw = ("text,n\n" + "a row,1\n" * 3000).encode("utf-16")
    (tmp_path / "a.csv").write_bytes(raw[:-1])
    documents, rejected = read(Csv(str(tmp_path / "a.csv")))

    assert len(documents) > 2000
    assert [one.reason for one in rejected] == ["wrong encoding"]


def test_zero_bytes_and_an_open_quote(tmp_path):
    """NUL bytes and a quote that never closes lose what they must, and nothing raises."""
    (tmp_path / "a.csv").write_bytes(b'text,n\na\0b,1\nc,2\n"open,3\nd,4\n')
    documents, rejected = read(Csv(str(tmp_path / "a.csv")))

    assert [d.text for d in documents][:2] in (["a\0b", "c"], ["c", "open,3\nd,4\n"])
    assert len(rejected) <= 1


def test_a_huge_cell_is_refused(tmp_path):
    """A cell over the limit is too large; the rows around it stay."""
    rows = [["text"], ["first"], ["x" * 3000], ["last"]]
    documents, rejected = read(Csv(written(tmp_path / "a.csv", rows), max_bytes=1000))

    assert ["first", "last"] == [d.text for d in documents]
    assert ["too large"] == [one.reason for one in rejected]


@pytest.mark.parametrize("pack", [".gz", ".zst"])
def test_a_cut_archive_gives_all_before_the_cut(tmp_path, pack):
    """A truncated archive is one refusal, and the rows before the break are kept."""
    import random

    rng = random.Random(0)
    raw = PACKERS[pack](("text,n\n" + "".join(f"{rng.random()},{i}\n" for i in range(40_000))).encode())
    (tmp_path / "a.csv").write_bytes(raw[: len(raw) * 3 // 4])
    documents, rejected = read(Csv(str(tmp_path / "a.csv")))

    assert 10_000 < len(documents) < 40_000
    assert "truncated file" in [one.reason for one in rejected]


def test_headers_are_made_unique():
    """Empty and repeated names get a number."""
    assert ["a", "column_2", "a_2", "a_3"] == unique_names(["a", " ", "a", "a"])


def test_the_separator_is_the_even_one():
    """Commas in prose do not make a table of semicolons one of commas; a single column has a comma."""
    assert separator("a;b\nx, y, z;1\nu, v;2\n") == ";"
    assert separator("text\nno separator\n") == ","
    assert separator("a,b\n1,2\n", "x.tsv.gz") == "\t"
    assert separator("") == ","


def test_tables_without_rows(tmp_path):
    """Nothing, or a header alone, gives nothing."""
    for raw in ("", "text,n\n", "\n\n"):
        (tmp_path / "a.csv").write_text(raw)

        assert ([], []) == read(Csv(str(tmp_path / "a.csv")))
