"""JSON Lines as they come: packed, broken, cut short, hostile."""

import json
import math
import tracemalloc

import pytest

from core.sources.jsonl import Jsonl
from core.types import Document, Rejected
from tests.core.small_files import PACKERS, jsonl, lines_of, read, reasons, texts

GOOD = {"id": "good", "text": "a good text"}


@pytest.mark.parametrize("pack", PACKERS)
def test_packed_and_plain_give_the_same(tmp_path, pack):
    """Compression is told by the first bytes, whatever the file is called."""
    path = jsonl(tmp_path / "a.jsonl", texts(300), pack)
    documents, rejected = read(Jsonl(path))

    assert [(f"d{i}", f"text number {i} ", "a") for i in range(300)] == [
        (d.id, d.text, d.source) for d in documents
    ]
    assert rejected == []


def test_other_fields_stay_as_scalars(tmp_path):
    """Numbers, booleans and nulls stay what they are; maps and lists become JSON; meta is flattened."""
    record = {
        "id": 7, "text": "x y", "source": "web", "score": 0.5, "n": 3, "ok": True, "none": None, "url": "u",
        "tags": ["a", "ä"], "map": {"k": [1]}, "meta": {"lang": "de", "deep": {"a": 1}},
    }  # fmt: skip
    documents, _ = read(Jsonl(jsonl(tmp_path / "a.jsonl", [record])))
    fields = {
        "score": 0.5, "n": 3, "ok": True, "none": None, "url": "u", "tags": '["a", "ä"]',
        "map": '{"k": [1]}', "meta_lang": "de", "meta_deep": '{"a": 1}',
    }  # fmt: skip

    assert documents == [Document("7", "x y", "web", fields)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{\n", "broken line"),
        (b'{"text": "cut of\n', "broken line"),
        (b"[1, 2]\n", "broken line"),
        (b'"text"\n', "broken line"),
        (b"\x00\x00\x00\n", "broken line"),
        (b"[" * 100_000 + b"\n", "broken line"),
        (b'{"text": ' + b'{"a":' * 100_000 + b"\n", "broken line"),
        (b'{"text": "a", "n": ' + b"9" * 10_000 + b"}\n", "broken line"),
        ('{"text": "é"}\n'.encode("latin-1"), "wrong encoding"),
        (b"\xff\xfe" + '{"text": "a"}'.encode("utf-16-le") + b"\n", "wrong encoding"),
        (b'{"id": 1, "body": "another field"}\n', "missing field"),
        (b"{}\n", "missing field"),
        (b'{"text": null}\n', "empty text"),
        (b'{"text": ""}\n', "empty text"),
        (b'{"text": " \\n\\t "}\n', "empty text"),
        (b'{"text": []}\n', "empty text"),
        (b'{"text": 5}\n', "not text"),
        (b'{"text": {"a": 1}}\n', "not text"),
        (b'{"text": [[1]]}\n', "not text"),
        (b'{"text": "' + b"a" * 2000 + b'"}\n', "too large"),
        (b'{"text": "a", "more": "' + b"a" * 5000 + b'"}\n', "too large"),
    ],
)
def test_damage_is_counted_by_line_and_the_rest_is_kept(tmp_path, line, reason):
    """A record that is no document is refused with its reason and line; those around it stay."""
    path = jsonl(tmp_path / "a.jsonl", [GOOD, line, b"\n", GOOD])
    limit = 300_000 if len(line) > 6000 else 1500
    documents, rejected = read(Jsonl(path, max_bytes=limit))

    assert reasons(rejected) == [(reason, 2)]
    assert {path} == {one.path for one in rejected}
    assert [d.text for d in documents] == ["a good text", "a good text"]


def test_refusals_never_hold_the_text(tmp_path):
    """What a refusal says in detail is field names and positions, not corpus text."""
    secret = "s3cret"
    lines = [f'{{"text": "{secret}\n'.encode(), f'{{"text": "{secret} é"}}\n'.encode("latin-1")]
    _, rejected = read(Jsonl(jsonl(tmp_path / "a.jsonl", [*lines, {"other": secret}])))

    assert len(rejected) == 3
    assert secret not in "".join(one.detail for one in rejected)


def test_a_deep_value_under_the_parser_limit_does_not_break_the_field(tmp_path):
    """A list that can just be parsed is written back as JSON or refused, never raised."""
    for depth in (100, 900, 990, 5000, 30_000):
        deep = b'{"text": "a", "deep": ' + b"[" * depth + b"]" * depth + b"}\n"
        documents, rejected = read(Jsonl(jsonl(tmp_path / "a.jsonl", [GOOD, deep, GOOD])))

        assert 3 == len(documents) + len(rejected)
        assert len(documents) >= 2

        text = b'{"text": ' + b"[" * depth + b"]" * depth + b"}\n"
        documents, rejected = read(Jsonl(jsonl(tmp_path / "a.jsonl", [GOOD, text, GOOD])))

        assert 2 == len(documents)
        assert rejected[0].reason in ("empty text", "not text", "broken line")


def test_odd_but_valid_json(tmp_path):
    """NaN, infinities, huge integers, repeated keys, byte order marks and lone surrogates are read."""
    lines = [
        b'\xef\xbb\xbf{"text": "bom", "v": NaN}\n',
        b'{"text": "twice", "text": "last wins", "v": -Infinity}\n',
        b'{"text": "lone \\ud800 surrogate", "v": 123456789012345678901234567890}\n',
        b'{"text": "pair \\ud83d\\ude00", "v": 1e400}\r\n',
        b'{"text": "zero \\u0000 byte", "v": "\\udfff", "\\ud800": 1}',
    ]
    documents, rejected = read(Jsonl(jsonl(tmp_path / "a.jsonl", lines)))

    assert rejected == []
    assert [d.text for d in documents] == [
        "bom", "last wins", "lone \ufffd surrogate", "pair \U0001f600", "zero \0 byte"
    ]  # fmt: skip
    assert math.isnan(documents[0].fields["v"])
    assert documents[2].fields["v"] == 123456789012345678901234567890


@pytest.mark.parametrize("pack", [p for p in PACKERS if p])
@pytest.mark.parametrize("share", [0.5, 0.999])
def test_a_cut_archive_gives_all_before_the_cut(tmp_path, pack, share):
    """A truncated file is one refusal, and the records before the break are kept."""
    import random

    rng = random.Random(0)
    records = [{"text": " ".join(str(rng.random()) for _ in range(20))} for _ in range(2000)]
    whole = PACKERS[pack](lines_of(records))
    path = tmp_path / f"a.jsonl{pack}"
    path.write_bytes(whole[: int(len(whole) * share)])
    documents, rejected = read(Jsonl(str(path)))

    assert [r["text"] for r in records][: len(documents)] == [d.text for d in documents]
    assert len(documents) < 2000
    assert "truncated file" in [one.reason for one in rejected]
    assert len(rejected) <= 2


@pytest.mark.parametrize("pack", [p for p in PACKERS if p])
def test_a_damaged_archive_is_refused(tmp_path, pack):
    """Bytes changed in the middle of an archive are a refusal, not an exception."""
    raw = bytearray(PACKERS[pack](lines_of(texts(5000))))
    middle = len(raw) // 2
    raw[middle : middle + 40] = bytes(range(40))
    path = tmp_path / "a.jsonl"
    path.write_bytes(raw)
    documents, rejected = read(Jsonl(str(path)))

    assert len(documents) < 5000
    assert {one.reason for one in rejected} <= {
        "damaged file", "truncated file", "broken line", "wrong encoding", "missing field"
    }  # fmt: skip
    assert rejected[-1].reason in ("damaged file", "truncated file")


def test_several_frames_in_one_archive(tmp_path):
    """Archives put one after another, as parallel writers make them, are read to the end."""
    for pack in PACKERS:
        raw = b"".join(PACKERS[pack](lines_of([record])) for record in texts(5))
        (tmp_path / "a.jsonl").write_bytes(raw)

        assert [f"d{i}" for i in range(5)] == [d.id for d in read(Jsonl(str(tmp_path / "a.jsonl")))[0]]


@pytest.mark.parametrize("pack", ["", ".gz", ".zst"])
def test_a_line_without_end_is_never_held(tmp_path, pack):
    """A line of 60 MB is refused with a few megabytes of memory, and the one after it read."""
    line = b'{"text": "' + b"a" * 60_000_000 + b'"}\n'
    path = jsonl(tmp_path / "a.jsonl", [GOOD, line, GOOD], pack)
    del line
    tracemalloc.start()
    documents, rejected = read(Jsonl(path, max_bytes=1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert reasons(rejected) == [("too large", 2)]
    assert len(documents) == 2
    assert peak < 12_000_000


def test_the_limit_of_50_mb_is_exact(tmp_path):
    """A text of 50 MB is too large; one byte less is a document."""
    lines = [b'{"text": "' + b"a" * size + b'"}\n' for size in (49_999_999, 50_000_000)]
    documents, rejected = read(Jsonl(jsonl(tmp_path / "a.jsonl", lines)))

    assert [49_999_999] == [len(d.text) for d in documents]
    assert reasons(rejected) == [("too large", 2)]


def test_a_file_that_cannot_be_opened(tmp_path):
    """A missing or unreadable file is one refusal."""
    assert [Rejected("unreadable file", str(tmp_path), 1, "IsADirectoryError")] == read(Jsonl(str(tmp_path)))[
        1
    ]
    assert reasons(read(Jsonl(str(tmp_path / "gone.jsonl")))[1]) == [("unreadable file", 1)]


def test_ids_that_nobody_gave_name_the_line(tmp_path):
    """Without an id field the id is file and line."""
    path = jsonl(tmp_path / "b.jsonl.gz", [{"text": "x"}, b"\n", {"text": "y"}], ".gz")

    assert ["b:1", "b:3"] == [d.id for d in read(Jsonl(path))[0]]


def test_empty_files(tmp_path):
    """A file of nothing gives nothing."""
    for raw in (b"", b"\n\n", PACKERS[".gz"](b""), PACKERS[".zst"](b"")):
        (tmp_path / "a.jsonl").write_bytes(raw)

        assert ([], []) == read(Jsonl(str(tmp_path / "a.jsonl")))


def test_json_written_by_others(tmp_path):
    """Lines written by pandas are read as they were."""
    import pandas as pd

    frame = pd.DataFrame({"text": ['a "quoted"\ntext', "zwei"], "when": ["2020-01-01"] * 2})
    frame.to_json(tmp_path / "p.jsonl", orient="records", lines=True, compression=None)
    documents, _ = read(Jsonl(str(tmp_path / "p.jsonl")))

    assert ['a "quoted"\ntext', "zwei"] == [d.text for d in documents]
    assert (
        json.loads((tmp_path / "p.jsonl").read_text().splitlines()[0])["when"] == documents[0].fields["when"]
    )
