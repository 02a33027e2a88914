"""Scoring hangs columns beside documents, computes only what is missing, and names what fails."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from core import score as scoring
from core import tables
from core.errors import BadInputError
from core.signals import DEFAULT, SIGNALS
from core.types import Document
from core.workspace import Workspace

real_pieces = tables.read_pieces
texts_of = scoring._texts


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "ws")
    documents = [(Document(f"d{i}", "word " * i, "web"), i) for i in range(30)]
    home.write_corpus("small", documents, tokenizer="words")
    return home


@dataclass(frozen=True, slots=True)
class Raises:
    """A signal that fails, with a document's text in its message."""

    name: ClassVar[str] = "raises"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "quality"

    @property
    def columns(self):
        """Its one column."""
        return ("raises",)

    def score(self, texts):
        """Fail."""
        raise ValueError(f"secret {texts}")


@dataclass(frozen=True, slots=True)
class TooShort(Raises):
    """A signal that gives one value too few."""

    name: ClassVar[str] = "too_short"

    @property
    def columns(self):
        """Its one column."""
        return ("too_short",)

    def score(self, texts):
        """Leave one out."""
        return {"too_short": np.zeros(len(texts) - 1)}


def test_all_signals_by_default(workspace):
    """Every signal's columns are in the view, row for row."""
    result = scoring.score(workspace, "small")
    corpus = workspace.corpus("small")
    counts = workspace.read(corpus, ["word_count"])["word_count"].to_pylist()

    assert list(range(30)) == counts
    assert [column for name in DEFAULT for column in SIGNALS[name]().columns] == result["columns"]
    assert list(DEFAULT) == result["computed"]
    assert result["documents_per_second"] > 0


def test_computes_only_what_is_missing(workspace):
    """A second run computes nothing; one more signal computes that one."""
    scoring.score(workspace, "small", ["lengths"])
    again = scoring.score(workspace, "small", ["lengths"])
    more = scoring.score(workspace, "small", ["lengths", "compression_ratio"])

    assert (again["computed"], again["documents_per_second"]) == ([], None)
    assert more["computed"] == ["compression_ratio"]


def test_a_column_stands_for_its_signal(workspace):
    """`word_count` is computed by the signal that makes it."""
    result = scoring.score(workspace, "small", ["word_count", "char_count"])

    assert result["computed"] == ["lengths"]
    assert {"word_count", "mean_line_length"} < set(result["columns"])


def test_unknown_signal_lists_the_names(workspace):
    """The error names the value and the signals there are."""
    with pytest.raises(BadInputError, match="wordiness: no such signal; signals: lengths"):
        scoring.score(workspace, "small", ["wordiness"])


def test_a_signal_that_fails_is_named_and_the_others_stay(workspace, monkeypatch):
    """The message names signal, error and place, never the text; other columns are written."""
    monkeypatch.setitem(SIGNALS, "raises", Raises)
    monkeypatch.setitem(SIGNALS, "too_short", TooShort)
    with pytest.raises(scoring.SignalError, match="signal 'raises' failed with ValueError") as caught:
        scoring.score(workspace, "small", ["raises", "too_short", "lengths"])

    assert "secret" not in str(caught.value)
    assert "signal 'too_short'" in str(caught.value)
    assert {"lengths"} == {c.maker for c in workspace.columns(workspace.corpus("small"))}


def test_workers_do_not_change_values(tmp_path):
    """Two processes write what one writes."""
    found = []
    for workers in (1, 2):
        home = Workspace(tmp_path / str(workers))
        documents = [(Document(f"d{i}", f"text {i} " * (i % 7), "web"), 1) for i in range(2500)]
        corpus = home.write_corpus("c", documents)
        scoring.score(home, "c", ["rps_words", "language"], workers=workers)
        names = ["rps_doc_unigram_entropy", "language", "language_confidence"]
        found.append(home.read(corpus, names))

    assert found[0].equals(found[1])


@dataclass(frozen=True, slots=True)
class FailsAtWord(Raises):
    """A signal that fails on a text with a certain word."""

    name: ClassVar[str] = "fails_at_word"
    word: str = "7"

    @property
    def columns(self):
        """Its one column."""
        return ("fails_at_word",)

    def score(self, texts):
        """Fail where the word stands."""
        if any(self.word in text.split() for text in texts):
            raise KeyError
        return {"fails_at_word": np.ones(len(texts))}


@pytest.fixture
def shards(tmp_path, monkeypatch):
    """A corpus of ten shards of ten rows."""
    monkeypatch.setattr(scoring, "SHARD_ROWS", 10)
    monkeypatch.setattr(scoring, "LEAST_ROWS", 10)
    home = Workspace(tmp_path / "shards")
    home.write_corpus("c", [(Document(f"d{i}", f"text {i}\nand more", "web"), 1) for i in range(100)])
    return home


def test_all_signals_in_one_reading(shards, monkeypatch):
    """However many signals are missing, each shard's text is read once."""
    reads = []
    monkeypatch.setattr(tables, "read_pieces", lambda *a: reads.append(a[2]) or real_pieces(*a))
    scoring.score(shards, "c", ["rps_words", "rps_content", "lengths"], workers=1)

    assert list(range(0, 100, 10)) == reads


def test_finished_shards_of_each_signal_stay(shards, monkeypatch):
    """After a failure halfway, a signal goes on where it stopped, and only what is missing is read."""
    monkeypatch.setitem(SIGNALS, "fails_at_word", FailsAtWord)
    with pytest.raises(scoring.SignalError, match="fails_at_word"):
        scoring.score(
            shards, "c", ["fails_at_word", "lengths"], workers=1, settings={"fails_at_word": {"word": "35"}}
        )
    reads = []
    monkeypatch.setattr(tables, "read_pieces", lambda *a: reads.append(a[2]) or real_pieces(*a))
    monkeypatch.setattr(FailsAtWord, "score", lambda self, texts: {"fails_at_word": np.ones(len(texts))})
    result = scoring.score(
        shards, "c", ["fails_at_word", "lengths"], workers=1, settings={"fails_at_word": {"word": "35"}}
    )

    assert result["computed"] == ["fails_at_word"]
    assert list(range(30, 100, 10)) == reads


def test_huge_documents_come_few_at_a_time(tmp_path, monkeypatch):
    """A shard of them is scored part by part, to the same bytes as at once."""
    written, most = [], []
    for name, characters in (("whole", 10**9), ("parted", 20_000)):
        monkeypatch.setattr(tables, "PART_CHARACTERS", characters)
        home = Workspace(tmp_path / name)
        corpus = home.write_corpus(
            "c", [(Document(f"d{i}", f"a {i} line\n" * 1000, "web"), 1) for i in range(60)]
        )
        held = []
        monkeypatch.setattr(
            scoring, "_texts", lambda piece, held=held: held.append(piece["text"].nbytes) or texts_of(piece)
        )
        scoring.score(home, "c", ["lengths", "rps_lines"], workers=1)
        folder = home.generation(corpus) / "columns"
        written.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("part-*.parquet")})
        most.append(max(held))

    assert written[0] == written[1]
    assert 500_000 < most[0]
    assert most[1] < 40_000


def test_lists_are_lists_in_the_view(shards):
    """A column of one value a line joins the others, and SQL counts in it."""
    scoring.score(shards, "c", ["rps_lines", "lengths"], workers=1)
    corpus = shards.corpus("c")
    types = shards.query(corpus, "SELECT typeof(rps_lines_num_words) AS t FROM documents LIMIT 1")
    found = shards.ask(corpus, "SELECT list_sum(rps_lines_num_words) AS n, word_count FROM documents LIMIT 1")

    assert types["t"].to_pylist() == ["INTEGER[]"]
    assert found.to_pylist() == [{"n": 4, "word_count": 4}]


def test_rows_of_a_run_do_not_change_values(shards, monkeypatch):
    """Scored in runs of one text or all at once, a corpus gets the same columns."""
    names = [
        *SIGNALS["rps_words"]().columns,
        *SIGNALS["rps_repetition"]().columns,
        *SIGNALS["rps_lines"]().columns,
    ]
    signals = ["rps_words", "rps_repetition", "rps_lines"]
    found = []
    for characters in (1, 50, 10**6):
        monkeypatch.setattr(scoring, "RUN_CHARACTERS", characters)
        corpus = shards.write_corpus(
            "c", [(Document(f"d{i}", f"a {i} a b " * i, "web"), 1) for i in range(50)]
        )
        scoring.score(shards, "c", signals, workers=1)
        found.append(shards.read(corpus, names).to_pydict())
        shards.delete_corpus("c")

    assert repr(found[0]) == repr(found[1]) == repr(found[2])


def test_progress_reaches_the_end(workspace):
    """Progress counts documents, up to all of them, however many signals there are."""
    calls = []
    scoring.score(workspace, "small", ["lengths", "characters"], progress=lambda *a: calls.append(a[:2]))

    assert calls[-1] == (30, 30)
    assert calls == sorted(calls)
