"""Parquet by pyarrow, pandas and the datasets library, whole and damaged."""

import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.sources import _arrow
from core.sources.parquet import Parquet
from core.types import Document
from tests.core.small_files import read, reasons


def table(path, columns, **settings):
    """Write a table; return the path as text."""
    pq.write_table(pa.table(columns), path, **settings)
    return str(path)


def test_types_become_columns_types(tmp_path):
    """Integers, floats, booleans and strings stay; dates, decimals, lists and structs become text."""
    columns = {
        "text": ["one text"], "id": [5], "source": ["web"], "f": pa.array([0.5], pa.float32()), "b": [True],
        "day": [datetime.date(2020, 2, 29)], "at": [datetime.datetime(2020, 1, 1, 12)], "raw": [b"\xff"],
        "money": [decimal.Decimal("1.50")], "tags": [["a", "b"]], "map": [{"k": [1, None]}], "null": [None],
    }  # fmt: skip
    fields = {
        "f": 0.5, "b": True, "day": "2020-02-29", "at": "2020-01-01T12:00:00", "raw": None, "money": "1.50",
        "tags": '["a", "b"]', "map": '{"k": [1, null]}', "null": None,
    }  # fmt: skip

    assert ([Document("5", "one text", "web", fields)], []) == read(
        Parquet(table(tmp_path / "a.parquet", columns))
    )


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_every_codec_and_many_row_groups(tmp_path, codec):
    """Rows come in order, numbered through all row groups."""
    path = table(
        tmp_path / "a.parquet",
        {"text": [f"t {i}" for i in range(2500)]},
        compression=codec,
        row_group_size=999,
    )

    assert [(f"a:{i + 1}", f"t {i}") for i in range(2500)] == [(d.id, d.text) for d in read(Parquet(path))[0]]


def test_files_of_pandas(tmp_path):
    """A data frame with categories, nullable integers and an index is read as pandas shows it."""
    import pandas as pd

    frame = pd.DataFrame({
        "content": ["a", "b", None], "kind": pd.Categorical(["x", "y", "x"]),
        "n": pd.array([1, None, 3], dtype="Int64"), "when": pd.to_datetime(["2020-01-01"] * 3, utc=True),
    }, index=["i", "j", "k"])  # fmt: skip
    frame.to_parquet(tmp_path / "a.parquet")
    documents, rejected = read(Parquet(str(tmp_path / "a.parquet")))

    assert [("a", "x", 1), ("b", "y", None)] == [(d.text, d.fields["kind"], d.fields["n"]) for d in documents]
    assert documents[0].fields["when"] == "2020-01-01T00:00:00+00:00"
    assert reasons(rejected) == [("empty text", 3)]


def test_large_strings_and_views_and_dictionaries(tmp_path):
    """Whatever way Arrow holds a string, it is a string."""
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()), pa.binary()):
        values = [b"a text"] if kind == pa.binary() else ["a text"]
        path = table(tmp_path / "a.parquet", {"text": pa.array(values).cast(kind)})

        assert ["a text"] == [d.text for d in read(Parquet(path))[0]]


def test_cells_that_are_not_utf8_are_refused_alone(tmp_path):
    """A string column with bytes that are no UTF-8 loses those rows and no other."""
    raw = pa.array([b"good", "caf\u00e9".encode("latin-1"), b"fine", b"\xff"], pa.binary())
    forged = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    documents, rejected = read(Parquet(table(tmp_path / "a.parquet", {"text": forged, "n": [1, 2, 3, 4]})))

    assert [("good", 1), ("fine", 3)] == [(d.text, d.fields["n"]) for d in documents]
    assert reasons(rejected) == [("wrong encoding", 2), ("wrong encoding", 4)]


def test_dates_that_python_cannot_hold_become_text(tmp_path):
    """A time stamp in the year 300,000 or with nanoseconds is no reason to lose a row."""
    far = pa.array([2**62, 0], pa.timestamp("us"))
    fine = pa.array([1_600_000_000_123_456_789, None], pa.timestamp("ns"))
    documents, rejected = read(
        Parquet(table(tmp_path / "a.parquet", {"text": ["a", "b"], "far": far, "fine": fine}))
    )

    assert rejected == []
    assert ["a", "b"] == [d.text for d in documents]
    assert documents[0].fields["fine"] == "2020-09-13T12:26:40.123456789"
    assert documents[0].fields["far"] == "<value out of range: 4611686018427387904>"


@pytest.mark.parametrize("damage", ["footer", "middle", "cut", "empty", "text"])
def test_damage_is_one_refusal(tmp_path, damage):
    """A corrupt file gives what comes before the damage, and says why it stops."""
    path = tmp_path / "a.parquet"
    table(path, {"text": [f"{i} text {i * i}" for i in range(9000)]}, row_group_size=3000, compression="zstd")
    raw = bytearray(path.read_bytes())
    if damage == "footer":
        raw[-400:-40] = bytes(360)
    elif damage == "middle":
        raw[len(raw) // 2 : len(raw) // 2 + 64] = bytes(64)
    kept = {"cut": bytes(raw[: len(raw) // 2]), "empty": b"", "text": b"no parquet at all"}.get(
        damage, bytes(raw)
    )
    path.write_bytes(kept)
    documents, rejected = read(Parquet(str(path)))

    assert [f"{i} text {i * i}" for i in range(len(documents))] == [d.text for d in documents]
    assert (3000 if damage == "middle" else 0) == len(documents) // 3000 * 3000
    assert {one.reason for one in rejected} <= {"damaged file", "truncated file", "wrong encoding"}
    assert rejected


def test_a_missing_file_is_a_refusal(tmp_path):
    """What cannot be opened is refused."""
    assert [("unreadable file", 1)] == reasons(read(Parquet(str(tmp_path / "none.parquet")))[1])


def test_batches_are_small_whatever_the_row_group():
    """Long rows come few at a time, so memory is that of some 8 MB."""
    assert 1024 == _arrow.batch_rows(1000, 10)
    assert 8 == _arrow.batch_rows(1_000_000_000, 1000)
    assert 1 == _arrow.batch_rows(100_000_000, 1)
    assert 1024 == _arrow.batch_rows(0, 0)


def test_named_fields(tmp_path):
    """Text, id and source are taken from the fields that a person names."""
    path = table(tmp_path / "a.parquet", {"text": ["no"], "c": ["yes"], "k": [3], "s": ["web"]})
    wanted = Parquet(path, text_field="c", id_field="k", source_field="s")

    assert [Document("3", "yes", "web", {"text": "no"})] == read(wanted)[0]
    assert [("missing field", 1)] == reasons(read(Parquet(path, text_field="d"))[1])


def test_no_rows(tmp_path):
    """An empty table gives nothing."""
    path = table(tmp_path / "a.parquet", {"text": pa.array([], pa.string())})

    assert ([], []) == read(Parquet(path))
