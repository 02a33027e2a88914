"""Lines of JSON from anybody."""

import pytest

from core.backend.data.lines import json_object, sound
from core.backend.data.sealed import open_manifest
from core.backend.reading.documents import read_texts
from core.errors import BadInputError

DEEP = b'{"text": ' + b"[" * 100_000


@pytest.mark.parametrize("line", [b"", b"[1]", b"null", b'{"text": "caf\xe9"}', b"9" * 5000, DEEP])
def test_what_is_no_object_is_empty(line):
    """Whether it is another value, no JSON, no UTF-8, or nested without end."""
    assert {} == json_object(line)


def test_half_a_surrogate_pair_becomes_a_question_mark(sealed_bytes, tmp_path):
    """In ids as in texts, of a manifest's files and of texts that are named: no file can hold it."""
    line = b'{"id": "a\\ud800", "text": "b\\ud800"}\n'
    (tmp_path / "texts.jsonl").write_bytes(line)

    assert "?" == sound("\ud800")
    assert [("a?", "b?")] == [*read_texts(tmp_path / "texts.jsonl")]
    assert [("a?", "b?")] == [*open_manifest(sealed_bytes(line)).documents("a")]


def test_a_line_nested_without_end_is_named(sealed_bytes, tmp_path):
    """And nothing of it is quoted."""
    (tmp_path / "texts.jsonl").write_bytes(DEEP)
    with pytest.raises(BadInputError, match=r"texts.jsonl line 1: holds no `text`"):
        [*read_texts(tmp_path / "texts.jsonl")]
    with pytest.raises(BadInputError, match=r"a.jsonl line 1: holds no id and text"):
        [*open_manifest(sealed_bytes(DEEP)).documents("a")]
