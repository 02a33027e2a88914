"""Folders of text files."""

import gzip
import os

import pytest
import zstandard

from core.sources.plain_text import PlainText
from core.types import Document
from tests.core.small_files import read


def test_a_folder_gives_a_document_a_file(tmp_path):
    """The source is the first subfolder, else the folder's name; hidden files are passed over."""
    home = tmp_path / "prose"
    for name in ("b.txt", "poems/one/a.md", "poems/c.txt", ".hidden/x.txt", ".y.txt", "__pycache__/z.py"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"text of {name}")
    documents, rejected = read(PlainText(str(home)))

    assert rejected == []
    assert documents == [
        Document(name, f"text of {name}", source, {"path": name, "format": name.rsplit(".", 1)[-1]})
        for name, source in [("b.txt", "prose"), ("poems/c.txt", "poems"), ("poems/one/a.md", "poems")]
    ]


def test_a_single_file_and_a_trailing_slash(tmp_path):
    """One file is a document of its folder; a slash at the end changes nothing."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("hello")
    alone = read(PlainText(str(tmp_path / "notes" / "a.txt")))[0]

    assert alone == read(PlainText(f"{tmp_path}/notes/"))[0] == read(PlainText(f"{tmp_path}/notes"))[0]
    assert [("a.txt", "notes")] == [(d.id, d.source) for d in alone]


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.txt", b"", "empty text"),
        ("a.txt", b" \n\t", "empty text"),
        ("a.txt", "é".encode("latin-1"), "wrong encoding"),
        ("a.txt", b"\xff\xfea", "wrong encoding"),
        ("a.txt", b"ab\0cd", "not text"),
        ("a.txt", b"x" * 1000, "too large"),
        ("a.txt", gzip.compress(b"y" * 5000, mtime=0), "too large"),
        ("a.txt.gz", gzip.compress(os.urandom(500))[:300], "truncated file"),
        ("a.txt.zst", zstandard.compress(os.urandom(500))[:300], "truncated file"),
        ("a.png", b"\x89PNG", "unknown kind of file"),
        ("a.exe", b"text really", "unknown kind of file"),
    ],
)
def test_what_is_no_text_is_refused_and_the_rest_kept(tmp_path, name, raw, reason):
    """Each damaged file is one refusal by its path."""
    (tmp_path / name).write_bytes(raw)
    (tmp_path / "good.txt").write_text("good")
    documents, rejected = read(PlainText(str(tmp_path), max_bytes=1000))

    assert ["good"] == [d.text for d in documents]
    assert [(reason, str(tmp_path / name), None)] == [(r.reason, r.path, r.line) for r in rejected]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark(tmp_path, encoding):
    """UTF-8 and whatever begins with a byte order mark is read, the mark taken off."""
    (tmp_path / "a.txt").write_text("größe 中", encoding=encoding)

    assert ["größe 中"] == [d.text for d in read(PlainText(str(tmp_path)))[0]]


def test_links_in_circles_and_to_nowhere(tmp_path):
    """A link to a folder above is not followed; a dead link and one to itself are refused."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    (tmp_path / "dead.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    documents, rejected = read(PlainText(str(tmp_path)))

    assert ["in/a.txt"] == [d.id for d in documents]
    assert [("unreadable file", "dead.txt"), ("unreadable file", "self.txt")] == [
        (r.reason, r.path.rsplit("/", 1)[-1]) for r in rejected
    ]


def test_a_pipe_does_not_hang(tmp_path):
    """A named pipe that nobody writes to is refused, not waited for."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_text("a")
    documents, rejected = read(PlainText(str(tmp_path)))

    assert ["a"] == [d.text for d in documents]
    assert ["unreadable file"] == [r.reason for r in rejected]


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    """Without permission the file is refused."""
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "a.txt").chmod(0)
    documents, rejected = read(PlainText(str(tmp_path)))
    may = os.geteuid() == 0  # the superuser reads everything

    assert (may, not may) == (len(documents) == 1, [r.reason for r in rejected] == ["unreadable file"])


def test_names_that_are_no_unicode(tmp_path):
    """A file name of Latin-1 bytes is a name like any other."""
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("a")

    assert ["a"] == [d.text for d in read(PlainText(str(tmp_path)))[0]]
