"""A manifest vouches for bytes: nothing is read that it does not seal, and what it seals is read exactly."""

import io
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.backend.data.sealed import open_manifest, read_manifest
from core.errors import BadInputError, TamperedError

TEXTS = {"a": ["one\ntwo\u2028three", "ünï ☃ 𝄞", ""], "b": ["a" * 5000]}


def edited(manifest, change):
    """The manifest with a change to its JSON."""
    value = json.loads(manifest.read_text())
    change(value)
    manifest.write_text(json.dumps(value))
    return manifest


def table(**columns):
    """A Parquet file's bytes."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_documents_come_as_they_were_written(seal, suffix):
    """In order, with line breaks of every kind inside them, in both formats."""
    sealed = open_manifest(seal(TEXTS, suffix=suffix))

    assert ("a", "b") == sealed.domains
    assert [("a-0", TEXTS["a"][0]), ("a-1", TEXTS["a"][1]), ("a-2", "")] == [*sealed.documents("a")]
    assert [("b-0", "a" * 5000)] == [*sealed.documents("b")]


def test_half_a_surrogate_becomes_a_question_mark(sealed_bytes):
    """JSON can hold it, a tokenizer cannot."""
    sealed = open_manifest(sealed_bytes(b'{"id": 7, "text": "x\\ud800y"}\n'))

    assert [("7", "x?y")] == [*sealed.documents("a")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"id": "1"}\n', "a.jsonl line 1: holds no id and text"),
        (b'{"id": "1", "text": 5}\n', "a.jsonl line 1: holds no id and text"),
        (b"[]\n", "a.jsonl line 1: holds no id and text"),
        (b'{"id": "1", "text": "x"}\n{"id"', "a.jsonl line 2: holds no id and text"),
        (b'{"id": "1", "text": "\xff\xfe"}\n', "a.jsonl line 1: holds no id and text"),
        (b"", "a.jsonl: holds 0 documents, not the 1 that the manifest says"),
        (b'{"id": "1", "text": "x"}\n' * 2, "a.jsonl: holds 2 documents, not the 1"),
    ],
)
def test_broken_lines_are_named_by_number(sealed_bytes, content, said):
    """The hash is right, so the exporter was wrong: the line is named and its text is not."""
    with pytest.raises(BadInputError, match=said) as caught:
        list(open_manifest(sealed_bytes(content)).documents("a"))

    assert "export the mixture again" in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"PAR1 no more", table(id=["1"]), table(id=["1"], text=[5]), table(text=["x"])]
)
def test_broken_parquet_is_refused(sealed_bytes, content):
    """Damage and columns that are missing or of another type."""
    with pytest.raises(BadInputError, match=r"a\.parquet: is no Parquet with id and text"):
        list(open_manifest(sealed_bytes(content, "parquet")).documents("a"))


@pytest.mark.parametrize("position", [0, 10, -1])
def test_changed_byte_is_found_wherever_it_is(seal, position):
    """First, middle or last."""
    manifest = seal(TEXTS)
    path = manifest.parent / "b.jsonl"
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)

    with pytest.raises(TamperedError, match=r"b\.jsonl: its bytes are not those that were sealed"):
        open_manifest(manifest)


def test_missing_file_is_named(seal):
    """With the remedy."""
    manifest = seal(TEXTS)
    (manifest.parent / "a.jsonl").unlink()

    with pytest.raises(TamperedError, match=r"a\.jsonl: the manifest's file is missing; bring it back"):
        open_manifest(manifest)


def test_all_changed_files_are_named(seal):
    """One missing and one changed: both, in one line."""
    manifest = seal(TEXTS)
    (manifest.parent / "a.jsonl").unlink()
    (manifest.parent / "b.jsonl").write_bytes(b"")

    with pytest.raises(TamperedError, match=r"a\.jsonl, b\.jsonl: are missing or changed, 2 of \d+ files"):
        open_manifest(manifest)


@pytest.mark.parametrize("path", ["../a.jsonl", "/etc/passwd.jsonl", "x/../../a.jsonl"])
def test_paths_stay_inside_the_folder(seal, path):
    """A manifest from elsewhere cannot name this machine's files."""
    manifest = edited(seal(TEXTS), lambda value: value["files"][0].update(path=path))

    with pytest.raises(BadInputError, match="the path leaves the manifest's folder"):
        open_manifest(manifest)


def test_links_out_of_the_folder_are_refused(seal, tmp_path):
    """Even to the very bytes that were sealed."""
    manifest = seal(TEXTS)
    shutil.move(manifest.parent / "a.jsonl", tmp_path / "elsewhere.jsonl")
    (manifest.parent / "a.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")

    with pytest.raises(BadInputError, match="the path leaves the manifest's folder"):
        open_manifest(manifest)


def test_other_formats_are_refused(sealed_bytes):
    """By the file's ending."""
    with pytest.raises(BadInputError, match=r"a\.csv: is neither \.jsonl nor \.parquet"):
        open_manifest(sealed_bytes(b"id,text\n", "csv"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2: this backend reads version 1"),
        ({"budget": "many"}, "budget: Input should be a valid integer"),
        ({"pickle": 1}, "pickle: Extra inputs are not permitted"),
    ],
)
def test_manifests_of_another_kind_are_refused(seal, change, said):
    """By key, before a file is looked at."""
    manifest = edited(seal(TEXTS), lambda value: value.update(change))

    with pytest.raises(BadInputError, match=said):
        read_manifest(manifest)


@pytest.mark.parametrize("content", ["", "{", "[]", "7"])
def test_what_is_no_manifest_is_refused(tmp_path, content):
    """In one line, whatever it is."""
    path = tmp_path / "manifest.json"
    path.write_text(content)

    with pytest.raises(BadInputError, match=r"manifest\.json") as caught:
        read_manifest(path)
    assert "\n" not in str(caught.value)


def test_an_edited_weight_changes_the_fingerprint(seal):
    """The backend's own fingerprint covers all of the manifest."""
    before = open_manifest(seal(TEXTS)).fingerprint
    after = open_manifest(seal(TEXTS, {"a": 0.9, "b": 0.1})).fingerprint

    assert before != after
