"""The commands `documents` and `influence`: what they print, write and refuse."""

import json

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from core.backend.__main__ import app
from core.errors import BadInputError


@pytest.fixture
def texts(tmp_path):
    """A file of two texts."""
    path = tmp_path / "texts.jsonl"
    path.write_text('{"id": "a", "text": "ship whale"}\n{"id": "b", "text": "add seven apples"}\n')
    return path


def call(*arguments):
    """Run a command in this process; errors of ours come through."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_documents_writes_a_row_a_text(finished, texts, tmp_path):
    """Of a file of texts; the means are printed, and the model is signed in the file."""
    found = json.loads(
        call("documents", finished[1], "--texts", texts, "--out", tmp_path / "d.parquet", "--json")
    )
    table = pq.read_table(found["file"])

    assert ["a", "b"] == table["id"].to_pylist()
    assert (2, 1) == (found["documents"], len(found["by_domain"]))
    assert 64 == len(table.schema.metadata[b"model"])


def test_documents_are_the_runs_own_where_none_are_named(finished, tmp_path):
    """All of its manifest, with their domains; lines for people."""
    out = call(
        "documents", finished[1] / "model", "--manifest", finished[0]["manifest"], "--out", tmp_path / "d"
    )

    assert ["law", "sea", "sum"] == sorted(set(pq.read_table(tmp_path / "d")["domain"].to_pylist()))
    assert "domain  documents" in out


def test_influence_writes_a_row_a_document(finished, texts, tmp_path):
    """Of a sample on a file of texts, and of texts on a domain, by the last layer alone."""
    target = ("--target", texts, "--sample", 5, "--mode", "cosine")
    one = json.loads(call("influence", finished[1], *target, "--out", tmp_path / "i", "--json"))
    domain = ("--target", "sea", "--texts", texts, "--layers", 1, "--mode", "less")
    two = json.loads(call("influence", finished[1], *domain, "--out", tmp_path / "j", "--json"))

    assert (5, 2) == (one["documents"], one["target_documents"])
    assert 5 == pq.read_table(one["file"]).num_rows
    assert b"cosine" == pq.read_schema(one["file"]).metadata[b"mode"]
    assert (2, b"1") == (two["documents"], pq.read_schema(two["file"]).metadata[b"layers"])


def test_each_command_refuses_in_a_line(finished, texts, tmp_path):
    """Nothing is written of what is asked wrongly."""
    for match, *arguments in (
        ("train with document_losses: true", "documents", finished[1], "--checkpoints"),
        (
            "leave --manifest, --texts and --out out",
            "documents",
            finished[1],
            "--checkpoints",
            "--texts",
            texts,
        ),
        ("holds no run; name the folder", "documents", tmp_path, "--checkpoints"),
        ("holds no saved model", "documents", tmp_path, "--texts", texts),
        (
            "mode up: no such mode; there are: dot, cosine",
            "influence",
            finished[1],
            "--target",
            "sea",
            "--mode",
            "up",
        ),
        ("target sky: is neither a file nor", "influence", finished[1], "--target", "sky"),
    ):
        with pytest.raises(BadInputError, match=match):
            call(*arguments)

    assert [texts] == [*tmp_path.iterdir()]


def test_a_name_that_no_file_can_have_is_refused_before_anything_is_computed(finished, texts, tmp_path):
    """By both commands, in one line that asks for another name; a target of such a name is no file."""
    long = "x" * 300
    for command in (("documents",), ("influence", "--target", "sea")):
        for out in (tmp_path / long, texts / "under"):
            with pytest.raises(BadInputError, match=r"cannot be written \(.*\); name another --out"):
                call(command[0], finished[1], *command[1:], "--texts", texts, "--out", out)
    with pytest.raises(BadInputError, match="is neither a file nor of law, sea, sum"):
        call("influence", finished[1], "--target", long, "--texts", texts)
    assert [texts] == [*tmp_path.iterdir()]


def test_influence_is_summed_over_the_kept_models(kept, texts, tmp_path):
    """With `--checkpoints`, which the file's metadata tell; a mode that needs moments is refused."""
    asked = ("influence", kept, "--target", "sea", "--texts", texts, "--checkpoints", "--out", tmp_path / "i")
    found = json.loads(call(*asked, "--json"))

    assert [5, 10, 12] == [one["step"] for one in found["checkpoints"]]
    assert found["checkpoints"] == json.loads(pq.read_schema(found["file"]).metadata[b"checkpoints"])
    with pytest.raises(BadInputError, match="mode less: reads Adam's moments"):
        call(*asked, "--mode", "less")


def test_a_device_is_no_file_to_replace(finished, texts, tmp_path):
    """Nor is a folder: what stands there stays, as a name in /dev would not otherwise."""
    with pytest.raises(BadInputError, match="is no file that may be replaced"):
        call("documents", finished[1], "--texts", texts, "--out", tmp_path)
    with pytest.raises(BadInputError, match="tpu: is no device; give cpu"):
        call("documents", finished[1], "--texts", texts, "--device", "tpu")
    assert tmp_path.is_dir()
