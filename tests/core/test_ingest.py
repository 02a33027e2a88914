"""Ingest as a whole: from files to a corpus, nothing lost uncounted, all or nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import tokenize
from core.errors import BadInputError, NotFoundError
from core.ingest import ingest, ingest_demo, ingest_sources, reserved_names, sampled
from core.types import Document, DomainCount
from core.workspace import Workspace
from tests.core.small_files import PACKERS, jsonl, lines_of, texts

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "ws")


def rows(home, name, *columns):
    """Return the columns' values, row by row."""
    table = home.read(home.corpus(name), columns)
    return list(zip(*(table[column].to_pylist() for column in columns), strict=True))


def mixed(folder):
    """Write the same kind of record in every format."""
    folder.mkdir()
    jsonl(folder / "a.jsonl", texts(3))
    jsonl(folder / "b.jsonl.gz", texts(3), ".gz")
    jsonl(folder / "c.jsonl.zst", texts(3), ".zst")
    pq.write_table(pa.table({"text": ["of d"], "n": [1]}), folder / "d.parquet")
    (folder / "e.csv").write_text('text,n\n"two\nlines",2\n')
    return folder


# --- what becomes a corpus ----------------------------------------------------------------------------


def test_every_format_in_one_corpus(home, tmp_path):
    """Counts are by source, ids are made unique across files, fields become typed columns."""
    corpus = ingest(home, "all", mixed(tmp_path / "in"))

    assert corpus.documents == 11
    assert {"a": 3, "b": 3, "c": 3, "d": 1, "e": 1} == {k: v.documents for k, v in corpus.domains.items()}
    assert rows(home, "all", "id", "n") == [
        ("d0", None), ("d1", None), ("d2", None), ("d0#2", None), ("d1#2", None), ("d2#2", None),
        ("d0#3", None), ("d1#3", None), ("d2#3", None), ("d:1", 1), ("e:2", 2),
    ]  # fmt: skip
    assert corpus == home.corpus("all")
    assert corpus.origin["paths"] == [str(tmp_path / "in")]


def test_tokens_are_the_tokenizers_own(home, tmp_path):
    """Token counts add up by domain to what encoding each text gives."""
    written = ["Hello, world!", "größe 中文", "[MASK] it"]
    jsonl(tmp_path / "a.jsonl", [{"text": text, "source": f"s{i}"} for i, text in enumerate(written)])
    corpus = ingest(home, "c", tmp_path / "a.jsonl")
    own = [len(e.ids) for e in tokenize._tokenizer().encode_batch(written, add_special_tokens=False)]

    assert [(n,) for n in own] == rows(home, "c", "tokens")
    assert {f"s{i}": DomainCount(1, n) for i, n in enumerate(own)} == corpus.domains
    assert (corpus.tokens, corpus.tokenizer) == (sum(own), tokenize.tokenizer_name())


def test_fields_are_typed_and_clashes_renamed(home, tmp_path):
    """Fields keep their type; one that a stage will write is renamed, so is one that differs by case."""
    record = {
        "text": "t", "n": 1, "f": 0.5, "b": True, "s": "x", "map": {"k": [1]}, "row": 9, "tokens": 8, "N": 2,
        "content_hash": "h", "toxicity": 0.1, "cluster": 3, "": "no name", "a\"b'; --": 1,
    }  # fmt: skip
    corpus = ingest(home, "c", jsonl(tmp_path / "a.jsonl", [record]))
    table = home.query(corpus, "SELECT * FROM documents")
    value = table.to_pylist()[0]

    assert (1, 0.5, True, "x", '{"k": [1]}', 2) == tuple(value[k] for k in ("n", "f", "b", "s", "map", "N_2"))
    assert (9, 8, "h", 0.1, 3) == tuple(
        value[f"{k}_"] for k in ("row", "tokens", "content_hash", "toxicity", "cluster")
    )
    assert ("no name", 1, 0) == (value["unnamed"], value["a\"b'; --"], value["row"])
    assert {"toxicity", "language", "word_count", "row", "text", "x", "y"} <= reserved_names()


def test_a_field_of_many_types_and_sizes(home, tmp_path):
    """Integers beside floats become floats, beside text text; integers beyond 64 bits become text."""
    values = [(1, 1, 1, 1), (0.5, "x", 10**30, None), (None, None, -5, [1])]
    records = [{"text": "t", "a": a, "b": b, "c": c, "d": d} for a, b, c, d in values]
    ingest(home, "c", jsonl(tmp_path / "a.jsonl", records))

    assert rows(home, "c", "a", "b", "c", "d") == [
        (1.0, "1", "1", "1"), (0.5, "x", str(10**30), None), (None, None, "-5", "[1]")
    ]  # fmt: skip


def test_hostile_values_reach_the_disk(home, tmp_path):
    """NaN, infinity, lone surrogates in text, ids, sources, values and names, and zero bytes are stored."""
    line = (
        b'{"text": "a\\ud800b\\u0000", "id": "\\udfff", "source": "s\\ud800", "v": NaN, "w": 1e999,'
        b' "\\ud800k": "\\udc00", "text": "last \\ud83d", "big": 1' + b"0" * 400 + b"}\n"
    )
    corpus = ingest(home, "c", jsonl(tmp_path / "a.jsonl", [line, line]))

    assert [("last \ufffd",)] * 2 == rows(home, "c", "text")
    assert (
        corpus.documents
        == home.query(corpus, "SELECT count(DISTINCT id) AS n FROM documents")["n"][0].as_py()
    )
    assert len(home.query(corpus, "SELECT * FROM documents")) == 2


def test_names_of_files_that_are_no_unicode(home, tmp_path):
    """Latin-1 bytes in the names of files and folders are no reason to stop."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    (folder / os.fsdecode(b"th\xe9")).mkdir(parents=True)
    (folder / os.fsdecode(b"th\xe9") / os.fsdecode(b"\xe9.txt")).write_text("a")
    (folder / os.fsdecode(b"\xe9.txt")).write_bytes(b"\xe9")
    corpus = ingest(home, "c", folder)

    assert [("th\ufffd/\ufffd.txt", "th\ufffd")] == rows(home, "c", "id", "source")
    assert corpus.rejected == {"wrong encoding": 1}
    assert corpus.origin["paths"][0].endswith("caf\ufffd")


def test_named_fields_reach_every_format(home, tmp_path):
    """Text, id and source fields are taken in JSON Lines, Parquet and tables alike."""
    record = {"words": "w", "key": 5, "from": "web", "text": "no"}
    jsonl(tmp_path / "a.jsonl", [record])
    pq.write_table(pa.Table.from_pylist([record]), tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("words,key,from,text\nw,5,web,no\n")
    ingest(home, "c", tmp_path, text_field="words", id_field="key", source_field="from")

    assert [(key, "w", "web") for key in ("5", "5#2", "5#3")] == rows(home, "c", "id", "text", "source")


# --- what is refused ----------------------------------------------------------------------------------


def test_all_damage_is_counted_and_the_rest_kept(home, tmp_path):
    """Each refused record stands under `rejected` with reason, file and line; the good ones are kept."""
    folder = mixed(tmp_path / "in")
    lines = [
        b"{broken\n",
        {"text": ""},
        {"text": None},
        {"other": 1},
        {"text": 5},
        b'{"text": "\xe9"}\n',
        b"[" * 9999 + b"\n",
    ]
    jsonl(folder / "bad.jsonl", [{"text": "good"}, *lines])
    (folder / "cut.jsonl.gz").write_bytes(PACKERS[".gz"](lines_of(texts(900)))[:-20])
    (folder / "cut.jsonl.zst").write_bytes(PACKERS[".zst"](lines_of(texts(900)))[:-20])
    (folder / "x.parquet").write_bytes(b"PAR1 no parquet")
    (folder / "ragged.csv").write_text("text,n\na,1,2,3\nb,2\n")
    corpus = ingest(home, "c", folder)
    table = home.rejected("c").to_pylist()
    bad = {(r["line"], r["reason"]) for r in table if r["path"].endswith("bad.jsonl")}

    assert bad == {
        (2, "broken line"), (3, "empty text"), (4, "empty text"), (5, "missing field"), (6, "not text"),
        (7, "wrong encoding"), (8, "broken line"),
    }  # fmt: skip
    assert ("b",) in rows(home, "c", "text")
    assert {r["path"].rsplit("/", 1)[-1] for r in table} == {
        "bad.jsonl", "cut.jsonl.gz", "cut.jsonl.zst", "x.parquet", "ragged.csv"
    }  # fmt: skip
    assert corpus.rejected == home.corpus("c").rejected
    assert {"truncated file": 2} == {k: v for k, v in corpus.rejected.items() if k == "truncated file"}
    assert len(table) == sum(corpus.rejected.values())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([b"{x\n"] * 3, "a.jsonl, line 1: no document could be read: 3 of 3 refused for 'broken line'"),
        ([{"foo": "a"}], "'missing field', no field is known .*: foo; name the right one with --text-field"),
        ([{"text": ""}], "refused for 'empty text'; check which field"),
        ([], "there was no record to read; check that the files hold any"),
    ],
)
def test_nothing_readable_is_one_line(home, tmp_path, lines, message):
    """Where not one document can be read, the error says why, where and what to do; nothing is left."""
    with pytest.raises(BadInputError, match=message) as caught:
        ingest(home, "c", jsonl(tmp_path / "a.jsonl", lines))

    assert "\n" not in str(caught.value)
    assert home.corpora() == []
    assert list((home.folder / "corpora").iterdir()) == []


def test_wrong_names_numbers_and_paths(home, tmp_path):
    """A corpus name that is no file name, a sample below 1, a path that is not there: bad input."""
    path = jsonl(tmp_path / "a.jsonl", texts(1))
    with pytest.raises(BadInputError, match="a corpus's name is"):
        ingest(home, "../x", path)
    for size in (0, -1):
        with pytest.raises(BadInputError, match="must be 1 or more"):
            ingest(home, "c", path, sample=size)
    with pytest.raises(NotFoundError, match="no such file or folder"):
        ingest(home, "c", [path, tmp_path / "gone"])

    assert home.corpora() == []


# --- all or nothing -----------------------------------------------------------------------------------


class Breaking:
    """A source that breaks after some documents."""

    name, version = "breaking", 1

    def read(self):
        yield from (Document(f"x{i}", "new text", "s") for i in range(9000))
        raise RuntimeError("the disk is gone")


def test_an_exception_leaves_the_old_corpus_whole(home, tmp_path):
    """When reading breaks, the corpus of that name is as it was, and nothing lies about."""
    before = ingest(home, "c", jsonl(tmp_path / "a.jsonl", texts(5)))
    with pytest.raises(RuntimeError, match="the disk is gone"):
        ingest_sources(home, "c", [Breaking()])

    assert before == home.corpus("c")
    assert 5 == len(rows(home, "c", "text"))
    assert {"CURRENT", before.fingerprint} == {
        path.name for path in (home.folder / "corpora" / "c").iterdir()
    }

    with pytest.raises(RuntimeError):
        ingest_sources(home, "other", [Breaking()])

    assert home.corpora() == ["c"]


ENDLESS = """
import sys
from core.ingest import ingest_sources
from core.types import Document
from core.workspace import Workspace
class Endless:
    name, version = "endless", 1
    def read(self):
        for i in range(10**9):
            if i == 20_000: print("reading", flush=True)
            yield Document(f"x{i}", f"text {i}", "s")
ingest_sources(Workspace(sys.argv[1]), sys.argv[2], [Endless()])
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_kill_leaves_the_old_corpus_whole(home, tmp_path, sign):
    """Killed in the midst of writing, an ingest changes nothing; the next one sweeps up after it."""
    before = ingest(home, "c", jsonl(tmp_path / "a.jsonl", texts(5)))
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(home.folder), "c"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout.readline() == b"reading\n"
    process.send_signal(sign)
    process.wait()

    assert before == home.corpus("c")
    assert 5 == len(rows(home, "c", "text"))

    after = ingest(home, "c", jsonl(tmp_path / "a.jsonl", texts(6)))

    assert {"CURRENT", after.fingerprint} == {path.name for path in (home.folder / "corpora" / "c").iterdir()}


def test_two_at_once_leave_one_whole_corpus(home, tmp_path):
    """Two ingests of one name do not mix: what is there at the end is all of one of them."""
    paths = [jsonl(tmp_path / f"{count}.jsonl", texts(count)) for count in (300, 500)]
    for _ in range(3):
        failed = []

        def run(path, failed=failed):
            try:
                ingest(home, "c", path)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=run, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failed == []
        assert len(rows(home, "c", "text")) == home.corpus("c").documents
        assert home.corpus("c").documents in (300, 500)


def test_the_same_input_is_the_same_corpus(home, tmp_path, monkeypatch):
    """Contents, order and settings give the fingerprint: not the time, the part size or the workers."""
    paths = [jsonl(tmp_path / "a.jsonl", texts(5000, 3)), mixed(tmp_path / "in")]
    first = ingest(home, "one", paths)
    monkeypatch.setattr(tokenize, "BATCH_DOCUMENTS", 100)
    time.sleep(0.01)
    second = ingest(home, "two", paths, workers=2)

    assert (first.fingerprint, first.tokens) == (second.fingerprint, second.tokens)
    assert rows(home, "one", "id", "tokens") == rows(home, "two", "id", "tokens")
    assert first.fingerprint != ingest(home, "three", paths[::-1]).fingerprint


def test_progress_is_told(home, tmp_path):
    """Whoever watches hears of every 500 records, and of the end."""
    told = []
    ingest(home, "c", jsonl(tmp_path / "a.jsonl", texts(1200)), progress=lambda *step: told.append(step))

    assert told == [(500, None, "reading c"), (1000, None, "reading c"), (1200, 1200, "reading c")]


# --- samples ------------------------------------------------------------------------------------------


def stream(**sizes):
    """Return documents of sources of given sizes, mixed in a fixed order."""
    made = [Document(f"{source}{i}", "t", source) for source, size in sizes.items() for i in range(size)]
    return sorted(made, key=lambda document: document.id[::-1])


def test_a_sample_is_uniform():
    """Over 3,000 seeds every document of 20 is taken alike: chi-square below its 99.9 % point."""
    documents = stream(a=20)
    seeds, size = 3000, 5
    taken = dict.fromkeys((document.id for document in documents), 0)
    for seed in range(seeds):
        for document in sampled(documents, size, seed):
            taken[document.id] += 1
    expected = seeds * size / 20
    # Drawn without replacement, each count varies by the factor (1 - 5/20) less than a binomial's.
    chi = sum((count - expected) ** 2 / expected for count in taken.values()) / (1 - size / 20) * 19 / 20

    assert sum(taken.values()) == seeds * size
    assert chi < 43.8  # 19 degrees of freedom


def test_pairs_are_taken_alike():
    """Neighbours are not taken together more often than others."""
    documents, seeds, pairs = stream(a=8), 4000, {}
    for seed in range(seeds):
        one, two = [document.id for document in sampled(documents, 2, seed)]
        pairs[one, two] = pairs.get((one, two), 0) + 1
    expected = seeds / 28
    chi = sum((count - expected) ** 2 / expected for count in pairs.values())

    assert len(pairs) == 28
    assert chi < 55.5  # 27 degrees of freedom, 99.9 %


def test_a_sample_is_seeded_ordered_and_grows():
    """One seed is one sample, in the stream's order; a larger sample holds the smaller one."""
    documents = stream(a=500)
    few, more = (list(sampled(iter(documents), size, 7)) for size in (20, 60))

    assert few == list(sampled(documents, 20, 7)) != list(sampled(documents, 20, 8))
    assert few == [document for document in documents if document in few]
    assert {d.id for d in few} < {d.id for d in more}
    assert documents == list(sampled(documents, 900, 7))


def test_a_stratified_sample_is_equal_by_source():
    """Sources give equal numbers; small ones are whole, and the others make up for them."""
    counts = {}
    for document in sampled(stream(a=1000, b=100, c=3, d=400), 63, 1, stratify=True):
        counts[document.source] = counts.get(document.source, 0) + 1

    assert counts == {"a": 20, "b": 20, "c": 3, "d": 20}
    assert 7 == len(list(sampled(stream(a=2, b=5), 90, 1, stratify=True)))


def test_a_stratified_sample_is_uniform_in_each_source():
    """Inside a source every document is taken alike."""
    documents, taken = stream(a=12, b=40), {}
    for seed in range(2000):
        for document in sampled(documents, 12, seed, stratify=True):
            taken[document.id] = taken.get(document.id, 0) + 1

    for source, size in (("a", 12), ("b", 40)):
        counts = [taken[f"{source}{i}"] for i in range(size)]
        expected = 2000 * 6 / size
        assert abs(sum(counts) - 2000 * 6) == 0
        assert max(abs(count - expected) for count in counts) < 5 * expected**0.5


def test_a_sample_holds_no_more_than_itself():
    """Of a million documents, ten are held at a time."""
    held, most = 0, 0

    class Counted(str):
        __slots__ = ()

        def __del__(self):
            nonlocal held
            held -= 1

    def documents():
        nonlocal held, most
        for i in range(100_000):
            held += 1
            most = max(most, held)
            yield Document(Counted(i), "t", "s")

    assert 10 == len(list(sampled(documents(), 10, 0)))
    assert most <= 13


def test_a_sample_of_files_and_its_origin(home, tmp_path):
    """The sample and its seed stand in the corpus's origin; refusals are those of the whole input."""
    path = jsonl(tmp_path / "a.jsonl", [*texts(50), b"broken\n"])
    corpus = ingest(home, "c", path, sample=10, seed=3)

    assert (corpus.documents, corpus.rejected) == (10, {"broken line": 1})
    assert (corpus.origin["sample"], corpus.origin["seed"], corpus.origin["stratify"]) == (10, 3, False)
    assert corpus.fingerprint == ingest(home, "d", path, sample=10, seed=3).fingerprint
    assert corpus.fingerprint != ingest(home, "e", path, sample=10, seed=4).fingerprint


# --- the demo -----------------------------------------------------------------------------------------


def test_the_demo_is_the_same_twice(home):
    """On one machine the demo's fingerprint does not change, and no document is refused."""
    first, second = (ingest_demo(home, name, documents=300) for name in ("one", "two"))

    assert first.fingerprint == second.fingerprint
    assert (first.documents, first.rejected) == (300, {})
    assert len(first.domains) >= 6
    assert {"package", "path", "license", "year"} <= set(first.fields)
