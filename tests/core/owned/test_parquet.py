"""A column from a Parquet file, joined on the documents' ids."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core import own
from core.errors import BadInputError, NotFoundError
from core.types import Document
from tests.core.owned.columns import scores, values


def test_a_file_is_joined_on_the_ids(workspace, tmp_path):
    """In any order; the counts say what was found on either side."""
    path = scores(
        tmp_path, {"id": ["d2", "x", "d0", "y", "z"], "quality": [0.2, 0.9, float("inf"), 1.0, 1.0]}
    )
    result = own.add_parquet(workspace, "c", path, "quality")

    assert [None, None, 0.2] == values(workspace, "quality")
    assert {
        "columns": ["quality"], "kind": "other", "nulls": {"quality": 2}, "replaced": [],
        "matched": 2, "unmatched": 1, "unknown": 3,
    } == result  # fmt: skip


@pytest.mark.parametrize(
    ("column", "expected", "kind"),
    [
        (pa.array([1, None, 2**60 + 1]), [1, None, 2**60 + 1], pa.int64()),
        (pa.array([1, 2, 3], pa.uint8()), [1, 2, 3], pa.uint8()),
        (pa.array([True, None, False]), [True, None, False], pa.bool_()),
        (pa.array(["a", None, "b"]).dictionary_encode(), ["a", None, "b"], pa.string()),
        (pa.array(["a", "", "b"], pa.large_string()), ["a", "", "b"], pa.large_string()),
        (pa.array([1.5, float("nan"), None], pa.float32()), [1.5, None, None], pa.float32()),
        (pa.array(np.array([1.5, 2, 3], dtype=np.float16)), [1.5, 2.0, 3.0], pa.float32()),
    ],
)
def test_types_stay(workspace, tmp_path, column, expected, kind):
    """Whole numbers with nulls stay whole."""
    path = scores(tmp_path, {"id": ["d0", "d1", "d2"], "v": column})
    own.add_parquet(workspace, "c", path, "v", column_name="named")

    assert expected == values(workspace, "named")
    assert kind == workspace.read(workspace.corpus("c"), ["named"]).schema.field("named").type


def test_pandas_files(workspace, tmp_path):
    """An index is a column: by its name, or by the one that pandas gives it."""
    frame = pd.DataFrame({"v": pd.array([1, None, 3], dtype="Int64")}, index=["d0", "d1", "d2"])
    frame.to_parquet(tmp_path / "plain.parquet")
    frame.rename_axis("id").to_parquet(tmp_path / "named.parquet")
    own.add_parquet(workspace, "c", tmp_path / "named.parquet", "v", column_name="a")
    own.add_parquet(workspace, "c", tmp_path / "plain.parquet", "v", "__index_level_0__", "b")

    assert [[1, None, 3]] * 2 == values(workspace, "a", "b")
    with pytest.raises(NotFoundError, match="there are: v, __index_level_0__"):
        own.add_parquet(workspace, "c", tmp_path / "plain.parquet", "v")


def test_ids_may_be_numbers(workspace, tmp_path):
    """As ingest writes them."""
    documents = [(Document(str(i), "a", "web"), 1) for i in range(3)]
    workspace.write_corpus("numbers", documents, tokenizer="words")
    for name, ids in (("a", pa.array([2, 0], pa.uint16())), ("b", pa.array([2, 0]).dictionary_encode())):
        own.add_parquet(workspace, "numbers", scores(tmp_path, {"key": ids, "v": [20, 0]}), "v", "key", name)

    assert [[0, None, 20]] * 2 == values(workspace, "a", "b", corpus="numbers")


def test_documents_of_one_id_share_its_value(workspace, tmp_path):
    """And the file's row counts once."""
    workspace.write_corpus("twins", [(Document("a", text, "web"), 1) for text in "xyz"], tokenizer="words")
    result = own.add_parquet(workspace, "twins", scores(tmp_path, {"id": ["a", "b"], "v": [1, 2]}), "v")

    assert [1, 1, 1] == values(workspace, "v", corpus="twins")
    assert (3, 0, 1) == (result["matched"], result["unmatched"], result["unknown"])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"id": ["a", "d1", "d1"], "v": [1, 2, 3]}, "id 'd1' stands in rows 2 and 3; keep one row"),
        ({"id": ["a", None], "v": [1, 2]}, "row 2 has no id"),
        ({"id": ["a"], "w": [1]}, "v: no such column; there are: id, w"),
        ({"key": ["a"], "v": [1]}, "id: no such column; there are: key, v"),
        ({"id": [1.5], "v": [1]}, "holds double; ids are text or whole numbers"),
        ({"id": ["a"], "v": [[1]]}, "holds list"),
        ({"id": ["a"], "v": [{"x": 1}]}, "holds struct"),
        ({"id": ["a"], "v": [b"x"]}, "holds binary"),
        ({"id": ["a"], "v": pa.array([0], pa.timestamp("s"))}, "holds timestamp"),
        ({"id": ["a"], "v": pa.array([None], pa.null())}, "holds null"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(workspace, tmp_path, table, words):
    """By name, with what there is."""
    with pytest.raises(BadInputError, match=words):
        own.add_parquet(workspace, "c", scores(tmp_path, table), "v")

    assert [] == workspace.columns(workspace.corpus("c"))


def test_what_is_no_parquet_is_refused(workspace, tmp_path):
    """A file of another sort, one cut short, one damaged inside, a folder, and no file at all."""
    text = tmp_path / "text.parquet"
    text.write_text("id,v\nd0,1\n", encoding="utf-8")
    data = scores(tmp_path, {"id": [f"d{i}" for i in range(9999)], "v": range(9999)}).read_bytes()
    cut, damaged = tmp_path / "cut.parquet", tmp_path / "damaged.parquet"
    cut.write_bytes(data[: len(data) // 2])
    damaged.write_bytes(data[:4] + b"\xff" * (len(data) // 2) + data[4 + len(data) // 2 :])
    bytes_as_text = pa.array([b"d0"], pa.binary()).view(pa.string()), pa.array([b"\xff"]).view(pa.string())
    wrong = scores(tmp_path, dict(zip(("id", "v"), bytes_as_text, strict=True)), "wrong.parquet")
    for path in (text, cut, damaged, wrong):
        with pytest.raises(BadInputError, match="cannot be read as Parquet"):
            own.add_parquet(workspace, "c", path, "v")
    for path in (tmp_path, tmp_path / "none.parquet"):
        with pytest.raises(NotFoundError, match="no such file"):
            own.add_parquet(workspace, "c", path, "v")


def test_an_empty_file_gives_nulls(workspace, tmp_path):
    """No row, no match."""
    path = scores(tmp_path, {"id": pa.array([], pa.string()), "v": pa.array([], pa.int32())})
    result = own.add_parquet(workspace, "c", path, "v")

    assert (0, 3, 0) == (result["matched"], result["unmatched"], result["unknown"])
    assert [None, None, None] == values(workspace, "v")
