"""Which source reads what a person names: files, folders, globs, URLs, ids."""

import os
import shutil

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import BadInputError, NotFoundError
from core.sources import _files, open_sources
from core.sources.csv import Csv
from core.sources.hugging_face import HuggingFace
from core.sources.jsonl import Jsonl
from core.sources.parquet import Parquet
from core.sources.plain_text import PlainText
from tests.core.small_files import PACKERS, jsonl, lines_of, read, reasons, texts


@pytest.fixture
def mixed(tmp_path):
    """A folder of every kind of data file, and what is none."""
    home = tmp_path / "mixed"
    (home / "deep" / "er").mkdir(parents=True)
    jsonl(home / "a.jsonl", [{"text": "of a"}])
    jsonl(home / "deep" / "b.jsonl.zst", [{"text": "of b"}], ".zst")
    pq.write_table(pa.table({"text": ["of c"]}), home / "deep" / "c.parquet")
    (home / "deep" / "er" / "d.csv").write_text("text\nof d\n")
    (home / "e.tsv").write_text("text\tn\nof e\t1\n")
    (home / "README.md").write_text("# About")
    (home / "config.json").write_text("{}")
    (home / ".hidden.jsonl").write_text("{}")
    return home


def found(*paths, **fields):
    """Return the texts that the paths give."""
    return [d.text for d in read(*open_sources(list(paths), **fields))[0]]


def test_a_folder_of_data_files_is_read_for_these_alone(mixed):
    """Every kind is read, in order of path; a README or a configuration beside them is no document."""
    assert ["of a", "of b", "of c", "of d", "of e"] == found(mixed)
    assert ["of a", "of b", "of c", "of d", "of e"] == found(f"{mixed}/")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jsonl", ["of a"]),
        ("**/*.jsonl*", ["of a", "of b"]),
        ("**/*.parquet", ["of c"]),
        ("deep/[bc].*", ["of b", "of c"]),
        ("?.tsv", ["of e"]),
        ("de*", ["of b", "of c", "of d"]),
    ],
)
def test_globs(mixed, pattern, expected):
    """Patterns, `**` among them, give files in order, or folders where they match nothing else."""
    assert expected == found(f"{mixed}/{pattern}")


def test_several_paths_and_a_file_named_twice(mixed):
    """Paths are read in the order in which they are given, and no file twice."""
    assert ["of e", "of a", "of b"] == found(mixed / "e.tsv", f"{mixed}/a.jsonl", f"{mixed}/**/*.jsonl*")


def test_kinds_by_suffix_and_content(tmp_path):
    """The suffix decides; without one, the first bytes."""
    (tmp_path / "x.txt").write_text("t")
    for name in ("a.jsonl.gz", "a.ndjson", "a.json", "a"):
        (tmp_path / name).write_bytes(PACKERS[".gz"](lines_of(texts(1))))
    pq.write_table(pa.table({"text": ["p"]}), tmp_path / "b")
    kinds = [Jsonl, Jsonl, Jsonl, Jsonl, Parquet, PlainText]

    assert kinds == [
        type(open_sources([tmp_path / name])[0])
        for name in ("a.jsonl.gz", "a.ndjson", "a.json", "a", "b", "x.txt")
    ]
    assert [Csv("x.csv", "t")] == [Csv("x.csv", text_field="t")]


def test_a_brackets_name_is_a_file_first(tmp_path):
    """A file whose name looks like a pattern is that file."""
    jsonl(tmp_path / "a[1].jsonl", [{"text": "odd"}])

    assert ["odd"] == found(tmp_path / "a[1].jsonl")


def test_urls(mixed):
    """Memory and file URLs are read as folders, files and patterns, packed or not."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    for path in _files.files_below(str(mixed)):
        memory.pipe(f"/box/{_files.relative(path, str(mixed))}", open(path, "rb").read())  # noqa: SIM115, PTH123

    assert ["of a", "of b", "of c", "of d", "of e"] == found("memory://box")
    assert ["of b"] == found("memory://box/deep/b.jsonl.zst")
    assert ["of a", "of b"] == found("memory://box/**/*.jsonl*")
    assert ["of a", "of b", "of c", "of d", "of e"] == found(f"file://{mixed}")
    assert ["of d"] == found(f"file://{mixed}/deep/**/*.csv")
    assert ["of c"] == found(f"local://{mixed}/deep/c.parquet")


def test_text_by_url_keeps_ids_and_sources(tmp_path):
    """Ids and sources are the same by URL as by path."""
    home = tmp_path / "prose"
    (home / "poems").mkdir(parents=True)
    (home / "a.txt").write_text("one")
    (home / "poems" / "b.txt").write_text("two")
    by_path, by_url = (read(*open_sources([p]))[0] for p in (str(home), f"local://{home}"))

    assert by_path == by_url


def test_chained_urls(mixed):
    """A folder inside a ZIP file and one behind a cache are read like any other."""
    shutil.make_archive(str(mixed.parent / "box"), "zip", mixed)
    archive = f"file://{mixed.parent}/box.zip"

    assert ["of b", "of c", "of d"] == found(f"zip://deep::{archive}")
    assert ["of a", "of b"] == found(f"zip://**/*.jsonl*::{archive}")
    assert ["of b"] == found(f"zip://deep/b.jsonl.zst::{archive}")
    assert ["b:1"] == [d.id for d in read(*open_sources([f"zip://deep/b.jsonl.zst::{archive}"]))[0]]
    assert ["of a"] == found(f"simplecache::file://{mixed}/a.jsonl")


def test_saved_sets_shards_and_splits(tmp_path):
    """Folders of the datasets library are known by what lies in them, also below another folder."""
    import datasets

    datasets.disable_progress_bars()
    made = datasets.Dataset.from_dict({"text": ["a", "b"]})
    made.save_to_disk(tmp_path / "one" / "x")
    datasets.DatasetDict({"train": made}).save_to_disk(tmp_path / "two" / "y")
    (tmp_path / "hub" / "data").mkdir(parents=True)
    pq.write_table(pa.table({"text": ["c"]}), tmp_path / "hub" / "data" / "train-00000-of-00001.parquet")
    (tmp_path / "plain").mkdir()
    pq.write_table(pa.table({"text": ["d"]}), tmp_path / "plain" / "0.parquet")
    jsonl(tmp_path / "hub" / "more.jsonl", [{"text": "e"}])

    assert [HuggingFace(str(tmp_path / "one" / "x"))] == open_sources([tmp_path / "one"])
    assert [HuggingFace(str(tmp_path / "two" / "y"))] == open_sources([tmp_path / "two"])
    assert [Parquet(str(tmp_path / "plain" / "0.parquet"))] == open_sources([tmp_path / "plain"])
    assert ["c", "e"] == found(tmp_path / "hub")
    assert [HuggingFace("owner/name")] == open_sources(["owner/name"])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere/at/all.jsonl", "no such file or folder; give JSONL"),
        ("owner/gone.jsonl", "no such file or folder"),
        ("*.nothing", "no file matches; check the pattern"),
        ("memory://not/there.jsonl", "no such file or folder"),
        ("memory://not/*.jsonl", "no file matches"),
        ("nosuchscheme://a/b", "Protocol not known"),
        ("", "an empty path: names no file"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(path, message, tmp_path, monkeypatch):
    """A wrong path, pattern or scheme is bad input that names it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match=message) as caught:
        open_sources([path])

    assert "\n" not in str(caught.value)


def test_nothing_named_an_empty_folder_an_unknown_kind(tmp_path):
    """No path, a folder without files and a picture are bad input."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="at least one is needed"):
        open_sources([])
    with pytest.raises(BadInputError, match="the folder holds no file"):
        open_sources([tmp_path / "empty"])
    with pytest.raises(BadInputError, match=r"unknown kind \(suffix '.png'\)"):
        open_sources([tmp_path / "a.png"])
    with pytest.raises(NotFoundError):
        open_sources([tmp_path / "gone"])


def test_a_file_that_vanishes_before_it_is_read(mixed):
    """What goes away between looking and reading is a refusal; the rest is read."""
    sources = open_sources([mixed])
    shutil.rmtree(mixed / "deep")
    documents, rejected = read(*sources)

    assert ["of a", "of e"] == [d.text for d in documents]
    assert [("unreadable file", 1)] * 3 == reasons(rejected)


def test_a_pipe_is_not_waited_for(tmp_path):
    """A named pipe is told to be no file of a known kind."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInputError, match="unknown kind"):
        open_sources([tmp_path / "pipe"])


def test_names_taken_apart():
    """Stem, suffix and folder of paths and URLs, packed or not."""
    assert [_files.stem(p) for p in ("d/a.jsonl.gz", "a.tar.zst", "s3://b/c.d.csv", "d/.x")] == [
        "a",
        "a",
        "c.d",
        ".x",
    ]
    assert [_files.suffix(p) for p in ("a.JSONL.GZ", "a.txt", "a", "a.gz")] == [".jsonl", ".txt", "", ""]
    assert _files.folder_name("s3://bucket/dir/a.txt") == "dir"
    assert _files.local("file:///a%20b") == "/a b"
