"""The workspace keeps documents and columns whole, by fingerprint, whatever happens meanwhile."""

import multiprocessing
import os
import signal
import time

import numpy as np
import pytest

from core.errors import BadInputError, NotFoundError
from core.types import Document, Mixture, Rejected
from core.workspace import Workspace


def documents(count, **fields):
    return [
        (
            Document(f"d{i}", f"text number {i}", "web" if i % 3 else "code", fields | {"year": 1900 + i}),
            i + 1,
        )
        for i in range(count)
    ]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "ws")


@pytest.fixture
def corpus(workspace):
    return workspace.write_corpus("small", documents(10), tokenizer="words")


def length(table):
    return {"length": np.array([len(text) for text in table["text"].to_pylist()], dtype=np.int32)}


def test_corpus_counts_documents_and_tokens_by_domain(workspace, corpus):
    """A corpus knows how much of each domain it holds, and reads back as it was written."""
    assert (corpus.documents, corpus.tokens) == (10, 55)
    assert {name: count.documents for name, count in corpus.domains.items()} == {"code": 4, "web": 6}
    assert corpus == workspace.corpus("small")


def test_same_documents_give_the_same_fingerprint(workspace, corpus):
    """The fingerprint is of the contents, not of the name or the moment."""
    again = workspace.write_corpus("other", documents(10))

    assert corpus.fingerprint == again.fingerprint


def test_fields_of_several_types_become_text_and_missing_ones_null(workspace):
    """A field that changes its type between records is text; one that comes late is null before."""
    rows = [(Document("a", "x", "s", {"v": 1}), 1), (Document("b", "y", "s", {"v": "one", "late": 2.5}), 1)]
    corpus = workspace.write_corpus("mixed", rows)

    table = workspace.read(corpus, ["v", "late"])

    assert table.to_pydict() == {"v": ["1", "one"], "late": [None, 2.5]}


def test_fields_are_aligned_between_parts(workspace, monkeypatch):
    """Parts written before a field appeared, or with another type, are brought into line."""
    monkeypatch.setattr("core.tables.PART_ROWS", 2)
    rows = [(Document(str(i), "x", "s", {"v": i} if i < 3 else {"v": "t", "w": True}), 1) for i in range(5)]
    corpus = workspace.write_corpus("parts", rows)

    table = workspace.query(corpus, "SELECT v, w FROM documents ORDER BY row")

    assert table.to_pydict() == {"v": ["0", "1", "2", "t", "t"], "w": [None, None, None, True, True]}


def test_failed_ingest_leaves_the_old_corpus(workspace, corpus):
    """When the stream of documents breaks, nothing of the new corpus is there and the old one stands."""

    def broken():
        yield from documents(3)
        raise OSError("disk on fire")

    with pytest.raises(OSError, match="fire"):
        workspace.write_corpus("small", broken())
    with pytest.raises(OSError, match="fire"):
        workspace.write_corpus("fresh", broken())

    assert workspace.corpora() == ["small"]
    assert corpus == workspace.corpus("small")


def test_corpus_without_documents_is_refused(workspace):
    """A corpus of nothing names the most common reason."""
    with pytest.raises(BadInputError, match="no document could be read \\(empty text\\)"):
        workspace.write_corpus("none", [], rejected=[Rejected("empty text", "f.jsonl", 1)])

    assert workspace.corpora() == []


def test_rejected_records_are_kept_with_file_and_line(workspace):
    """What ingest refused stays visible."""
    corpus = workspace.write_corpus("c", documents(1), rejected=[Rejected("not JSON", "f.jsonl", 7)])

    assert corpus.rejected == {"not JSON": 1}
    assert workspace.rejected("c")["line"].to_pylist() == [7]


def test_column_appears_in_the_view(workspace, corpus):
    """A column is there for SQL as soon as it is whole."""
    column = workspace.column(corpus, "length", 1, {}, ("length",), "quality")
    workspace.write_column(corpus, column, length, shard_rows=3)

    found = workspace.query(corpus, "SELECT sum(length) AS total FROM documents")

    assert found["total"].to_pylist() == [130]
    assert [column] == workspace.columns(corpus)


def test_column_that_exists_costs_nothing(workspace, corpus):
    """Asking again for the same maker, version and settings computes nothing."""
    column = workspace.column(corpus, "length", 1, {}, ("length",), "quality")
    workspace.write_column(corpus, column, length)

    workspace.write_column(corpus, column, lambda table: pytest.fail("computed again"))


def test_settings_make_a_new_column_and_the_old_one_can_come_back(workspace, corpus):
    """The last column asked for is the one the view shows."""
    one, two = (workspace.column(corpus, "const", 1, {"v": v}, ("c",), "other") for v in (1, 2))
    for column, value in ((one, 1), (two, 2), (one, 1)):
        workspace.write_whole_column(corpus, column, {"c": np.full(10, value)})
        shown = workspace.read(corpus, ["c"], [0])["c"].to_pylist()
        assert [value] == shown


def test_column_resumes_from_finished_shards(workspace, corpus):
    """After a failure only the shards that are missing are computed."""
    column, seen = workspace.column(corpus, "length", 1, {}, ("length",), "quality"), []

    def failing(table):
        if len(seen) == 2:
            raise RuntimeError("killed")
        seen.append(table.num_rows)
        return length(table)

    with pytest.raises(RuntimeError):
        workspace.write_column(corpus, column, failing, shard_rows=3)
    seen.clear()
    workspace.write_column(corpus, column, lambda t: seen.append(t.num_rows) or length(t), shard_rows=3)

    assert seen == [3, 1]


def test_column_of_wrong_length_is_refused_by_name(workspace, corpus):
    """A maker that gives too few values is named, and nothing is kept."""
    column = workspace.column(corpus, "short", 1, {}, ("short",), "other")

    with pytest.raises(ValueError, match="short gave 1 values of 'short' for 10 documents"):
        workspace.write_column(corpus, column, lambda table: {"short": np.zeros(1)})

    assert not workspace.has_column(corpus, column)


def test_vectors_round_trip_and_stay_out_of_the_view(workspace, corpus):
    """Vectors come back as they went in, and SQL does not drag them along."""
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    column = workspace.column(corpus, "e", 1, {}, ("embedding",), "vectors")
    workspace.write_column(
        corpus, column, lambda t: {"embedding": vectors[t["row"].to_numpy()]}, reads=["row"], shard_rows=4
    )

    np.testing.assert_array_equal(vectors, workspace.vectors(corpus))
    assert "embedding" not in workspace.query(corpus, "SELECT * FROM documents").column_names


def test_vectors_without_embedding_say_what_to_run(workspace, corpus):
    """The error for a missing embedding holds the command that makes one."""
    with pytest.raises(NotFoundError, match="python -m core embed small"):
        workspace.vectors(corpus)


def test_rows_are_read_in_the_order_asked_for(workspace, corpus):
    """Reading by row keeps the caller's order and repeats."""
    assert workspace.read(corpus, ["id"], [7, 0, 7])["id"].to_pylist() == ["d7", "d0", "d7"]
    assert workspace.read(corpus, ["id"], [])["id"].to_pylist() == []


def test_nan_and_none_are_null(workspace, corpus):
    """NaN in a float column and None in a text column are nulls to SQL."""
    column = workspace.column(corpus, "n", 1, {}, ("f", "t"), "other")
    values = {"f": np.array([np.nan] + [1.0] * 9), "t": np.array([None] + ["x"] * 9, dtype=object)}
    workspace.write_whole_column(corpus, column, values)

    found = workspace.query(corpus, "SELECT count(f) AS f, count(t) AS t FROM documents")

    assert found.to_pydict() == {"f": [9], "t": [9]}


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW documents",
        "SELECT 1; SELECT 2",
        "COPY documents TO 'x.csv'",
        "ATTACH 'x.db'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_untrusted_sql_cannot_write_or_look_elsewhere(workspace, corpus, sql):
    """A person's SQL may only select, and only from the corpus."""
    with pytest.raises(BadInputError):
        workspace.ask(corpus, sql)


def test_untrusted_sql_names_the_nearest_column(workspace, corpus):
    """A misspelt column is answered with the one that was probably meant."""
    with pytest.raises(BadInputError, match="did you mean tokens"):
        workspace.ask(corpus, "SELECT token FROM documents")


def test_keep_mask_treats_null_as_false(workspace, corpus):
    """A filter keeps a document only where it is true."""
    mask = workspace.keep_mask(corpus, "CASE WHEN tokens > 5 THEN true END")

    assert np.flatnonzero(mask).tolist() == [5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    "expression",
    ["tokens", "tokens > 1) FROM documents; SELECT (1", "count(*) > 1", "true FROM documents", "", "x >"],
)
def test_keep_mask_refuses_what_is_not_a_boolean_expression(workspace, corpus, expression):
    """Numbers, aggregates, statements and broken syntax are bad input, not a crash."""
    with pytest.raises(BadInputError):
        workspace.keep_mask(corpus, expression)


def _compute(folder, log):
    workspace = Workspace(folder)
    corpus = workspace.corpus("small")
    column = workspace.column(corpus, "slow", 1, {}, ("length",), "quality")

    def slow(table):
        with log.open("a") as file:
            file.write("x")
        time.sleep(0.05)
        return length(table)

    workspace.write_column(corpus, column, slow, shard_rows=2)


def test_two_processes_compute_a_column_once(workspace, corpus, tmp_path):
    """The second process waits for the first, then finds the column there."""
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    both = [context.Process(target=_compute, args=(workspace.folder, log)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)

    assert log.read_text() == "xxxxx"


def test_killed_process_leaves_no_lock(workspace, corpus, tmp_path):
    """After a kill in the middle, another process goes on from the finished shards."""
    log = tmp_path / "log"
    process = multiprocessing.get_context("spawn").Process(target=_compute, args=(workspace.folder, log))
    process.start()
    while not (log.exists() and len(log.read_text()) >= 2):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    _compute(workspace.folder, log)

    assert workspace.read(corpus, ["length"]).num_rows == 10


def test_mixture_versions_are_kept(workspace):
    """Saving over a mixture keeps what was there."""
    first = Mixture(name="m", corpus="small", seed=1)
    workspace.save_mixture(first)
    workspace.save_mixture(Mixture(name="m", corpus="small", seed=2))

    assert workspace.mixture("m").seed == 2
    assert len(list((workspace.folder / "mixtures" / "versions" / "m").iterdir())) == 1


def test_vector_cache_returns_what_it_has(workspace):
    """Vectors are found again by content hash, and only those."""
    workspace.cache_vectors("e1", ["a", "b"], np.eye(2, 3, dtype=np.float32))

    found = workspace.cached_vectors("e1", ["b", "c"])

    assert list(found) == ["b"]
    assert found["b"].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "expression",
    [
        "random() < 0.5",
        "published > now()",
        "CAST(current_date AS VARCHAR) > id",
        "row_number() OVER () < 5",
        "id IN (SELECT id FROM documents LIMIT 1)",
        "id IN (SELECT id FROM documents USING SAMPLE 1)",
    ],
)
def test_filter_depends_on_the_documents_alone(tmp_path, expression):
    """Chance, the clock and the order of rows are refused: the same mixture gives the same plan."""
    workspace = Workspace(tmp_path / "ws")
    corpus = workspace.write_corpus("small", [(Document("a", "one", "web"), 1)])

    with pytest.raises(BadInputError, match=r"may give another answer|no column .published."):
        workspace.keep_mask(corpus, expression)


@pytest.mark.parametrize(
    "expression",
    [
        "tokens > 0;",
        "tokens > 0 -- all",
        "tokens > (SELECT 0)",
        "row_number() OVER (PARTITION BY source ORDER BY tokens, row) <= 1",
        "tokens <= max(tokens) OVER (PARTITION BY source)",
    ],
)
def test_filter_may_look_around(tmp_path, expression):
    """A closing semicolon, a comment, a subquery and a window in the order of rows do no harm."""
    workspace = Workspace(tmp_path / "ws")
    corpus = workspace.write_corpus("small", [(Document("a", "one", "web"), 1)])

    assert workspace.keep_mask(corpus, expression).all()
